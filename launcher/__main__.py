"""`python3 -m launcher` and a word of launcher.setup.NEEDS: the chores behind the Makefile.

Readable by every Python 3, so that an old one gets a sentence instead of a SyntaxError; the
rest is imported only once the version is known to be new enough.
"""

import importlib
import os
import sys

from launcher.interpreter import OLD_PYTHON, newer_python, refusal


def main():
    sentence = refusal(sys.version_info)
    if sentence is None:
        return importlib.import_module("launcher.setup").main(sys.argv[1:])
    newer = newer_python()
    if newer is not None:
        os.execv(newer, [newer, "-m", "launcher", *sys.argv[1:]])
    sys.stderr.write(sentence + "\n")
    return OLD_PYTHON


if __name__ == "__main__":
    sys.exit(main())
