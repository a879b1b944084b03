#!/usr/bin/env python3
"""Django's commands, from any folder: in the project's environment, on the running database."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"


def enter_environment() -> None:
    """Starts again with the Python of .venv when there is one and it is not this one."""
    python = ENVIRONMENT / "bin" / "python"
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve() and os.access(python, os.X_OK):
        os.execv(python, [str(python), *sys.argv])


def main() -> int:
    enter_environment()
    sys.path.insert(0, str(ROOT))
    try:
        from launcher.management import manage
    except ImportError as error:
        print(f"{error}: type 'make run' first, it makes the environment.", file=sys.stderr)
        return 19
    return manage(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
