"""The company's day: where it begins, and which it is."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def company_zone() -> ZoneInfo:
    """The zone in which a company's day begins."""
    return ZoneInfo(settings.TIME_ZONE)


def company_today() -> dt.date:
    """Today where the company is."""
    return timezone.now().astimezone(company_zone()).date()
