"""One person at several companies over time: kept when he moves, shown on both records."""

from __future__ import annotations

import datetime as dt

from django.test import Client

from crm.access.policy import access_to
from crm.modules.day import company_today
from crm.records.act import Act
from crm.records.bulk_changes import update_many
from crm.records.history import history_model
from sales.contacts.models import Employment
from tests.kernel.helpers import add, change
from tests.people import Cast


def employments(person, pk: int) -> list[tuple]:
    """Company, job and days of what stands beside the main company."""
    rows = access_to(person, "contacts").get(pk)["employments"]
    return [(one["customer"].label, one["job"], one["since"], one["until"]) for one in rows]


def page(person, path: str) -> str:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_goes_to_another_company_keeps_the_old_one(cast: Cast):
    first, second = (add(cast.owner, name=name) for name in ("Alpha works", "Beta works"))
    pk = add(cast.owner, "contacts", name="Wang Min", customer=first, job="Buyer")
    change(cast.owner, pk, "contacts", remark="stays")
    assert employments(cast.owner, pk) == []
    change(cast.owner, pk, "contacts", customer=second, job="Head of buying")
    assert employments(cast.owner, pk) == [("Alpha works", "Buyer", None, company_today())]
    change(cast.owner, pk, "contacts", customer=None)
    assert [one[0] for one in employments(cast.owner, pk)] == ["Alpha works", "Beta works"]
    kept = history_model(Employment).objects.filter(record_id=pk)
    assert set(kept.values_list("history_type", "history_user_id")) == {("+", cast.owner.pk)}


def test_the_version_is_that_of_the_move(cast: Cast):
    first, second = add(cast.owner), add(cast.owner)
    pk = add(cast.owner, "contacts", customer=first)
    version = change(cast.owner, pk, "contacts", customer=second)
    assert access_to(cast.owner, "contacts").get(pk).version == version == 2


def test_what_a_person_entered_himself_is_not_doubled(cast: Cast):
    first, second = add(cast.owner), add(cast.owner)
    pk = add(cast.owner, "contacts", customer=first)
    mine = {"customer": first, "job": "Buyer", "until": company_today().isoformat()}
    change(cast.owner, pk, "contacts", customer=second, employments=[mine])
    assert len(employments(cast.owner, pk)) == 1


def test_taking_back_leaves_nothing_behind(cast: Cast):
    first, second = add(cast.owner), add(cast.owner)
    pk = add(cast.owner, "contacts", customer=first)
    update_many(
        actor=cast.owner, module="contacts", rows=[(pk, {"customer": second})],
        act=Act(cast.owner, "undo"),
    )  # fmt: skip
    assert employments(cast.owner, pk) == []


def test_both_records_show_it(cast: Cast):
    main, other = add(cast.owner, name="Alpha works"), add(cast.owner, name="Beta works")
    pk = add(
        cast.owner, "contacts", name="Wang Min", customer=main,
        employments=[
            {"customer": other, "job": "Adviser", "since": "2021-03-01", "until": "2024-05-31"}
        ],
    )  # fmt: skip
    there = page(cast.owner, f"/customers/{other}/")
    assert "Works or worked here besides" in there
    assert "Wang Min" in there
    assert "1 Mar 2021 – 31 May 2024" in there
    assert "Works or worked here besides" not in page(cast.owner, f"/customers/{main}/")
    here = page(cast.owner, f"/contacts/{pk}/")
    assert "Beta works" in here
    assert "31 May 2024" in here


def test_it_is_shown_under_the_rights_on_contacts(cast: Cast):
    main, other = add(cast.owner), add(cast.owner)
    row = {"customer": other, "job": "Adviser", "since": "2021-03-01"}
    add(cast.owner, "contacts", name="Wang Min", customer=main, employments=[row])
    path = f"/customers/{other}/"
    cast.state("owner", "contacts", "employments.job", "hidden")
    assert "Adviser" not in page(cast.owner, path)
    cast.state("owner", "contacts", "employments.since", "masked")
    shown = page(cast.owner, path)
    assert "Wang Min" in shown
    assert "2021" not in shown
    cast.state("owner", "contacts", "employments.customer", "masked")
    assert "Wang Min" not in page(cast.owner, path)
    cast.state("owner", "contacts", "employments.customer", "edit")
    cast.right("owner", "contacts", view="none")
    assert "Wang Min" not in page(cast.owner, path)


def test_a_contact_of_somebody_else_stays_unseen(cast: Cast):
    mine = add(cast.owner, name="Alpha works")
    row = {"customer": mine, "job": "Adviser", "since": dt.date(2021, 3, 1).isoformat()}
    add(cast.director, "contacts", name="Wang Min", employments=[row])
    assert "Wang Min" not in page(cast.owner, f"/customers/{mine}/")
    assert "Wang Min" in page(cast.director, f"/customers/{mine}/")
