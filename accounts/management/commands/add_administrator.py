"""`manage.py add_administrator`: the first person of a new installation."""

from __future__ import annotations

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.act import COMMAND_LINE
from accounts.services.people import create_user
from accounts.shipped_roles import install_roles
from crm.access.errors import Refusal


class Command(BaseCommand):
    """Makes an administrator and the shipped roles."""

    help = "add_administrator USERNAME --name NAME [--mail ADDRESS]; asks for the password"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="")
        parser.add_argument("--mail", default="")
        parser.add_argument("--password", help="otherwise it is asked for")

    def handle(self, *args: Any, **options: Any) -> None:
        password = options["password"] or getpass()
        roles = install_roles()
        try:
            create_user(
                actor=COMMAND_LINE,
                username=options["username"],
                display_name=options["name"] or options["username"],
                email=options["mail"],
                password=password,
                must_change_password=False,
                roles=[roles["administrator"]],
            )
        except Refusal as refusal:
            texts = [str(text) for texts in refusal.fields.values() for text in texts]
            raise CommandError(" ".join(texts) or str(refusal.message)) from None
        self.stdout.write(f"{options['username']} administers.")
