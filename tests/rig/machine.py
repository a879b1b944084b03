"""The life of the company as a state machine: deeds of anybody in any order, judged as they come.

A step is done by the product's own pages, API and services, and the rules say beforehand whether
it may be. Then the facts are read anew by SQL, and some people read what the step was about.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from accounts.models import Department, Role, Team, User
from accounts.proving.crawl import MORE_OF_RECORD
from accounts.proving.reads import OF_ALL, OF_MODULE
from accounts.proving.rules import Key
from accounts.services import departments, people, roles, teams
from crm.access.errors import Refusal
from crm.access.grants import State
from crm.modules.registry import module_named
from crm.records.services import create_record
from tests.rig.attempts import (
    DEEDS,
    at_once,
    attempt,
    brought_in,
    compare_fields,
    compare_stored,
    edit_of,
    edit_on_page,
    editable_paths,
    merge_with,
)
from tests.rig.company import FIRM, MODULES, READERS
from tests.rig.exact import CHECKS
from tests.rig.stage import Rig

WRITERS = tuple(name for name in READERS if name != "bystander")
SCOPES = ("none", "own", "team", "department", "subtree", "all")
ACTIONS = ("view", "edit", "delete", "assign", "share", "export")
READINGS = {**MORE_OF_RECORD, **OF_MODULE, **OF_ALL}
CLOSED = ("bystander", "administrator", "director")  # their rights and places stay

writers, readers, modules = map(st.sampled_from, (WRITERS, READERS, MODULES))
changing = st.sampled_from([name for name in READERS if name not in CLOSED])
places = st.integers(0, 10_000)


class Life(RuleBasedStateMachine):
    """One run of it, in a savepoint; `rig` is set on a subclass."""

    rig: Rig
    gone: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.scene = self.rig.scene()
        self.scene.__enter__()
        self.gone = set()

    def teardown(self) -> None:
        """Take everything back but what was found."""
        self.scene.__exit__(None, None, None)

    # What a step is -----------------------------------------------------------------------------

    def key(self, place: int, module: str = "") -> Key:
        """Some record."""
        keys = self.rig.of_module(module) if module else self.rig.keys
        return keys[place % len(keys)]

    def attempt(self, name: str, deed: Any, key: Key) -> None:
        """Try a deed; where it was refused, nothing at all may have changed."""
        before = self.rig.stored()
        with transaction.atomic():
            is_done = attempt(self.rig, name, deed, key)
        self.rig.look()
        if not is_done:
            compare_stored(self.rig, name, before, ())
        elif deed.changes_fields:
            compare_fields(self.rig, name, before, key)
        self.judge(name, key)

    def manage(self, who: str, key: Key, service: Any, **given: Any) -> None:
        """An administrator changes people or rights; what cannot be done is left."""
        try:
            with transaction.atomic():
                service(actor=self.rig.company.cast.administrator, **given)
        except Refusal:
            return
        self.rig.look()
        self.judge(who, key)

    def judge(self, name: str, key: Key) -> None:
        """Whom it was about and others read the record, its list and some surfaces, in turns."""
        rig, turn = self.rig, self.rig.next()
        others = [READERS[(turn * step) % len(READERS)] for step in (1, 3, 7)]
        for one in dict.fromkeys([name, *others]):
            rig.crawl.compare(rig.signed[one], key)
        for one in dict.fromkeys([name, others[0]]):
            CHECKS["listed"](rig, one, key[0])
        surface = list(READINGS)[turn % len(READINGS)]
        rig.crawl.judge(rig.signed[others[1]], surface, READINGS[surface], key)
        check = list(CHECKS)[turn % len(CHECKS)]
        if name not in self.gone:
            CHECKS[check](rig, name, key[0])
        for one in self.gone:
            rig.crawl.judge(rig.signed[one], "list", READINGS["list"], key)
        rig.require_nothing_found()

    # Records ------------------------------------------------------------------------------------

    @rule(name=writers, module=modules, place=places)
    def create(self, name: str, module: str, place: int) -> None:
        """A new record, on a customer where it hangs on one."""
        rig, key = self.rig, self.key(place, "customers")
        fixed: dict[str, dict[str, Any]] = {
            "customers": FIRM, "contacts": {"customer": key[1], "employments": []},
            "follow-ups": {"subject": f"customers/{key[1]}"},
        }  # fmt: skip
        given = fixed.get(module, {})
        values = rig.company.canaries.record(module_named(module), given)
        states = rig.world.modules[module].fields
        person = rig.person(name)
        may = {one for one in values if one in states and rig.world.state(person, module, one) == 3}
        try:
            with transaction.atomic():
                pk = create_record(
                    actor=rig.company.cast.people[name], module=module,
                    values={one: value for one, value in values.items() if one in may},
                )  # fmt: skip
        except Refusal:
            return
        if not rig.world.scopes(person, module, "create"):
            rig.blame(name, "create", (module, pk), "made, though out of his rights")
        rig.company.owned[module, pk] = f"made by {name}"
        rig.look()
        self.judge(name, (module, pk))

    @rule(name=writers, place=places, field=places, is_page=st.booleans())
    def edit(self, name: str, place: int, field: int, is_page: bool) -> None:
        """One field of one record."""
        key = self.key(place)
        paths = editable_paths(key[0])
        make = edit_on_page if is_page else edit_of
        self.attempt(name, make(self.rig, key, paths[field % len(paths)]), key)

    @rule(name=writers, place=places)
    def transfer(self, name: str, place: int) -> None:
        """Taken over by whoever may assign."""
        self.attempt(name, DEEDS["assign"], self.key(place))

    @rule(name=writers, place=places)
    def delete(self, name: str, place: int) -> None:
        """Into the bin."""
        self.attempt(name, DEEDS["delete"], self.key(place))

    @rule(name=writers, place=places)
    def restore(self, name: str, place: int) -> None:
        """Back from the bin, where something lies there."""
        dead = [key for key in self.rig.keys if self.rig.world.records[key].is_deleted]
        self.attempt(name, DEEDS["restore"], dead[place % len(dead)] if dead else self.key(place))

    @rule(name=writers, place=places, other=places)
    def merge(self, name: str, place: int, other: int) -> None:
        """Two records become one."""
        key = self.key(place)
        loser = self.key(other, key[0])
        if loser != key:
            self.attempt(name, merge_with(loser[1]), key)

    @rule(name=writers, module=modules)
    def bulk(self, name: str, module: str) -> None:
        """One change of all records of a module."""
        at_once(self.rig, name, module)
        self.rig.look()
        self.judge(name, self.key(self.rig.turn, module))

    @rule(name=writers, module=st.sampled_from(("customers", "equipment")))
    def bring_in(self, name: str, module: str) -> None:
        """A file with all records of a module."""
        brought_in(self.rig, name, module)
        self.judge(name, self.key(self.rig.turn, module))

    @rule(name=writers, place=places)
    def upload(self, name: str, place: int) -> None:
        """A document."""
        self.attempt(name, DEEDS["upload"], self.key(place))

    # Shares -------------------------------------------------------------------------------------

    @rule(name=writers, place=places, word=st.sampled_from(("share to read", "share to edit")))
    def share(self, name: str, place: int, word: str) -> None:
        """A record opened to somebody who sees nothing by his roles."""
        self.attempt(name, DEEDS[word], self.key(place))

    @rule(name=writers, place=places)
    def unshare(self, name: str, place: int) -> None:
        """A share taken back by whoever may share."""
        held = [one for one in self.rig.world.shares if one.record in self.rig.keys]
        key = held[place % len(held)].record if held else self.key(place)
        self.attempt(name, DEEDS["unshare"], key)

    @rule(place=places)
    def time_passes(self, place: int) -> None:
        """A share comes to its end, which nobody tells the product."""
        held = [one for one in self.rig.world.shares if one.record in self.rig.keys]
        if held:
            share = held[place % len(held)]
            ended = self.rig.world.now - dt.timedelta(minutes=1)
            model = module_named(share.record[0]).model
            for table in _share_tables(model):
                table.objects.filter(content_object_id=share.record[1]).update(until=ended)
            self.rig.look()
            self.judge("outsider", share.record)

    # People and rights --------------------------------------------------------------------------

    @rule(name=changing, module=modules, field=places, state=st.sampled_from(list(State)))
    def field_opened_or_hidden(self, name: str, module: str, field: int, state: State) -> None:
        """Another state of one field in somebody's role."""
        names = module_named(module).right_names()
        self.manage(
            name, self.key(self.rig.turn, module), roles.set_field_state, module=module,
            role=self._role(name), field=names[field % len(names)], state=state.name.lower(),
        )  # fmt: skip

    @rule(name=changing, module=modules, action=st.sampled_from(ACTIONS),
          scope=st.sampled_from(SCOPES))  # fmt: skip
    def right_changed(self, name: str, module: str, action: str, scope: str) -> None:
        """Another scope of one action in somebody's role."""
        self.manage(
            name, self.key(self.rig.turn, module), roles.set_right, module=module,
            role=self._role(name), action=action, scope=scope,
        )  # fmt: skip

    @rule(name=changing, other=changing, takes=st.booleans())
    def role_changed(self, name: str, other: str, takes: bool) -> None:
        """Another's role given; or his own taken."""
        person = User.objects.get(pk=self.rig.person(name))
        service = roles.take_role if takes else roles.give_role
        role = self._role(name if takes else other)
        self.manage(name, self.key(self.rig.turn), service, role=role, holder=person)

    @rule(name=changing, to=st.sampled_from(("east", "west", "centre", "office")))
    def person_moves(self, name: str, to: str) -> None:
        """Somebody goes to another department, his records with him."""
        person = User.objects.get(pk=self.rig.person(name))
        department = self._department(to)
        mine = [key for key in self.rig.keys if self.rig.world.records[key].owner == person.pk]
        key = mine[self.rig.turn % len(mine)] if mine else self.key(self.rig.turn)
        self.manage("leader", key, people.move_user, user=person, department=department)

    @rule(name=st.sampled_from(("east", "west")), to=st.sampled_from(("centre", "office", "group")))
    def department_moves(self, name: str, to: str) -> None:
        """A department goes below another one."""
        east = self._department(name)
        mine = [key for key in self.rig.keys if self.rig.world.records[key].department == east.pk]
        key = mine[self.rig.turn % len(mine)] if mine else self.key(self.rig.turn)
        self.manage(
            "manager", key, departments.move_department, department=east,
            parent=self._department(to),
        )  # fmt: skip

    @rule(names=st.lists(changing, min_size=1, max_size=3, unique=True), is_active=st.booleans())
    def team_changes(self, names: list[str], is_active: bool) -> None:
        """Other members of the one team; or it is closed."""
        team = Team.objects.get()
        members = [User.objects.get(pk=self.rig.person(one)) for one in names]
        key = self.key(self.rig.turn)
        given = {"team": team, "name": team.name, "is_active": is_active}
        self.manage("teammate", key, teams.update_team, **given)
        self.manage(names[0], key, teams.set_team_members, team=team, members=members)

    @precondition(lambda self: len(self.gone) < 2)
    @rule(name=changing)
    def deactivated(self, name: str) -> None:
        """Somebody leaves; his sessions and tokens are tried on and on."""
        if name not in self.gone:
            self.gone.add(name)
            person = User.objects.get(pk=self.rig.person(name))
            self.manage(name, self.key(self.rig.turn), people.deactivate_user, user=person)

    def _role(self, name: str) -> Role:
        return Role.objects.get(pk=self.rig.company.cast.roles[name].pk)

    def _department(self, name: str) -> Department:
        return Department.objects.get(pk=self.rig.company.cast.departments[name].pk)


def _share_tables(model: Any) -> list[Any]:
    return [
        one.related_model for one in model._meta.related_objects
        if any(column.name == "until" for column in one.related_model._meta.get_fields())
    ]  # fmt: skip
