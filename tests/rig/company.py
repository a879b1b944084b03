"""The company that the rig lives in: the cast, roles of every kind, records of everybody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import RoleField, RoleHolder, User
from accounts.proving import facts, judging
from accounts.proving.judging import Index
from accounts.proving.rules import Key, World
from crm.access.grants import State
from crm.documents.filing import upload_document
from crm.modules.registry import all_modules, module_named
from crm.modules.stamp import raise_rights_version
from crm.records.lifecycle import delete_records
from crm.records.services import create_record, update_record
from tests.contract.equipment import NAME, make_equipment
from tests.people import Cast, fill_role, make_cast, make_person, make_role, share
from tests.rig.canaries import Canaries

MODULES = ("customers", "contacts", "follow-ups", NAME)
OWNERS = ("owner", "teammate", "stranger", "outsider", "leader", "manager", "inactive")
# Whose answers are judged; the director has written all of it and sees all of it.
READERS = (
    "owner", "teammate", "stranger", "clerk", "outsider", "leader", "manager", "director",
    "administrator", "twofold", "bystander",
)  # fmt: skip
PERSONA_STATES = len(State)
FIRM = {"kind": "company", "relations": []}


@dataclass
class Company:
    """Everybody and everything, and what may be told apart."""

    cast: Cast
    canaries: Canaries
    owned: dict[Key, str] = field(default_factory=dict)
    papers: dict[Key, int] = field(default_factory=dict)  # the document of a record
    world: World = field(init=False)
    index: Index = field(init=False)
    cells: dict[Key, facts.Cells] = field(init=False)

    def of(self, owner: str, module: str) -> int:
        """The record of somebody's in a module."""
        return next(pk for (name, pk), who in self.owned.items() if (name, who) == (module, owner))

    def look(self) -> None:
        """Read the facts of now."""
        self.world = facts.read_world()
        self.cells = {}
        for module in MODULES:
            pks = [pk for name, pk in self.owned if name == module]
            facts.add_records(self.world, module, pks)
            found = facts.cells_of(module, pks)
            self.cells.update({(module, pk): cells for pk, cells in found.items()})
        self.index = judging.index_of(self.world, self.cells)

    def word(self, key: Key) -> str:
        """What is typed to find a record: its name, in capitals."""
        title = self.world.modules[key[0]].title
        return str(self.cells[key][title][0]).upper()


def make_company(seed: int = 0) -> Company:
    """The whole of it, in the transaction of the test."""
    relation = make_equipment()["relation"]
    cast = make_cast()
    company = Company(cast, Canaries(seed))
    _more_people(cast)
    _plant(company, relation)
    _leave_papers(company)
    for place, name in enumerate(READERS):
        if name != "director":
            _rotate_states(cast, name, place)
    _open_some(company)
    raise_rights_version()
    company.look()
    return company


def _more_people(cast: Cast) -> None:
    """One with two roles, of which one opens what the other hides; one with no right at all."""
    east = cast.departments["east"]
    cast.roles["twofold"] = make_role("twofold", {"view": "own", "edit": "own", "create": "all"})
    cast.people["twofold"] = make_person("twofold", east, cast.roles["twofold"])
    second = make_role("second", {"view": "team", "export": "own"}, modules=())
    for module in MODULES:
        fill_role(second, module, {"view": "department", "export": "own", "delete": "own"})
    RoleField.objects.filter(role=second).update(state=State.READ)
    RoleHolder.objects.create(role=second, user=cast.people["twofold"])
    cast.roles["bystander"] = make_role("bystander", {}, modules=())
    cast.people["bystander"] = make_person("bystander", east, cast.roles["bystander"])


def _rotate_states(cast: Cast, person: str, place: int) -> None:
    """Every field in another state for every person, and next to other states; names are read."""
    role = cast.roles[person]
    for module in [module_named(name) for name in MODULES]:
        kept = {module.title, module.parent}
        by_state: dict[State, list[str]] = {state: [] for state in State}
        for number, path in enumerate(module.right_names()):
            state = State((number + place) % PERSONA_STATES)
            by_state[State.EDIT if path in kept else state].append(path)
        if person == "bystander":
            continue
        for state, paths in by_state.items():
            RoleField.objects.filter(role=role, module=module.name, field__in=paths).update(
                state=state
            )


def _plant(company: Company, relation: str) -> None:
    """Records of everybody; a device points to the customer of whoever came before."""
    before = None
    for owner in OWNERS:
        firm = _record(company, "customers", owner, {**FIRM, "level": "A"})
        _record(company, "contacts", owner, {"customer": firm, "employments": []})
        _record(company, "follow-ups", owner, {"subject": f"customers/{firm}"})
        _record(company, NAME, owner, {relation: before} if before else {})
        before = firm
    gone = _record(company, "customers", "owner", FIRM, "owner, deleted")
    delete_records(actor=company.cast.director, module="customers", pks=[gone])


def _leave_papers(company: Company) -> None:
    """A document on one record of everybody's in every module that has them."""
    for key in company.owned:
        if key[0] in {"customers", NAME} and company.owned[key] in OWNERS:
            file = SimpleUploadedFile("paper.txt", company.canaries.token().encode())
            kept: dict[str, Any] = {"actor": company.cast.director, "module": key[0], "pk": key[1]}
            company.papers[key] = upload_document(**kept, file=file).document


def _record(
    company: Company, module: str, owner: str, given: dict[str, Any], name: str = ""
) -> int:
    """A record, written twice, so that its history has values too."""
    cast, declared = company.cast, module_named(module)
    person = cast.people[owner]
    if owner == "inactive":
        User.objects.filter(pk=person.pk).update(is_active=True)
    values = company.canaries.record(declared, {**given, "owner": person.pk})
    pk = create_record(actor=cast.director, module=module, values=values)
    if owner == "inactive":
        User.objects.filter(pk=person.pk).update(is_active=False)
    changed = {
        name: company.canaries.value(one)
        for name, one in declared.fields.items()
        if one.kind == "long_text" and name in values
    }
    if changed:
        update_record(actor=cast.director, module=module, pk=pk, values=changed, version=1)
    company.owned[module, pk] = name or owner
    return pk


def _open_some(company: Company) -> None:
    """Shares of every kind: to read, to edit, over, to come to an end, by department and team."""
    cast, now = company.cast, timezone.now()
    day = dt.timedelta(days=1)
    for module in ("customers", "contacts", NAME):
        firm = company.of("stranger", module)
        share(module, firm, cast.outsider, until=now + day)
        share(module, firm, cast.owner, edit=True)
        share(module, company.of("manager", module), cast.outsider, until=now - day)
        share(module, company.of("manager", module), cast.stranger, edit=True, until=now - day)
        share(module, company.of("leader", module), cast.departments["east"])
        share(module, company.of("owner", module), cast.bystander)
        share(module, company.of("outsider", module), cast.team, edit=True)
        part = share(module, company.of("inactive", module), cast.stranger)
        type(part)._default_manager.filter(pk=part.pk).update(part="support")


def everything() -> list[str]:
    """The modules that are there."""
    return [one.name for one in all_modules()]
