"""What pip and npm cannot bring: looked for, installed through apt where that is allowed."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from launcher.project import Project, running_in_ci
from launcher.stops import Code, Stop, say

PANGO_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
CJK_FONT_NAMES = ("*wqy*", "*CJK*", "*NotoSansSC*", "*SourceHan*", "*msyh*", "*uming*", "*ukai*")
# RUNLEVEL=1 keeps a package from starting a server of its own, where init allows that.
APT_ENVIRONMENT = ("DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Need:
    """One thing of the system: what it is for, how to see it, which packages bring it."""

    purpose: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]
    is_required: bool = False


def _has_pango() -> bool:
    if sys.platform != "linux":
        return True
    try:
        for library in PANGO_LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_cjk_font() -> bool:
    if sys.platform != "linux":
        return True
    folders = (Path(folder).expanduser() for folder in FONT_FOLDERS)
    return any(next(f.rglob(name), None) for f in folders if f.is_dir() for name in CJK_FONT_NAMES)


def _has_redis() -> bool:
    return bool(os.environ.get("REDIS_URL")) or redis_executable() is not None


def redis_executable() -> str | None:
    """The path of the system's Redis (or Valkey) server."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def chromium_executable() -> str | None:
    """The path of the browser that the tests drive: CHROMIUM, or the system's."""
    given = os.environ.get("CHROMIUM")
    return given or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _has_venv() -> bool:
    return importlib.util.find_spec("ensurepip") is not None


VENV = Need(
    "the Python environment",
    (f"python3.{sys.version_info.minor}-venv",),
    _has_venv,
    is_required=True,
)
PANGO = Need(
    "PDF printing",
    ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    _has_pango,
)
FONT = Need("Chinese text in PDF and pictures", ("fonts-wqy-microhei",), _has_cjk_font)
REDIS = Need("background work", ("redis-server",), _has_redis)
CHROMIUM = Need("browser tests", ("chromium",), lambda: chromium_executable() is not None)


def ensure(project: Project, needs: Iterable[Need]) -> None:
    """Installs what is missing when root or password-less sudo allows it.

    Otherwise prints the line to type and goes on; stops when a missing thing is required, and
    always with CI=true, where nothing may be skipped.
    """
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return
    prefix = _installer()
    if prefix is not None:
        _install(project, prefix, missing)
        missing = [need for need in missing if not need.is_there()]
    if not missing:
        return
    packages = " ".join(package for need in missing for package in need.packages)
    purposes = ", ".join(need.purpose for need in missing)
    sentence = (
        f"Missing system packages for {purposes}: type"
        f" 'sudo apt-get install --no-install-recommends {packages}'"
    )
    if running_in_ci() or any(need.is_required for need in missing):
        raise Stop(Code.MISSING_PACKAGE, f"{sentence} and type the command again.")
    say(f"{sentence} to have them; going on without.")


def _installer() -> list[str] | None:
    """How apt-get may be called here without a question; None when it may not."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["env", *APT_ENVIRONMENT, "apt-get"]
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n", "env", *APT_ENVIRONMENT, "apt-get"]
    return None


def _install(project: Project, apt: list[str], missing: list[Need]) -> None:
    packages = [package for need in missing for package in need.packages]
    say(f"System packages: {' '.join(packages)}")
    install = [*apt, "-o", "DPkg::Lock::Timeout=120", "install", "-y", "-q"]
    install += ["--no-install-recommends", *packages]
    with (project.logs / "setup.log").open("a") as log:
        for command in (install, [*apt, "-q", "update"], install):
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            if command is install and done.returncode == 0:
                break
    importlib.invalidate_caches()
