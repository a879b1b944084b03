"""python manage.py demo: a company's year to try the product with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from sales.fixtures.demo_load import load_demo


class Command(BaseCommand):
    """Loads the demo once; run again, it changes nothing."""

    help = "Load the demo: people, customers, contacts and a year of follow-ups."

    def handle(self, *args: Any, **options: Any) -> None:
        if not load_demo(timezone.localdate(), self.stdout.write):
            self.stdout.write("The demo is there already.")
