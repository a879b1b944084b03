"""Writes that somebody tries on some record, and what the rules say of each before it is tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.proving.judging import COMMON, Cell
from accounts.proving.rules import MASKED, READ, Key, World
from crm.jobs.running import run
from crm.modules.registry import module_named
from tests.rig.canaries import BY_SERVICES
from tests.rig.stage import Rig

REFUSED = frozenset({401, 403, 404})
Ask = Callable[[Rig, str, Key], Any]
May = Callable[[World, int, Key], bool]


@dataclass(frozen=True)
class Deed:
    """One thing done to one record. `is_sure` says that whoever may is never refused as one who
    may not: nothing else than rights can speak against it.
    """

    name: str
    may: May
    do: Ask
    is_sure: bool = True
    changes_fields: bool = False


def _by(action: str) -> May:
    return lambda world, person, key: world.can_act(person, action, key)


def _act(action: str, **body: Any) -> Ask:
    def do(rig: Rig, name: str, key: Key) -> Any:
        given = {word: one(rig, name) if callable(one) else one for word, one in body.items()}
        return rig.programs[name].post(f"{key[0]}/{key[1]}/actions/{action}/", given)

    return do


def _share(level: str) -> Ask:
    def do(rig: Rig, name: str, key: Key) -> Any:
        to = [f"person-{rig.person('bystander')}"]
        given = {"to": to, "level": level}
        return rig.programs[name].post(f"{key[0]}/{key[1]}/shares/", given)

    return do


def _unshare(rig: Rig, name: str, key: Key) -> Any:
    held = [one for one in rig.world.shares if one.record == key]
    holder = f"{held[0].kind}-{held[0].holder}" if held else "person-0"
    return rig.programs[name].delete(f"{key[0]}/{key[1]}/shares/{holder}/")


def _upload(rig: Rig, name: str, key: Key) -> Any:
    file = SimpleUploadedFile("more.txt", rig.company.canaries.token().encode())
    program = rig.programs[name]
    bearer = {"authorization": f"Bearer {program.secret}"}
    path = f"/api/v1/{key[0]}/{key[1]}/documents/"
    return program.client.post(path, {"file": file}, headers=bearer)


def _reading_token(rig: Rig, name: str, key: Key) -> Any:
    """A token for reading only."""
    signed = rig.signed[name]
    bearer = {"authorization": f"Bearer {signed.secret}"}
    path = f"/api/v1/{key[0]}/{key[1]}/actions/delete/"
    return signed.program.post(path, {}, content_type="application/json", headers=bearer)


def _may_share_edit(world: World, person: int, key: Key) -> bool:
    return world.can_act(person, "share", key) and world.can_act(person, "edit", key)


def _restorable(world: World, person: int, key: Key) -> bool:
    return world.can_see_in_bin(person, key)


DEEDS: Mapping[str, Deed] = {one.name: one for one in (
    Deed("delete", _by("delete"), _act("delete")),
    Deed("assign", _by("assign"), _act("assign", owner=lambda rig, name: rig.person(name))),
    Deed("share to read", _by("share"), _share("view")),
    Deed("share to edit", _may_share_edit, _share("edit")),
    Deed("unshare", _by("share"), _unshare, is_sure=False),
    Deed("restore", _restorable, _act("restore"), is_sure=False),
    Deed("upload", _by("edit"), _upload, is_sure=False),
    Deed("delete with a reading token", lambda *_: False, _reading_token),
)}  # fmt: skip


def merge_with(loser: int) -> Deed:
    """Make another record of the module one with this one."""

    def may(world: World, person: int, key: Key) -> bool:
        both = [key, (key[0], loser)]
        return all(world.can_act(person, "edit", one) for one in both) and world.can_act(
            person, "delete", both[1]
        )

    return Deed("merge", may, _act("merge", losers=[loser]), is_sure=False)


def edit_of(rig: Rig, key: Key, path: str) -> Deed:
    """Another value for one field."""
    is_filled = bool(rig.company.cells[key].get(path))
    value = rig.company.canaries.value(module_named(key[0]).fields[path])

    def do(rig: Rig, name: str, key: Key) -> Any:
        given = {"version": rig.version(key), path: value}
        return rig.programs[name].patch(f"{key[0]}/{key[1]}/", given)

    def may(world: World, person: int, key: Key) -> bool:
        return world.can_write(person, key, path, is_filled)

    return Deed(f"edit {path}", may, do, is_sure=False, changes_fields=True)


def edit_on_page(rig: Rig, key: Key, path: str) -> Deed:
    """The same in the page: one field changed where it stands."""
    deed = edit_of(rig, key, path)
    value = str(rig.company.canaries.value(module_named(key[0]).fields[path]))

    def do(rig: Rig, name: str, key: Key) -> Any:
        to = f"/{key[0]}/{key[1]}/fields/{path}/edit/"
        given = {"version": rig.version(key), path: value}
        return rig.signed[name].client.post(to, given, headers={"HX-Request": "true"})

    return replace(deed, name=f"edit {path} on the page", do=do)


def editable_paths(module: str) -> list[str]:
    """The fields that an edit of the rig gives another value."""
    kinds = {"text", "long_text", "email", "url", "money", "integer", "decimal"}
    fields = module_named(module).fields
    return [
        path for path, one in fields.items()
        if one.kind in kinds and path not in BY_SERVICES and (one.max_length or 16) >= 16
    ]  # fmt: skip


def attempt(rig: Rig, name: str, deed: Deed, key: Key) -> bool:
    """Try it; whether it was done. What is done though the rules forbid it is a finding."""
    person = rig.person(name)
    may = deed.may(rig.world, person, key)
    answer = deed.do(rig, name, key)
    is_done = answer.status_code < 400 and not _leads_to_sign_in(answer)
    if is_done and not may:
        rig.blame(name, deed.name, key, f"done ({answer.status_code}), though out of his rights")
    if may and deed.is_sure and answer.status_code in REFUSED:
        rig.blame(name, deed.name, key, f"refused ({answer.status_code}), though in his rights")
    rig.judged(name, deed.name, 1)
    return is_done


def _leads_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and "/login/" in answer["Location"]


def compare_stored(rig: Rig, name: str, before: Mapping[str, Any], touched: Sequence[Key]) -> None:
    """What changed though its record was not to be touched, or its field not by this person."""
    after = rig.stored()
    for kind in ("cells", "records"):
        was, now = before[kind], after[kind]
        for one in was.keys() | now.keys():
            key = one[0] if kind == "cells" else one
            if was.get(one) == now.get(one) or key in touched:
                continue
            path = one[1] if kind == "cells" else ""
            rig.blame(name, "changed by a refused write", key, kind, path)
        rig.judged(name, "stored", len(was))


def compare_fields(rig: Rig, name: str, before: Mapping[str, Any], key: Key) -> None:
    """Which cells of an edited record changed, each held against the right to write it."""
    after, world, person = rig.stored()["cells"], rig.world, rig.person(name)
    for at in {one for one in before["cells"].keys() | after.keys() if one[0] == key}:
        field = world.modules[key[0]].fields[at[1]]
        if before["cells"].get(at) == after.get(at) or field.is_fixed or field.is_computed:
            continue
        if at[1] not in COMMON | BY_SERVICES and not world.can_write(person, key, at[1], False):
            rig.blame(name, "written", key, "changed by who may not write it", at[1])


def at_once(rig: Rig, name: str, module: str) -> None:
    """The same change for every record of the module: done to those that he may change only."""
    person, shift = rig.person(name), rig.next()
    paths = editable_paths(module)
    path = paths[shift % len(paths)]
    value = rig.company.canaries.token()
    ids = [key[1] for key in rig.of_module(module)]
    asked: list[tuple[dict[str, Any], May]] = [
        ({"action": "edit", "values": {path: value}}, edit_may(rig, path)),
        ({"action": "assign", "owner": person}, _by("assign")),
        ({"action": "delete"}, _by("delete")),
        ({"action": "share", "to": [f"person-{person}"]}, _by("share")),
    ]
    given, may = asked[shift % len(asked)]
    answer = rig.programs[name].post(f"{module}/bulk/", {"ids": ids, **given})
    rows = answer.json()["results"] if answer.status_code == 200 else []
    surface = f"bulk {given['action']}"
    for one in rows:
        key = (module, one["id"])
        if one["outcome"] == "changed" and not may(rig.world, person, key):
            rig.blame(name, surface, key, "done, though out of his rights")
    rig.judged(name, surface, len(ids))


def edit_may(rig: Rig, path: str) -> May:
    """Whether somebody may write a field of a record as it is now."""
    return lambda world, person, key: world.can_write(
        person, key, path, bool(rig.company.cells[key].get(path))
    )


def brought_in(rig: Rig, name: str, module: str) -> None:
    """A file that means every record by its number and gives each another text."""
    person, found = rig.person(name), module_named(module)
    paths = [one for one in editable_paths(module) if one != found.title]
    path = next((one for one in paths if rig.world.state(person, module, one) >= READ), "")
    if not path or rig.world.modules[module].fields[path].kind not in {"text", "long_text"}:
        return
    keys = rig.of_module(module)
    numbers = {key: rig.company.cells[key]["number"][0] for key in keys}
    lines = [f"{found.fields['number'].label},{found.fields[path].label}"]
    lines += [f"{numbers[key]},{rig.company.canaries.token()}" for key in keys]
    file = SimpleUploadedFile("list.csv", "\n".join(lines).encode())
    program = rig.programs[name]
    answer = program.client.post(
        f"/api/v1/{module}/import/", {"file": file, "policy": "update", "key": "number"},
        headers={"authorization": f"Bearer {program.secret}"},
    )  # fmt: skip
    if answer.status_code == 202:
        run(answer.json()["job"])
    before, mine = rig.stored(), {one for one in keys if rig.world.can_write(person, one, path)}
    rig.look()
    after = rig.stored()["cells"]
    for at, values in before["cells"].items():
        may = at[0] in mine and at[1] == path
        if at[1] not in COMMON | BY_SERVICES and after.get(at) != values and not may:
            rig.blame(name, "import", at[0], "changed by who may not", at[1])
    rig.judged(name, "import", len(keys))


def uncovered(rig: Rig, name: str, key: Key) -> None:
    """Covered values are shown on purpose where the field is masked, and nowhere else."""
    person, module = rig.person(name), key[0]
    paths = [path for path in rig.world.modules[module].fields if "." not in path]
    path = paths[rig.next() % len(paths)]
    answer = rig.programs[name].post(f"{module}/{key[1]}/actions/unmask/", {"field": path})
    is_open = rig.world.can_see(person, key) and rig.world.state(person, module, path) >= MASKED
    if answer.status_code == 200 and not is_open:
        rig.blame(name, "uncovering", key, "shown, though hidden", path)
    for mark, cells in rig.crawl.index.hits(answer.content).items():
        if Cell(module, key[1], path) not in cells and answer.status_code == 200:
            at = sorted(cells)[0]
            if at.path.partition(".")[0] != path:
                rig.blame(name, "uncovering", key, f"shows {mark.decode()} too", at.path)
    rig.judged(name, "uncovering", rig.crawl.index.size)
