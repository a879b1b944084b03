"""The part of every chore that any Python can do: check the machine, build the environment.

Then `launcher.chores` takes over inside that environment.
"""

import os
import sys
from collections.abc import Sequence

from launcher.environment import ensure_environment, ensure_node_packages
from launcher.probes import (
    FIRST_RUN_MEGABYTES,
    NEXT_RUN_MEGABYTES,
    port_of,
    require_free_port,
    require_space,
)
from launcher.project import Project, held_lock, this_project
from launcher.stops import end_with_sentence
from launcher.system_packages import CHROMIUM, FONT, PANGO, REDIS, VENV, Need, ensure

NEEDS: dict[str, tuple[Need, ...]] = {
    "run": (VENV, PANGO, FONT, REDIS),
    "test": (VENV, PANGO, FONT, REDIS, CHROMIUM),
    "pictures": (VENV, FONT, CHROMIUM),
    "bench": (VENV, FONT, REDIS),
    "faults": (VENV, PANGO, FONT, REDIS),
    "rig": (VENV, PANGO, FONT, REDIS),
    "rig-power": (VENV, PANGO, FONT, REDIS),
    "check": (VENV,),
    "fmt": (VENV,),
}


def main(arguments: Sequence[str]) -> int:
    """Prepares the chore that the first argument names and hands over to it."""
    if not arguments or arguments[0] not in NEEDS:
        print(f"usage: python3 -m launcher {'|'.join(NEEDS)} [arguments]", file=sys.stderr)
        return 2
    try:
        prepare(this_project(), arguments[0])
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except Exception as error:
        return end_with_sentence(error)
    return _hand_over(this_project(), arguments)


def prepare(project: Project, chore: str) -> None:
    """Brings the machine and the environment to what the chore needs."""
    if chore == "run":
        if project.var.exists():
            with project.held_for_run():
                pass
        require_free_port(port_of(os.environ))
    is_new = not project.python.exists()
    require_space(project.root, FIRST_RUN_MEGABYTES if is_new else NEXT_RUN_MEGABYTES)
    project.make_folders()
    with held_lock(project.var / "setup.lock"):
        ensure(project, NEEDS[chore])
        ensure_environment(project, for_development=chore != "run")
        if chore in {"run", "test", "pictures", "bench", "faults"}:
            ensure_node_packages(project)


def _hand_over(project: Project, arguments: Sequence[str]) -> int:
    os.chdir(project.root)
    os.execv(project.python, [str(project.python), "-m", "launcher.chores", *arguments])
