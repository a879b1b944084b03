"""A tiny Django project around the real launcher, to start and kill as one likes."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
from crm.settings import environment as env
SECRET_KEY = "x" * 60
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "crm"]
ROOT_URLCONF = "crm.urls"
DATABASES = {"default": env.database("postgres://crm@127.0.0.1:5432/crm")}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", env.text("REDIS_URL", ""))
"""
URLS = """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("healthz", lambda request: HttpResponse("ok"))]
"""
WSGI = """
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
CELERY = """
from celery import Celery
app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""


def make(root: Path) -> None:
    """Writes the project; its environment is the one that runs the tests."""
    shutil.copytree(ROOT / "launcher", root / "launcher")
    shutil.copytree(ROOT / "deploy", root / "deploy")
    shutil.copy(ROOT / "manage.py", root)
    (root / ".venv").symlink_to(sys.prefix)
    settings = root / "crm" / "settings"
    settings.mkdir(parents=True)
    for package in (root / "crm", settings, root / "crm" / "lib"):
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
    shutil.copy(ROOT / "crm/lib/traditional.py", root / "crm" / "lib")
    shutil.copy(ROOT / "crm/settings/environment.py", settings)
    (settings / "development.py").write_text(SETTINGS)
    (root / "crm" / "urls.py").write_text(URLS)
    (root / "crm" / "celery.py").write_text(CELERY)
    (root / "crm" / "wsgi.py").write_text(WSGI)
    (root / "var" / "log").mkdir(parents=True)


def own_environment(**more: str) -> dict[str, str]:
    """This environment without the services of the test run."""
    foreign = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "MAKELEVEL", "ARGS")
    return {name: value for name, value in os.environ.items() if name not in foreign} | more


def processes(root: Path) -> list[str]:
    """The command lines on this machine that name the project's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(root) in command:
            found.append(command)
    return found


def answer(port: int) -> int:
    """The status of /healthz; 0 without any answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def until(condition, seconds: float = 30) -> bool:
    """Waits for the condition; False when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Run:
    """`make run` of the stand-in, without the set-up that fetches packages."""

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.process = subprocess.Popen(
            [root / ".venv/bin/python", "-m", "launcher.chores", "run"],
            cwd=root,
            env=own_environment(PORT=str(port)),
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def await_address(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "http://" in line:
                break
        return self.said

    def press_ctrl_c(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        out, _ = self.process.communicate(timeout=60)
        self.said += out
        return self.process.returncode

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """manage.py from another folder, by another Python."""
        return subprocess.run(
            ["python3", self.root / "manage.py", *arguments],
            cwd="/",
            env=own_environment(),
            capture_output=True,
            text=True,
        )


@contextmanager
def running(root: Path, port: int) -> Iterator[Run]:
    run = Run(root, port)
    try:
        run.await_address()
        yield run
    finally:
        if run.process.poll() is None:
            run.press_ctrl_c()
