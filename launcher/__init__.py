"""The two commands: sets the project up on a new machine, runs it, tests it.

Everything up to the environment (`__main__`, `setup` and what they import) uses the standard
library only; `chores` and what it imports run inside the environment. See
docs/decisions/002-launcher.md.
"""
