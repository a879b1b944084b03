"""Answers whose whole content the rules foretell: which records, how many, what they add up to.

The rig knows every record of its modules, so that a list, a count, a sum or a file can be right or
wrong, not only tell too much.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from accounts.proving import facts
from accounts.proving.judging import Place
from accounts.proving.rules import READ, Key
from crm.documents.models import Document
from crm.jobs.running import run
from crm.modules.registry import module_named
from tests.rig.stage import Rig

FIGURE = re.compile(rb">([0-9,]+)<")
NOT_FOUND = frozenset({401, 403, 404})
Check = Callable[[Rig, str, str], None]


def seen(rig: Rig, name: str, module: str) -> set[int]:
    """The ids of the module's records that somebody may know of."""
    person = rig.person(name)
    return {key[1] for key in rig.of_module(module) if rig.world.can_see(person, key)}


def _known(rig: Rig, module: str) -> int:
    return len(rig.of_module(module))


def listed(rig: Rig, name: str, module: str) -> None:
    """The list of the API holds exactly the records that he may know of, and says how many."""
    answer = rig.signed[name].call(f"{module}/?size=200")
    body: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    found = {one["id"] for one in body.get("results", ())}
    expected = seen(rig, name, module)
    if answer.status_code not in NOT_FOUND | {200}:
        rig.blame(name, "exact list", (module, 0), f"answered {answer.status_code}")
    for pk in sorted(found ^ expected):
        why = "listed, though out of reach" if pk in found else "within reach, but not listed"
        rig.blame(name, "exact list", (module, pk), why)
    if body.get("count", 0) != len(expected):
        why = f"counted {body.get('count', 0)}, {len(expected)} are within reach"
        rig.blame(name, "exact list", (module, 0), why)
    rig.judged(name, "exact list", _known(rig, module))


def counted(rig: Rig, name: str, module: str) -> None:
    """The figure beside a list's name."""
    answer = rig.signed[name].get(f"/{module}/", {"part": "count"})
    figure = FIGURE.search(answer.content) if answer.status_code == 200 else None
    found = int(figure[1].replace(b",", b"")) if figure else 0
    expected = len(seen(rig, name, module))
    if found != expected:
        why = f"counted {found}, {expected} are within reach"
        rig.blame(name, "exact count", (module, 0), why)
    rig.judged(name, "exact count", _known(rig, module))


def summed(rig: Rig, name: str, module: str) -> None:
    """What columns add up to, below a list and over a board: what he sees and nothing else."""
    person, fields = rig.person(name), rig.world.modules[module].fields
    sums = [
        path
        for path, one in fields.items()
        if one.kind == "money" and "." not in path and not one.is_computed
        and rig.world.state(person, module, path) >= READ
    ]  # fmt: skip
    mine = seen(rig, name, module)
    for path in sums:
        cells = [rig.company.cells[module, pk].get(path, [0])[0] for pk in sorted(mine)]
        total = int(sum(Decimal(str(one)) for one in cells))
        pages = {"exact total": {"part": "totals", "columns": path}}
        if not mine or total == 0:
            continue
        if module == "customers" and rig.world.state(person, module, "kind") >= READ:
            pages["exact board"] = {"part": "figures", "by": "kind", "sum": path}
        for surface, query in pages.items():
            to = f"/{module}/board/" if surface == "exact board" else f"/{module}/"
            answer = rig.signed[name].get(to, query)
            if answer.status_code == 200 and f"{total:,}".encode() not in answer.content:
                why = f"what is within reach adds up to {total:,}"
                rig.blame(name, surface, (module, 0), why, path)
            rig.judged(name, surface, _known(rig, module))


def used(rig: Rig, name: str, module: str) -> None:
    """A field that he may not read is not to be sorted, filtered, grouped or added up by."""
    person, fields = rig.person(name), rig.world.modules[module].fields
    states = {path: rig.world.state(person, module, path) for path in fields}
    closed = sorted((path for path in fields if states[path] < READ), key=lambda one: -states[one])
    if not rig.world.scopes(person, module, "view"):
        return  # nothing is answered to him, whatever he asks
    shift = rig.next()
    for place, path in enumerate(closed):
        condition = json.dumps({"field": path, "op": "not_empty"})
        ways: list[tuple[str, Mapping[str, str]]] = [
            (f"/{module}/", {"sort": path}), (f"/{module}/", {"filter": condition}),
            (f"/{module}/board/", {"by": path}), (f"/{module}/board/", {"sum": path}),
            (f"/{module}/calendar/", {"on": path}), ("api", {"sort": path}),
            ("api", {"filter": condition}),
        ]  # fmt: skip
        if place > 3 and (place + shift) % 8:
            continue  # what is covered comes first: it shows, and may not be used all the same
        for to, query in ways[(place + shift) % 3 :: 3]:
            if to == "api":
                [(key, value)] = query.items()
                answer = rig.signed[name].call(f"{module}/?{urlencode({key: value})}")
            else:
                answer = rig.signed[name].get(to, query)
            if answer.status_code < 400 and not _is_elsewhere(answer):
                rig.blame(name, f"use of a field, {next(iter(query))}", (module, 0),
                          f"answered {answer.status_code} at {to}", path)  # fmt: skip
            rig.judged(name, "use of a field", _known(rig, module))


def _is_elsewhere(answer: Any) -> bool:
    return bool(answer.status_code == 302 and "/login/" in answer["Location"])


