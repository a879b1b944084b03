"""Pages for administrators: people, departments, teams, roles and rights, sign-ins."""
