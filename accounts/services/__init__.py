"""Changes to people, departments, teams, roles and rights."""
