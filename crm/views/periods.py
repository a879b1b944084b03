"""A period that an address names, and the way to the ones before and after it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.lists.show import show_date
from crm.modules.day import company_today

PERIODS = {"day": _("Day"), "week": _("Week"), "month": _("Month")}


@dataclass(frozen=True)
class Period:
    """The day, week or month that holds `day`; `first` and `last` are its days."""

    path: str
    name: str
    day: dt.date
    first: dt.date
    last: dt.date

    def url(self, **changes: Any) -> str:
        """The page's address with these parameters changed; empty ones are left out."""
        asked = {"period": self.name, "day": self.day.isoformat(), **changes}
        return f"{self.path}?{urlencode({k: v for k, v in asked.items() if v})}"

    def context(self) -> dict[str, Any]:
        """What a page shows to go from period to period: periods, prev_url, next_url, span."""
        first, last = show_date(self.first), show_date(self.last)
        return {
            "periods": [
                {"label": label, "url": self.url(period=key), "is_current": key == self.name}
                for key, label in PERIODS.items()
            ],
            "prev_url": self.url(day=(self.first - dt.timedelta(days=1)).isoformat()),
            "next_url": self.url(day=(self.last + dt.timedelta(days=1)).isoformat()),
            "span": first if self.first == self.last else f"{first} – {last}",
        }


def period_of(request: HttpRequest, default: str) -> Period:
    """What ?period=day|week|month&day=2026-11-23 names; `default` and today where it does not."""
    name = request.GET.get("period", "")
    name = name if name in PERIODS else default
    try:
        day = dt.date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = company_today()
    return Period(request.path, name, day, *_bounds(name, day))


def _bounds(name: str, day: dt.date) -> tuple[dt.date, dt.date]:
    if name == "day":
        return day, day
    if name == "week":
        first = day - dt.timedelta(days=day.weekday())
        return first, first + dt.timedelta(days=6)
    first = day.replace(day=1)
    after = (first + dt.timedelta(days=32)).replace(day=1)
    return first, after - dt.timedelta(days=1)
