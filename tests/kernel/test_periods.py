"""Day, week and month of an address, and the way to the ones beside them."""

import datetime as dt

import pytest
from django.test import RequestFactory

from crm.views.periods import period_of


def named(**given: str):
    return period_of(RequestFactory().get("/somewhere/", given), "week")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("day", "2026-12-31", "2026-12-31"),
        ("week", "2026-12-28", "2027-01-03"),
        ("month", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_period_holds_its_day_and_meets_its_neighbours(name, first, last):
    period = named(period=name, day="2026-12-31")
    assert (period.first, period.last) == tuple(map(dt.date.fromisoformat, (first, last)))
    shown = period.context()
    before = period.first - dt.timedelta(days=1)
    after = period.last + dt.timedelta(days=1)
    assert shown["prev_url"] == f"/somewhere/?period={name}&day={before}"
    assert shown["next_url"] == f"/somewhere/?period={name}&day={after}"
    assert [one["is_current"] for one in shown["periods"]].count(True) == 1


def test_what_names_no_period_means_the_usual_one_of_today(freeze):
    with freeze("2026-11-23T20:00+00:00"):  # a Tuesday in the company's zone
        period = named(period="century", day="soon")
    assert (period.name, period.day) == ("week", dt.date(2026, 11, 24))
    assert period.url(of="", to="won") == "/somewhere/?period=week&day=2026-11-24&to=won"
