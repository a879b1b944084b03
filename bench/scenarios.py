"""What is measured, for one person at one size."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

from bench import floors
from bench.client import Client
from bench.measuring import Scenario
from bench.people import Persona, asked
from bench.writing import raw_create, raw_edit

EIGHT = "name,level,stage,industry,city,owner,last_follow_up_at,changed_at"
LIST = {"most_queries": 12}
_VERSION = re.compile(rb'name="version" value="(\d+)"')
_numbers = count(int(time.time()) % 10_000_000 * 1000)


def _raw(*statements: str) -> Callable[[], Any]:
    return lambda: [asked(one.replace("%", "%%")) for one in statements]


def _list(**params: Any) -> str:
    filters = params.pop("filter", None)
    if filters is not None:
        params["filter"] = json.dumps({"all": filters})
    return "/customers/?" + urlencode({"columns": EIGHT, **params})


def fields() -> dict[str, str]:
    """The added fields of the generated company: mark → name."""
    rows = asked(
        "SELECT value, record_id FROM crm_external_id WHERE system = 'generate'"
        " AND module = 'fields'"
    )
    return {mark: f"cf_{pk}" for mark, pk in rows}


def pages(client: Client, who: Persona) -> Iterator[Scenario]:
    """The list of customers in its orders, and narrowed."""
    get = partial(partial, client.get)
    rows = asked(
        f"SELECT count(*) FROM sales_customer c WHERE deleted_at IS NULL AND {who.where()}"
    )
    last = max(1, min(200, rows[0][0] // 50))
    yield Scenario("list, first page", get(_list()), _raw(floors.page(who)), **LIST)
    deep = floors.page(who, offset=(last - 1) * 50)
    yield Scenario("list, page 200 or last", get(_list(page=last)), _raw(deep), **LIST)
    by = floors.page(who, "c.last_follow_up_at DESC NULLS LAST, c.id DESC")
    yield Scenario(
        "list by last follow-up", get(_list(sort="-last_follow_up_at")), _raw(by), **LIST
    )
    added = fields()
    devices, day, way = added["devices"], added["contract_end"], added["way"]
    by = floors.page(who, f"crm_day(c.custom ->> '{day}') DESC NULLS LAST, c.id DESC")
    yield Scenario("list by an added day (fast)", get(_list(sort=f"-{day}")), _raw(by), **LIST)
    three = [
        {"field": devices, "op": "between", "value": [100, 104]},
        {"field": day, "op": "gte", "value": "2026-01-01"},
        {"field": way, "op": "in", "value": ["choice_1", "choice_2"]},
    ]
    where = (
        f"(c.custom ->> '{devices}')::bigint BETWEEN 100 AND 104 AND"
        f" crm_day(c.custom ->> '{day}') >= '2026-01-01' AND"
        f" c.custom ->> '{way}' IN ('choice_1', 'choice_2')"
    )
    yield Scenario(
        "list, three conditions on fast fields", get(_list(filter=three)),
        _raw(floors.page(who, where=where)), **LIST,
    )  # fmt: skip


def slow_pages(client: Client, who: Persona) -> Iterator[Scenario]:
    """The list by what no index holds."""
    get, added = partial(partial, client.get), fields()
    slow = [
        {"field": added["score"], "op": "eq", "value": 99},
        {"field": added["erp"], "op": "contains", "value": "777"},
    ]
    where = (
        f"(c.custom ->> '{added['score']}')::bigint = 99 AND"
        f" c.custom ->> '{added['erp']}' ILIKE '%777%'"
    )
    yield Scenario(
        "list, conditions without an index", get(_list(filter=slow)),
        _raw(floors.page(who, where=where)), good=(200, 503), **LIST,
    )  # fmt: skip
    yield Scenario(
        "list by revenue (no index)", get(_list(sort="-revenue")),
        _raw(floors.page(who, "c.revenue DESC NULLS LAST, c.id DESC")), good=(200, 503), **LIST,
    )  # fmt: skip
    yield Scenario(
        "list by a formula", get(_list(sort=f"-{added['silent']}")),
        _raw(floors.page(who, "c.last_follow_up_at, c.id")), good=(200, 503), **LIST,
    )  # fmt: skip


def narrowed(client: Client, who: Persona) -> Iterator[Scenario]:
    """Shared and collaborators' lists, and those of the other modules."""
    get = partial(partial, client.get)
    shares = (
        "c.id IN (SELECT content_object_id FROM sales_customershare"
        f" WHERE user_id = {who.user.pk}{{}} AND (until IS NULL OR until > now()))"
    )
    everybody = Persona("", who.user)
    where = shares.format("") + f" AND c.owner_id <> {who.user.pk}"
    yield Scenario(
        "list, scope=shared", get(_list(scope="shared")), _raw(floors.page(everybody, where=where)),
        **LIST,
    )  # fmt: skip
    mine = [{"field": "collaborators", "op": "in", "value": ["@me"]}]
    where = shares.format(" AND part <> ''")
    yield Scenario(
        "list, collaborator is me", get(_list(filter=mine)),
        _raw(floors.page(everybody, where=where)), **LIST,
    )  # fmt: skip
    for module, table, columns in (
        ("contacts", "sales_contact", floors.CONTACT_COLUMNS),
        ("follow-ups", "crm_follow_up", floors.TALK_COLUMNS),
    ):
        sql = floors.page(who, table=table, columns=columns)
        if module == "follow-ups":
            sql = sql.replace("changed_at DESC", "happened_at DESC")
        yield Scenario(f"{module}, first page", get(f"/{module}/"), _raw(sql), **LIST)


