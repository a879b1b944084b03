"""A list of colleagues as departments and people: offices, under them a department per manager.

Safe to repeat: who is there already stays as he is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Department, Role, User
from accounts.services.act import Actor
from accounts.services.departments import create_department, update_department
from accounts.services.people import create_user, move_user
from crm.access.errors import Refusal
from crm.lib.pinyin import joined_pinyin
from crm.lib.text import clean, fold

HEADINGS = {
    "name": ("sales_agent", "agent", "name", "employee", "person", "姓名", "员工", "销售", "人员"),
    "manager": ("manager", "supervisor", "reports to", "上级", "主管", "经理", "直属上级"),
    "office": (
        "regional_office",
        "office",
        "region",
        "department",
        "部门",
        "办事处",
        "大区",
        "区域",
    ),
    "username": ("username", "user name", "login", "用户名", "账号"),
    "email": ("mail", "email", "e-mail", "邮箱"),
    "phone": ("phone", "mobile", "手机", "电话"),
}
AGENT_ROLE, MANAGER_ROLE = "rep", "manager"
MOST_ROWS = 5000


@dataclass
class Report:
    """What came of a list of people: how many are new, and what was wrong with which row."""

    people: int = 0
    departments: int = 0
    known: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


def places_of(headings: Sequence[str]) -> dict[str, int]:
    """Which column holds what. Raises Refusal when none holds names."""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        for name, words in HEADINGS.items():
            if name not in found and fold(heading) in {fold(word) for word in words}:
                found[name] = place
    if "name" not in found:
        raise Refusal(_("No column of the file holds the names of people."))
    return found


def import_people(
    *,
    actor: Actor,
    headings: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Any]]],
    under: Department | None = None,
) -> Report:
    """Make the departments and people of a list; a wrong row is told of and left out."""
    report = Report()
    places = places_of(headings)
    roles = {role.name: role for role in Role.objects.filter(name__in=(AGENT_ROLE, MANAGER_ROLE))}
    for number, cells in rows:
        if number > MOST_ROWS:
            report.errors.append((number, _("At most %d rows.") % MOST_ROWS))
            break
        given = {
            name: clean(str(cells[place])) if cells[place] is not None else ""
            for name, place in places.items()
        }
        try:
            with transaction.atomic():
                _one(actor, given, roles, under, report)
        except Refusal as refusal:
            texts = [str(text) for all_of in refusal.fields.values() for text in all_of]
            report.errors.append((number, " ".join(texts) or str(refusal.message)))
    return report


def _one(
    actor: Actor,
    given: dict[str, str],
    roles: dict[str, Role],
    under: Department | None,
    report: Report,
) -> None:
    if not given["name"]:
        raise Refusal(_("The name is missing."))
    department = under
    if given.get("office"):
        department = _department(actor, given["office"], under, report)
    if given.get("manager"):
        manager = _person(actor, given["manager"], department, roles.get(MANAGER_ROLE), {}, report)
        team = _department(actor, _("%s's team") % given["manager"], department, report)
        if team.manager_id is None:
            update_department(actor=actor, department=team, manager=manager)
        _settle(actor, manager, department, team)
        department = team
    more = {name: given[name] for name in ("email", "phone") if given.get(name)}
    _person(
        actor,
        given["name"],
        department,
        roles.get(AGENT_ROLE),
        more,
        report,
        given.get("username", ""),
    )


def _settle(actor: Actor, manager: User, office: Department | None, team: Department) -> None:
    """A manager sits in the department that he leads, so that his reach covers it."""
    if manager.department_id == (office.pk if office else None):
        move_user(actor=actor, user=manager, department=team)


def _department(actor: Actor, name: str, parent: Department | None, report: Report) -> Department:
    found = Department.objects.filter(name=name, parent=parent).first()
    if found is None:
        found = create_department(actor=actor, name=name, parent=parent)
        report.departments += 1
    return found


def _person(
    actor: Actor,
    name: str,
    department: Department | None,
    role: Role | None,
    more: dict[str, Any],
    report: Report,
    username: str = "",
) -> User:
    known = (
        User.objects.filter(username=username)
        if username
        else User.objects.filter(display_name=name)
    )
    found = known.first()
    if found is not None:
        report.known += 1
        return found
    report.people += 1
    return create_user(
        actor=actor, username=username or free_username(name), display_name=name,
        department=department, roles=[role] if role else [], **more,
    )  # fmt: skip


def free_username(name: str) -> str:
    """A user name made from a person's name that nobody has yet: rocco.neubert, chensiyuan."""
    if name.isascii():
        words = re.findall(r"[a-z0-9]+", name.casefold())
    else:
        words = [joined_pinyin(name, person=True)]
    base = ".".join(words)[:50] or "person"
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    number, free = 1, base
    while free in taken:
        number += 1
        free = f"{base}{number}"
    return free
