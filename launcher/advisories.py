"""Known weaknesses of the pinned packages: one that is known fails `make check`.

Nobody may be there to ask (no network, a closed one): that is said, and fails only where
ADVISORIES=required says that it must.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.environment import NPM_THROUGH_PYTHON
from launcher.project import Project
from launcher.stops import say

SECONDS = 60
UNREACHABLE = (
    "ConnectionError", "NameResolutionError", "Max retries", "timed out", "ServiceError",
    "ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ETIMEDOUT", "ENOAUDIT",
    "audit endpoint returned an error",
)  # fmt: skip


def failed_audits(project: Project, environment: Mapping[str, str]) -> list[str]:
    """The audits that found something, or asked nobody where that is no excuse."""
    python = str(project.python)
    npm = ["npm"] if shutil.which("npm") else [python, "-c", NPM_THROUGH_PYTHON]
    commands = {
        "pip-audit": [
            python, "-m", "pip_audit", "-r", "requirements.txt", "--no-deps", "--disable-pip",
            "--progress-spinner", "off", "--timeout", "15",
        ],
        "npm audit": [*npm, "audit", "--omit=dev", "--fetch-retries=0", "--fetch-timeout=15000"],
    }  # fmt: skip
    is_required = environment.get("ADVISORIES", "") == "required"
    return [
        name
        for name, command in commands.items()
        if not passes(name, command, project.root, is_required)
    ]


def passes(
    name: str, command: Sequence[str], folder: Path, is_required: bool, seconds: float = SECONDS
) -> bool:
    """Whether an audit found nothing, or nobody could be asked and need not be."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return _nobody(name, is_required)
    if done.returncode == 0:
        say(f"{name}: passed")
        return True
    if any(word in done.stdout for word in UNREACHABLE):
        return _nobody(name, is_required)
    print(done.stdout, end="", flush=True)
    say(f"{name}: FAILED")
    return False


def _nobody(name: str, is_required: bool) -> bool:
    verdict = "FAILED, as ADVISORIES=required" if is_required else "not a failure here"
    say(f"{name}: nobody to ask about known weaknesses ({verdict})")
    return not is_required
