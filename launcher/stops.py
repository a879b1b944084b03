"""Ways a command ends early: one sentence for a person, one exit code for a script."""

import errno
import re
import sys
from enum import IntEnum


class Code(IntEnum):
    """Exit codes of the launcher; documented in docs/decisions/002-launcher.md."""

    PORT_IN_USE = 10
    MISSING_PACKAGE = 11
    DISK_FULL = 12
    OLD_PYTHON = 13
    NO_NETWORK = 14
    NO_DATABASE = 15
    NO_REDIS = 16
    STEP_FAILED = 17
    ALREADY_RUNS = 18
    NO_ENVIRONMENT = 19


class Stop(Exception):
    """The command cannot go on; `str()` is the sentence to print."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


_FULL = re.compile(r"No space left on device|ENOSPC|disk quota exceeded", re.IGNORECASE)
_UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Temporary failure in name"
    r"|Name or service not known|NewConnectionError|Failed to establish a new connection"
    r"|Connection refused|Connection reset|Network is unreachable|dns error|ReadTimeoutError"
    r"|ConnectTimeoutError|Could not connect to|error sending request|Could not resolve"
    r"|No matching distribution found for uv|Could not fetch URL",
    re.IGNORECASE,
)
DISK_SENTENCE = "The disk is full: free some space and type the command again."


def say(text: str) -> None:
    """One line of progress, shown at once even through a pipe."""
    print(text, flush=True)


def explain(step: str, output: str, log: str) -> Stop:
    """What the failed `step` means, judged from its `output`, which stands in the file `log`."""
    if _FULL.search(output):
        return Stop(Code.DISK_FULL, DISK_SENTENCE)
    if _UNREACHABLE.search(output):
        return Stop(
            Code.NO_NETWORK,
            f"No network: {step} could not be fetched, as the package registry does not answer;"
            " check the connection (or the mirror and proxy settings) and type the command again.",
        )
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "no output")
    return Stop(Code.STEP_FAILED, f"{step} failed: {last.strip()} (all of it stands in {log}).")


def end_with_sentence(error: BaseException) -> int:
    """Prints what ended the command and returns its exit code; re-raises what it cannot explain."""
    if isinstance(error, Stop):
        print(error, file=sys.stderr, flush=True)
        return int(error.code)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        print(DISK_SENTENCE, file=sys.stderr, flush=True)
        return int(Code.DISK_FULL)
    raise error
