"""Everybody tries to write what is his and what is not; what changes is what the rules say."""

from __future__ import annotations

import pytest
from django.db import transaction

from accounts.proving.rules import Key
from tests.rig.attempts import (
    DEEDS,
    Deed,
    at_once,
    attempt,
    brought_in,
    compare_fields,
    compare_stored,
    edit_of,
    edit_on_page,
    editable_paths,
    merge_with,
    uncovered,
)
from tests.rig.company import MODULES, READERS
from tests.rig.size import one_in
from tests.rig.stage import Rig

pytestmark = pytest.mark.django_db


def deeds_for(rig: Rig, name: str, key: Key) -> list[Deed]:
    """Half of what can be tried on any record, and what depends on this one."""
    turn, person = rig.next(), rig.person(name)
    others = [one for one in rig.of_module(key[0]) if one != key]
    mine = [one for one in others if rig.world.can_act(person, "delete", one)]
    others = mine or others  # what he may give up himself
    paths = editable_paths(key[0])
    return [
        *([DEEDS["restore"]] if rig.world.records[key].is_deleted else []),
        *list(DEEDS.values())[turn % 2 :: 2],
        edit_of(rig, key, paths[turn % len(paths)]),
        edit_on_page(rig, key, paths[(turn + 1) % len(paths)]),
        merge_with(others[turn % len(others)][1]),
    ]


def only_seen(rig: Rig, name: str) -> list[Key]:
    """What somebody sees and may not change, or what lies in the bin: where a slip is likeliest."""
    person, world = rig.person(name), rig.world
    return [
        key
        for key in rig.keys
        if world.records[key].is_deleted
        or (world.can_see(person, key) and not world.can_act(person, "edit", key))
    ]


def test_one_record_after_the_other(rig: Rig) -> None:
    before, every = rig.stored(), one_in(6)
    for place, name in enumerate(READERS):
        for key in dict.fromkeys([*rig.keys[place % every :: every], *only_seen(rig, name)]):
            for deed in deeds_for(rig, name, key):
                with transaction.atomic():
                    if attempt(rig, name, deed, key):
                        if deed.changes_fields:
                            rig.look()
                            compare_fields(rig, name, before, key)
                        transaction.set_rollback(True)
        rig.look()
        compare_stored(rig, name, before, ())
        rig.require_nothing_found()
    rig.tell("writes")


def test_many_records_at_once(rig: Rig) -> None:
    every = one_in(2)
    for place, name in enumerate(READERS):
        for number, module in enumerate(MODULES):
            for way, write in enumerate((at_once, brought_in)):
                if (place + number + way) % every == 0:
                    with rig.scene():
                        write(rig, name, module)
                    rig.require_nothing_found()
        for key in rig.keys[place % 5 :: 5]:
            uncovered(rig, name, key)
    rig.require_nothing_found()
    rig.tell("writes at once")


def test_whoever_looks_as_somebody_else_changes_nothing(rig: Rig) -> None:
    before, person = rig.stored(), rig.person("owner")
    client = rig.signed["administrator"].client
    with rig.scene():
        assert client.post(f"/setup/people/{person}/view/").status_code == 302
        for key in rig.keys:
            deed = edit_on_page(rig, key, editable_paths(key[0])[0])
            answer = deed.do(rig, "administrator", key)
            if answer.status_code < 400:
                rig.blame("administrator", "view as", key, f"answered {answer.status_code}")
            rig.judged("administrator", "view as", 1)
        rig.look()
        compare_stored(rig, "administrator", before, ())
        client.get("/view-as/leave/")
    rig.require_nothing_found()
