"""Boards and calendars: the same rows and rights as the list, in columns and on days."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.services import fields
from crm.access import grouping
from crm.access.grouping import figures_of
from crm.access.policy import access_to
from crm.customfields.dictionaries import options_of
from crm.lists.boards import CARDS
from crm.lists.models import SavedView
from crm.lists.views import create_view
from crm.modules.registry import module_named
from crm.records import definitions
from tests.kernel.api_calls import Api
from tests.kernel.helpers import add, ask, change, stored
from tests.kernel.pages import NEVER, browser

pytestmark = pytest.mark.django_db
WORD = "zqboarded"
FORMS = ("board", "calendar")


def columns(answer):
    """Key of each column or day → the ids of its cards, in their order."""
    found = {}
    for one in [*answer.context.get("board", ()), *answer.context.get("days", ())]:
        found[one["key"]] = [card["pk"] for card in one["cards"]]
    return found


def board(person, form="board", **query):
    return browser(person).get(f"/customers/{form}/", query)


def moving(person, pk, to, form="board", version=None, module="customers", **more):
    row = access_to(person, module).get(pk, [])
    told = {"move-form": form, "move-to": to, "move-version": version or row.version, **more}
    if form == "board":
        told.setdefault("by", "level")
    return browser(person).post(f"/{module}/{pk}/move/", told)


def custom(cast, kind, **more):
    row = fields.add_field(
        actor=cast.administrator, module="customers", kind=kind,
        labels={"en": f"My {kind}", "zh-hans": kind}, **more,
    )  # fmt: skip
    return definitions.key_of(row)


def test_columns_stand_in_the_options_order_with_their_own_rows(cast):
    best = add(cast.owner, name=f"{WORD} a", level="A", revenue="100")
    other = add(cast.owner, name=f"{WORD} b", level="A", revenue="50.50")
    last = add(cast.owner, name=f"{WORD} c", level="C")
    none = add(cast.owner, name=f"{WORD} d", revenue="7")
    add(cast.stranger, name=f"{WORD} e", level="A", revenue="1000")
    answer = board(cast.owner, by="level", q=WORD, sort="-name")
    assert columns(answer) == {"A": [other, best], "B": [], "C": [last], "D": [], "": [none]}
    assert b"1,000" not in answer.content
    part = board(cast.owner, by="level", q=WORD, sum="revenue", part="figures").content.decode()
    assert "150.50" in part
    assert ">7<" in part
    nothing = board(cast.owner, by="level", q=WORD, sum="none", part="figures").content.decode()
    assert "150.50" not in nothing
    assert set(columns(board(cast.owner, by="owner", q=WORD))) == {str(cast.owner.pk), ""}
    change(cast.owner, best, employees=30)
    door = access_to(cast.owner, "customers")
    amounts = [door.module.fields[name] for name in ("level", "revenue", "employees")]
    weighed = figures_of(door, ask(door, q=WORD).where, *amounts).by_value["A"]
    assert (weighed.total, float(weighed.weighted)) == (Decimal("150.50"), 30)
    flag, pick = custom(cast, "boolean"), custom(cast, "choice", choices=["pump", "valve"])
    pump, valve = (value for value, _label in options_of(module_named("customers").fields[pick]))
    change(cast.owner, best, **{flag: True, pick: valve})
    assert columns(board(cast.owner, by=flag, q=WORD))["true"] == [best]
    assert columns(board(cast.owner, by=pick, q=WORD, sort="name")) == {
        pump: [], valve: [best], "": [other, last, none],
    }  # fmt: skip


def test_more_cards_come_on_demand_and_figures_are_the_least_of_very_many(cast, monkeypatch):
    ids = [add(cast.owner, name=f"{WORD} {number:03}", level="B") for number in range(CARDS + 2)]
    answer = board(cast.owner, by="level", q=WORD, sort="name")
    assert columns(answer)["B"] == ids[:CARDS]
    url = next(one["more_url"] for one in answer.context["board"] if one["key"] == "B")
    rest = browser(cast.owner).get(url)
    assert [card["pk"] for card in rest.context["cards"]] == ids[CARDS:]
    assert rest.context["more_url"] == ""
    monkeypatch.setattr(grouping, "SUM_LIMIT", 5)
    door = access_to(cast.owner, "customers")
    level = door.module.fields["level"]
    where = ask(door, q=WORD).where
    assert figures_of(door, where, level).by_value["B"].count == 6
    assert not figures_of(door, where, level).is_exact
    assert figures_of(door, where, level, exact=True).by_value["B"].count == CARDS + 2
    part = board(cast.owner, by="level", q=WORD, part="figures").content.decode()
    assert "count=exact" in part


@pytest.mark.parametrize("form", FORMS)
def test_the_number_of_queries_does_not_grow_with_the_cards(cast, queries, form):
    query = {"by": "level"} if form == "board" else {"on": "created_at"}
    seen = []
    for _round in range(2):
        for level in "ABCD":
            add(cast.manager, level=level, name=f"{WORD} {level} {_round}", revenue="5")
        page = browser(cast.manager)
        page.get(f"/customers/{form}/", {**query, "q": WORD})
        with queries() as asked:
            assert page.get(f"/customers/{form}/", {**query, "q": WORD}).status_code == 200
        seen.append(len(asked))
    assert seen[0] == seen[1]
    assert seen[1] <= 22


def test_what_may_not_be_read_makes_no_columns_sums_days_or_cards(cast):
    add(cast.owner, name=f"{WORD} a", level="A", revenue="987123", birthday="1977-03-04")
    asked = {
        "level": [{"by": "level"}],
        "revenue": [{"by": "stage", "sum": "revenue", "part": part} for part in ("", "figures")],
        "birthday": [{"on": "birthday", "day": "1977-03-04"}],
    }
    for name, queries in asked.items():
        for state in ("hidden", "masked"):
            cast.state("owner", "customers", name, state)
            for query in queries:
                form = "calendar" if "on" in query else "board"
                assert board(cast.owner, form, **query).status_code == 400
            shown = board(cast.owner, by="stage", card=name)
            assert shown.status_code == (400 if state == "hidden" else 200)
            words = set(re.split(rb"[<>\s-]", shown.content))
            assert not words & {"revenue": {b"987123", b"987,123"}}.get(name, {b"1977"})
        cast.state("owner", "customers", name, "edit")
    for query in ({"by": "name"}, {"by": "phones.number"}, {"by": "nothing"}, {"sum": "level"},
                  {"card": "name,city,level,stage,region"}, {"on": "birthday"}):  # fmt: skip
        assert board(cast.owner, **query).status_code == 400
    nothing = board(cast.owner, by="stage", level="B", city="nowhere")
    assert nothing.context["empty"] == "nomatch"
    for query in ({"on": "level"}, {"scale": "year"}, {"day": "tomorrow"}, {"by": "level"}):
        assert board(cast.owner, "calendar", **query).status_code == 400
    assert browser(cast.owner).get("/customers/?by=level").status_code == 400
    assert (
        browser(cast.owner).get("/customers/board/?by=level&column=no&part=column").status_code
        == 400
    )


def test_a_card_moves_by_the_write_path_and_back(cast):
    pk = add(cast.owner, name=f"{WORD} a", level="B")
    told = moving(cast.owner, pk, "A").json()
    assert stored("customers", pk).level == "A"
    assert "on the board" in browser(cast.owner).get(f"/customers/{pk}/history/").content.decode()
    assert told["before"] == "B"
    assert told["key"] == "A"
    assert f"{WORD} a" in told["card"]
    assert "A" in told["text"]
    moving(cast.owner, pk, told["before"])
    assert stored("customers", pk).level == "B"
    moving(cast.owner, pk, "")
    assert stored("customers", pk).level == ""
    assert moving(cast.owner, pk, "Z").status_code == 400
    assert "none of the choices" in moving(cast.owner, pk, "Z").json()["reason"]


def test_who_was_faster_is_told_and_other_fields_do_not_matter(cast):
    pk = add(cast.owner, name=f"{WORD} a", level="B")
    change(cast.director, pk, city="Wuxi")
    assert moving(cast.owner, pk, "A", version=1).status_code == 200
    change(cast.director, pk, level="D")
    answer = moving(cast.owner, pk, "C", version=2)
    assert answer.status_code == 409
    assert str(cast.director) in answer.json()["reason"]
    assert stored("customers", pk).level == "D"


def test_who_may_not_edit_moves_nothing(cast):
    pk = add(cast.owner, name=f"{WORD} a", level="B")
    assert moving(cast.owner, pk, "A").status_code == 200
    cast.state("owner", "customers", "level", "read")
    answer = board(cast.owner, by="level", q=WORD)
    assert b"data-movable" not in answer.content
    assert b"Sortable" not in answer.content
    assert moving(cast.owner, pk, "B").status_code == 403
    cast.state("owner", "customers", "level", "edit")
    cast.right("manager", "customers", edit="own")
    seen = board(cast.manager, by="level", q=WORD).content
    assert b"<article" in seen
    assert b"data-movable" not in seen
    assert moving(cast.manager, pk, "B").status_code == 403
    for one in (pk, NEVER):
        answer = browser(cast.stranger).post(f"/customers/{one}/move/", {"by": "level"})
        assert answer.status_code == 404
    assert stored("customers", pk).level == "A"


def test_what_a_move_needs_besides_is_asked_for(cast, monkeypatch):
    module = access_to(cast.owner, "customers").module

    def validate(values):
        wrong = values.get("level") == "A" and not values.get("city")
        return {"city": "Say where."} if wrong else {}

    monkeypatch.setattr(module, "validate", validate)
    pk = add(cast.owner, name=f"{WORD} a", level="B")
    answer = moving(cast.owner, pk, "A", sum="revenue")
    assert answer.status_code == 409
    asked = answer.json()["ask"]
    assert 'name="city"' in asked
    assert 'name="move-to" value="A"' in asked
    assert stored("customers", pk).level == "B"
    assert moving(cast.owner, pk, "A", city="Wuxi", **{"move-asked": "1"}).status_code == 200
    assert (stored("customers", pk).level, stored("customers", pk).city) == ("A", "Wuxi")


def test_a_calendar_has_instants_on_the_readers_day_and_birthdays_every_year(cast):
    when, due = custom(cast, "datetime"), custom(cast, "date")
    zone = timezone.get_current_timezone()
    late = dt.datetime(2031, 5, 14, 23, 30, tzinfo=zone)
    one = add(cast.owner, name=f"{WORD} a", **{when: late.isoformat(), due: "2031-05-02"})
    two = add(cast.owner, name=f"{WORD} b", birthday="1977-05-14")
    leap = add(cast.owner, name=f"{WORD} c", birthday="1980-02-29")
    add(cast.stranger, name=f"{WORD} d", **{due: "2031-05-02"})

    def days(**query):
        shown = columns(board(cast.owner, "calendar", q=WORD, **query))
        return {key: ids for key, ids in shown.items() if ids}

    assert days(on=when, day="2031-05-20") == {"2031-05-14": [one]}
    assert days(on=due, day="2031-05-20") == {"2031-05-02": [one]}
    assert days(on=due, day="2031-05-20", scale="week") == {}
    assert days(on=due, day="2031-04-30", scale="week") == {"2031-05-02": [one]}
    assert days(on="birthday", day="2031-05-01") == {"2031-05-14": [two]}
    assert days(on="birthday", day="2031-02-01") == {"2031-02-28": [leap]}
    assert days(on="birthday", day="2032-02-01") == {"2032-02-29": [leap]}

    told = moving(cast.owner, one, "2031-05-16", form="calendar", on=when).json()
    assert told["key"] == "2031-05-16"
    key = when.removeprefix("cf_")
    moved = dt.datetime.fromisoformat(stored("customers", one).custom[when])
    assert moved == late + dt.timedelta(days=2), key
    moving(cast.owner, one, told["before"], form="calendar", on=when)
    assert dt.datetime.fromisoformat(stored("customers", one).custom[when]) == late
    assert moving(cast.owner, one, "soon", form="calendar", on=when).status_code == 400
    five = [add(cast.owner, name=f"{WORD} {n}", **{due: "2031-05-02"}) for n in range(4)]
    page = board(cast.owner, "calendar", q=WORD, on=due, day="2031-05-20")
    [day] = [one for one in page.context["days"] if one["key"] == "2031-05-02"]
    assert (len(day["cards"]), day["more"]) == (3, 2)
    assert five[-1] in columns(browser(cast.owner).get(day["url"]))["2031-05-02"]


def test_a_saved_view_carries_its_form_and_is_refused_to_whom_it_says_too_much(cast):
    page = browser(cast.director)
    seen = f"form=board&by=level&sum=revenue&card=city&q={WORD}"
    page.post("/customers/views/", {"name": "Nice one", "query": seen})
    view = SavedView.objects.get(name="Nice one")
    assert view.state == {
        "form": "board", "by": "level", "sum": "revenue", "card": "city", "q": WORD,
    }  # fmt: skip
    full = page.get(f"/customers/?view={view.pk}", follow=True)
    address = urlsplit(full.request["PATH_INFO"] + "?" + full.request["QUERY_STRING"])
    assert address.path == "/customers/board/"
    assert parse_qs(address.query)["by"] == ["level"]
    assert "This view has changes" not in full.content.decode()
    other = page.get(f"/customers/board/?view={view.pk}&filter=&by=stage").content.decode()
    assert "This view has changes" in other
    table = page.get(f"/customers/?view={view.pk}&filter=&q={WORD}").content.decode()
    assert "This view has changes" in table

    SavedView.objects.filter(pk=view.pk).update(people=[cast.owner.pk])
    reader, asked = browser(cast.owner), f"/customers/?view={view.pk}"
    assert reader.get(asked, follow=True).status_code == 200
    for name in ("level", "revenue", "city"):
        cast.state("owner", "customers", name, "hidden")
        refused = reader.get(asked, follow=True)
        assert refused.status_code == 400
        assert "Nice one" in refused.content.decode()
        assert name.encode() not in refused.content
        assert Api(cast.owner).get(f"customers/views/{view.pk}/").json()["state"] is None
        cast.state("owner", "customers", name, "edit")
    api = Api(cast.owner)
    kept = api.get(f"customers/views/{view.pk}/").json()["state"]
    assert kept["form"] == "board"
    made = api.post("customers/views/", {"name": "Days", "form": "calendar", "on": "created_at"})
    assert made.json()["state"] == {"form": "calendar", "on": "created_at"}
    for wrong in ({"form": "heap"}, {"form": "board", "on": "created_at"}, {"by": "level"}):
        assert api.post("customers/views/", {"name": "x", **wrong}).status_code == 400
    by_default = create_view(access_to(cast.owner, "customers"), "Pinned", {"form": "board"})
    assert by_default.state["by"] == "stage"
    assert json.dumps(by_default.state)


def test_security_16_whoever_sees_nothing_is_led_to_the_page_that_says_so(cast):
    cast.right("owner", "customers", view="none", edit="none")
    for form in FORMS:
        answer = browser(cast.owner).get(f"/customers/{form}/")
        assert (answer.status_code, answer["Location"]) == (302, "/customers/")
