"""`manage.py background [pause|release]`: whether work in the background waits."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.operation.pause import pause, pause_of_now, release
from crm.records.audit import record_audit


class Command(BaseCommand):
    """Tells, pauses or releases; a restore begins the pause by itself."""

    help = "Tell whether mails, rules and jobs wait; pause or release them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Without a word it only tells."""
        parser.add_argument("act", nargs="?", choices=["pause", "release"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how it stands."""
        if options["act"] == "pause":
            pause("by hand")
            record_audit(actor=None, action="background.pause", detail={"by": "command"})
        elif options["act"] == "release" and release():
            record_audit(actor=None, action="background.release", detail={"by": "command"})
        now = pause_of_now()
        self.stdout.write(
            f"The background is paused since {now.began_at:%Y-%m-%d %H:%M} UTC ({now.reason})."
            if now
            else "The background works."
        )