def found(client: Client, who: Persona) -> Iterator[Scenario]:
    """Two Chinese characters in the list, the search page, the palette; a phone."""
    from crm.access.policy import access_to
    from crm.search.asking import tsquery

    get = partial(partial, client.get)
    access = access_to(who.user, "customers")
    for kind, word in words().items():
        query = tsquery(access, word)
        q = urlencode({"q": word})
        for name, path, most in (
            ("list", _list(q=word), 51), ("search", f"/search/?{q}", 30),
            ("palette", f"/palette/?{q}", 8),
        ):  # fmt: skip
            limit = 50 if name != "palette" else 100
            statements = [floors.found("customers", query, who, most)]
            if name != "list":
                contacts = tsquery(access_to(who.user, "contacts"), word)
                statements.append(floors.found("contacts", contacts, who, most))
            yield Scenario(
                f"{name}, {kind}", get(path), _raw(*statements), (most, 8), server_p95=limit
            )
    token = Client(client.port).bearer(who.user.username)
    numbers = [
        one[0] for one in asked("SELECT e164 FROM crm_phone ORDER BY id OFFSET 4000 LIMIT 50")
    ]
    turn = count()

    def pop() -> Any:
        number = numbers[next(turn) % len(numbers)].replace("+", "%2B")
        path = f"/api/v1/screen-pop/?phone={number}"
        return Client.get(phone, path, Authorization=f"Bearer {token}")

    phone = Client(client.port)
    raw = "SELECT module, record_id FROM crm_phone WHERE e164 = '{}'"
    yield Scenario(
        "phone look-up (screen pop)", pop, _raw(raw.format(numbers[0])), (1, 4), 100, server_p95=10
    )


def words() -> dict[str, str]:
    """Words of two characters: of one name, of a place, of nearly all."""
    from crm.lib.matching import bare_name

    row = asked(
        "SELECT name FROM sales_customer WHERE kind = 'company' ORDER BY id OFFSET 777 LIMIT 1"
    )
    return {
        "two characters of a name": (bare_name(row[0][0]) or row[0][0])[:2],
        "two common characters": "有限", "two characters of a place": "昆山",
    }  # fmt: skip