def found_by(rig: Rig, name: str, module: str) -> None:
    """A typed value finds a record by fields that he may read, and by no other."""
    person, shift = rig.person(name), rig.next()
    keys = [key for key in rig.of_module(module) if rig.world.can_see(person, key)]
    if not keys:
        return
    cells = rig.company.cells[keys[shift % len(keys)]]
    searched = set(module_named(module).search.values())
    closed = [path for path in cells if rig.world.state(person, module, path) < READ]
    sure = [path for path in closed if path in searched]
    rest = [path for path in cells if path not in sure][shift % 5 :: 5][:2]
    for path in [*sure, *rest]:
        text = str(cells[path][0])
        answer = rig.signed[name].call(f"{module}/?{urlencode({'q': text})}")
        for one in answer.json().get("results", ()) if answer.status_code == 200 else ():
            if not _has_readable(rig, person, (module, one["id"]), text):
                why = "found by what he may not read"
                rig.blame(name, "exact search", (module, one["id"]), why)
        rig.judged(name, "exact search", _known(rig, module))


def _has_readable(rig: Rig, person: int, key: Key, text: str) -> bool:
    return any(
        text.lower() in str(value).lower() and rig.world.can_read(person, key, path)
        for path, values in rig.company.cells[key].items()
        for value in values
    )


def exported(rig: Rig, name: str, module: str) -> None:
    """The file of an export: the records that he may see and export, and no hidden cell."""
    program, person = rig.programs[name], rig.person(name)
    answer = program.post(f"{module}/export/", {"format": "csv"})
    if answer.status_code != 202:
        if any(rig.world.scopes(person, module, "export")) and seen(rig, name, module):
            why = f"answered {answer.status_code}, though he may export"
            rig.blame(name, "exact export", (module, 0), why)
        return
    job = answer.json()["job"]
    run(job)
    file = program.get(f"jobs/{job}/file/")
    data = b"".join(file.streaming_content) if file.streaming else file.content
    signed = rig.signed[name]
    rig.crawl.weigh(signed, Place("exact export"), data, (module, 0))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))[1:]
    may = {
        pk for pk in seen(rig, name, module) if rig.world.can_act(person, "export", (module, pk))
    }
    lines = [one for one in rows if len([cell for cell in one if cell]) > 1]
    if len(lines) != len(may):
        why = f"{len(lines)} lines, {len(may)} records may be exported"
        rig.blame(name, "exact export", (module, 0), why)
    rig.judged(name, "exact export", _known(rig, module))


def papers(rig: Rig, name: str, module: str) -> None:
    """A document opens to whoever sees the record that it hangs on."""
    person, shift = rig.person(name), rig.next()
    mine = [(key, pk) for pk, key in _places(rig).items() if key[0] == module]
    for place, (key, pk) in enumerate(mine):
        way = (place + shift) % 3
        if way == 0:
            answer = rig.signed[name].get(f"/documents/{pk}/")
        else:
            answer = rig.signed[name].call(f"documents/{pk}/{'versions' if way == 1 else 'file'}/")
        is_open = answer.status_code == 200
        if is_open != rig.world.can_see(person, key):
            why = f"its document answered {answer.status_code} {answer.get('Location', '')}"
            rig.blame(name, "exact document", key, why)
        rig.judged(name, "exact document", 1)


def _places(rig: Rig) -> dict[int, Key]:
    """Where each document hangs now: those of a merged record have moved on."""
    table, pks = Document._meta.db_table, list(rig.company.papers.values())
    sql = f"SELECT id, module, record_id FROM {table} WHERE id = ANY(%s) AND deleted_at IS NULL"
    return {pk: (module, record) for pk, module, record in facts.rows(sql, [pks])}


def binned(rig: Rig, name: str, module: str) -> None:
    """The bin: what he might delete."""
    place = Place("bin", shows_bin=True)
    answer = rig.signed[name].get("/bin/", {"module": module})
    rig.crawl.weigh(rig.signed[name], place, answer.content, (module, 0))
    person = rig.person(name)
    answer = rig.signed[name].call(f"{module}/?bin=1&size=200")
    if answer.status_code != 200:
        return
    rig.crawl.weigh(rig.signed[name], place, answer.content, (module, 0))
    found = {one["id"] for one in answer.json()["results"]}
    keys = rig.of_module(module)
    expected = {key[1] for key in keys if rig.world.can_see_in_bin(person, key)}
    for pk in sorted(found ^ expected):
        rig.blame(name, "exact bin", (module, pk), "in the bin otherwise than the rules say")
    rig.judged(name, "exact bin", _known(rig, module))


def related(rig: Rig, name: str, module: str) -> None:
    """The blocks of what hangs on a record, and what the screen shows of a caller."""
    keys = [key for key in rig.of_module("customers") if rig.world.can_see(rig.person(name), key)]
    if module != "contacts" or not keys:
        return
    signed = rig.signed[name]
    for shift, tab in enumerate(("contacts", "follow-ups", "history")):
        key = keys[(rig.next() + shift) % len(keys)]
        answer = signed.get(f"/customers/{key[1]}/", {"tab": tab})
        place = Place(f"record, {tab}", shows_below=True)
        rig.crawl.weigh(signed, place, answer.content, key)
    key = rig.of_module(module)[rig.turn % _known(rig, module)]
    number = rig.company.cells[key].get("phones.number", [""])[0]
    if number:
        answer = signed.call(f"screen-pop/?phone={str(number).removeprefix('+86')}")
        rig.crawl.weigh(signed, Place("screen pop"), answer.content, key, str(number).encode())


CHECKS: Mapping[str, Check] = {
    "listed": listed, "counted": counted, "summed": summed, "used": used, "found by": found_by,
    "exported": exported, "papers": papers, "binned": binned, "related": related,
}  # fmt: skip
