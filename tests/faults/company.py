"""Fills an empty, migrated database with the cast: `python -m tests.faults.company`.

A program of its own, so that the tests' process never opens the database that is to be killed.
Prints {person: token} as JSON.
"""

from __future__ import annotations

import json
import sys

import django

TOKENS = ("owner", "teammate", "stranger", "outsider", "director")
IN_CHINESE = "stranger"  # reads his refusals in Chinese


def main() -> None:
    """The cast in committed rows, each of TOKENS with a key to the API."""
    django.setup()
    from accounts.models import User
    from accounts.tokens import create_token
    from crm.start import after_migrate
    from tests.people import make_cast

    after_migrate()
    cast = make_cast()
    User.objects.filter(username=IN_CHINESE).update(language="zh-hans")
    told = {
        name: create_token(actor=cast.people[name], name="faults", scope="write")[1]
        for name in TOKENS
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
