"""Is this Python new enough? Readable by every Python 3, like `__main__`."""

import os
import shutil
import subprocess

OLDEST = (3, 11)
OLD_PYTHON = 13
NEWER_NAMES = ("python3.13", "python3.12", "python3.11", "python3.14")


def refusal(version):
    """The sentence for a Python older than `OLDEST`; None when `version` is new enough."""
    if tuple(version[:2]) >= OLDEST:
        return None
    return (
        "This is Python {}.{}, but Keyuan CRM needs {}.{} or newer: install it, for example with"
        " apt-get install python3 on Debian 12 or Ubuntu 24.04, and type the command again."
    ).format(version[0], version[1], *OLDEST)


def newer_python(names=NEWER_NAMES):
    """The path of an installed Python that is new enough; None when there is none."""
    question = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    for name in names:
        path = shutil.which(name)
        if path is None:
            continue
        with open(os.devnull, "w") as nowhere:
            if subprocess.call([path, "-c", question], stdout=nowhere, stderr=nowhere) == 0:
                return path
    return None
