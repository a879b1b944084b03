"""Pages: the door (sign-in), me (one's own settings), setup (people, roles, rights)."""
