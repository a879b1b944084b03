"""What manage.py does once it runs in the environment: finds the services, runs the command."""

import os
import sys
from collections.abc import MutableMapping, Sequence

from django.core.management import execute_from_command_line
from django.db import OperationalError

from launcher.postgres import address, socket_folder
from launcher.project import Project, this_project
from launcher.stops import Code


def find_services(project: Project, environment: MutableMapping[str, str]) -> None:
    """Fills in the addresses of the services that `make run` started, unless they are given.

    Without any, DATABASE_URL leads to where they would be, never to a stranger's database.
    Production settings get nothing: there the addresses must be given.
    Raises PermissionError when another user's run holds them.
    """
    is_production = environment.get("DJANGO_SETTINGS_MODULE") == "crm.settings.production"
    if environment.get("DATABASE_URL") or is_production:
        return
    known = project.read_services()
    environment["DATABASE_URL"] = address(socket_folder(project.var / "pg", project.key))
    for name, value in known.items():
        if name == "DATABASE_URL" or name not in environment:
            environment[name] = value


def manage(arguments: Sequence[str]) -> int:
    """Runs one Django command; a database that does not answer gives a sentence, no traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    is_given = bool(os.environ.get("DATABASE_URL"))
    project = this_project()
    try:
        find_services(project, os.environ)
    except PermissionError:
        print(
            f"{project.services_file} belongs to the user who typed 'make run':"
            " be that user or set DATABASE_URL.",
            file=sys.stderr,
        )
        return int(Code.NO_DATABASE)
    try:
        execute_from_command_line(list(arguments))
    except OperationalError as error:
        if "connect" not in str(error):
            raise
        if is_given:
            sentence = f"The database of DATABASE_URL cannot be reached: {error}".strip()
        else:
            sentence = "The database does not run: type 'make run' or set DATABASE_URL."
        print(sentence, file=sys.stderr)
        return int(Code.NO_DATABASE)
    return 0
