"""Questions asked before any work is done: port, disk."""

import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from launcher.stops import Code, Stop

FIRST_RUN_MEGABYTES = 1500
NEXT_RUN_MEGABYTES = 200


def port_of(environment: Mapping[str, str]) -> int:
    """The port to serve on: PORT, or 8000. Stops when PORT is no port number."""
    text = environment.get("PORT", "").strip() or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Stop(Code.PORT_IN_USE, f"PORT={text} is not a port: give a number from 1 to 65535.")
    return int(text)


def require_free_port(port: int) -> None:
    """Stops when another program listens on the loopback `port` or it may not be used."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            problem = f"Port {port} may only be used by root"
        except OSError:
            problem = f"Port {port} is in use by another program"
        else:
            return
    other = port + 1 if 1024 <= port < 65535 else 8123
    raise Stop(Code.PORT_IN_USE, f"{problem}: choose another, for example PORT={other} make run.")


def require_space(
    folder: Path,
    megabytes: int,
    statvfs: Callable[[Path], os.statvfs_result] = os.statvfs,
) -> None:
    """Stops when less than `megabytes` are free for this user on the folder's disk."""
    figures = statvfs(folder)
    free = figures.f_bavail * figures.f_frsize // 2**20
    if free < megabytes:
        raise Stop(
            Code.DISK_FULL,
            f"The disk is full: {folder} has {free} MB free and {megabytes} MB are needed;"
            " free some space and type the command again.",
        )


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