def one_record(client: Client, who: Persona) -> Iterator[Scenario]:
    """A record's page, a new one, a change in place."""
    pk = asked(
        f"SELECT c.id FROM sales_customer c WHERE c.deleted_at IS NULL AND {who.where()}"
        f" AND c.owner_id IS NOT NULL ORDER BY {floors.NEWEST} OFFSET 5 LIMIT 1"
    )[0][0]
    yield Scenario(
        "record page", partial(client.get, f"/customers/{pk}/"), _raw(*floors.record(pk)), (45, 3),
        3, most_queries=20,
    )  # fmt: skip

    def create() -> Any:
        number = next(_numbers)
        return client.post("/customers/new/", {
            "name": f"量测{number}有限公司", "kind": "company", "level": "C", "stage": "prospect",
            "relationship": "prospect", "phones-0-number": f"1{37_00_000_0000 + number % 10**9:010d}",
            "duplicates_seen": "1",
        })  # fmt: skip

    yield Scenario("create", create, raw_create(pk), (1, 1), 3, (302,))
    mine = asked(
        "SELECT id FROM sales_customer WHERE owner_id = %s AND deleted_at IS NULL"
        " ORDER BY id LIMIT 1", [who.user.pk],
    )  # fmt: skip
    if not mine:
        return
    own = mine[0][0]
    url = f"/customers/{own}/fields/remark/edit/"

    def edit() -> Any:
        version = asked("SELECT version FROM sales_customer WHERE id = %s", [own])[0][0]
        fields = {"remark": f"量测 {next(_numbers)}", "version": version}
        return client.post(url, fields, HX_Request="true")

    yield Scenario("inline edit", edit, raw_edit(own), (1, 1), 3)


def shapes(client: Client, who: Persona) -> Iterator[Scenario]:
    """Board, its figures, calendar."""
    get = partial(partial, client.get)
    yield Scenario(
        "board by stage", get("/customers/board/?by=stage&sum=revenue"),
        _raw(floors.board(who)), (200, 3), most_queries=20,
    )  # fmt: skip
    yield Scenario(
        "figures of the board", get("/customers/board/?by=stage&sum=revenue&part=figures"),
        _raw(floors.figures(who)), (8, 2),
    )  # fmt: skip
    first = date.today().replace(day=1)
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    yield Scenario(
        "calendar of next contacts", get("/customers/calendar/?on=next_contact_at"),
        _raw(floors.calendar(who, first.isoformat(), last.isoformat())), (100, 2), good=(200, 503),
    )  # fmt: skip


def administrators(client: Client, who: Persona) -> Iterator[Scenario]:
    """Pages of whoever keeps the system."""
    get = partial(partial, client.get)
    options = "SELECT * FROM crm_option WHERE dictionary = '{}'"
    for name in ("industry", "field_4"):
        if asked(options.format(name) + " LIMIT 1"):
            yield Scenario(
                f"dictionary page, {name}", get(f"/setup/dictionaries/{name}/"),
                _raw(options.format(name)), (30, 4),
            )  # fmt: skip
    shared = "SELECT * FROM crm_shared_key WHERE module = 'customers' LIMIT 50"
    yield Scenario("doubles page", get("/customers/doubles/"), _raw(shared), (50, 4))
    pair = asked(
        "SELECT min(record_id), max(record_id) FROM crm_match_key m JOIN (SELECT rule, key FROM"
        " crm_shared_key WHERE module = 'customers' LIMIT 1) s USING (rule, key)"
        " WHERE module = 'customers'"
    )[0]
    if pair[0] and pair[0] != pair[1]:
        both = "SELECT * FROM sales_customer WHERE id IN ({}, {})"
        yield Scenario(
            "merge page", get(f"/customers/merge/?pk={pair[0]}&pk={pair[1]}"),
            _raw(both.format(*pair)), (40, 3),
        )  # fmt: skip
