"""One step of the set-up: a command whose output goes to a log and is judged when it fails."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.project import Project
from launcher.stops import explain, say


def run_step(
    project: Project,
    step: str,
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs the command in the project's folder and says how long it took.

    Raises Stop with a sentence about the network, the disk or the step's own last words.
    """
    began = time.monotonic()
    log = project.logs / "setup.log"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=project.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with log.open("a") as file:
        file.write(f"$ {' '.join(str(part) for part in command)}\n{done.stdout}\n")
    if done.returncode:
        raise explain(step, done.stdout, str(log.relative_to(project.root)))
    say(f"{step}: {time.monotonic() - began:.0f} s")
