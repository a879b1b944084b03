"""A small company: an administrator, two reps of one department, a stranger of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import translation

from accounts.models import Department, Role, RoleField, RoleHolder, RoleRight, User
from accounts.services.groups import place
from crm.modules import registry
from crm.modules.stamp import forget_everything, make_stamp, raise_rights_version

PASSWORD = "a long secret 7"


@dataclass
class Company:
    """The departments and people of the tests."""

    root: Department
    north: Department
    north_one: Department
    south: Department
    admin: User
    rep: User
    mate: User
    stranger: User
    admin_role: Role
    rep_role: Role


def make_department(name: str, parent: Department | None = None) -> Department:
    department = Department.objects.create(name=name, parent=parent)
    place(department)
    return department


def make_user(username: str, department: Department | None = None, **fields: object) -> User:
    fields.setdefault("email", f"{username}@example.com")
    return User.objects.create(
        username=username,
        display_name=username.title(),
        password=make_password(PASSWORD),
        department=department,
        language="en",
        **fields,
    )


def make_role(name: str, **flags: bool) -> Role:
    return Role.objects.create(name=name, labels={"en": name.title()}, **flags)


def allow(role: Role, module: str, **scopes: str) -> None:
    for action, scope in scopes.items():
        RoleRight.objects.update_or_create(
            role=role, module=module, action=action.rstrip("_"), defaults={"scope": scope}
        )
    raise_rights_version()


def show(role: Role, module: str, state: int, *fields: str, only_when_empty: bool = False) -> None:
    for field in fields:
        RoleField.objects.update_or_create(
            role=role,
            module=module,
            field=field,
            defaults={"state": state, "only_when_empty": only_when_empty},
        )
    raise_rights_version()


def hold(role: Role, **holder: object) -> RoleHolder:
    held = RoleHolder.objects.create(role=role, **holder)
    raise_rights_version()
    return held


@pytest.fixture(autouse=True)
def _own_rights() -> Iterator[None]:
    forget_everything()
    yield
    forget_everything()


@pytest.fixture(autouse=True)
def _english(settings: Any) -> Iterator[None]:
    """The tests read sentences; strangers without a language get English too."""
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


def fill_company() -> Company:
    root = make_department("Company")
    north = make_department("North", root)
    north_one = make_department("North one", north)
    south = make_department("South", root)
    admin_role = make_role("boss", administer=True)
    rep_role = make_role("seller")
    company = Company(
        root=root,
        north=north,
        north_one=north_one,
        south=south,
        admin=make_user("ada", root),
        rep=make_user("rea", north_one, phone="+8613800138000"),
        mate=make_user("max", north_one),
        stranger=make_user("sam", south),
        admin_role=admin_role,
        rep_role=rep_role,
    )
    hold(admin_role, user=company.admin)
    hold(rep_role, user=company.rep)
    return company


@pytest.fixture
def company(db: None) -> Company:
    return fill_company()


@pytest.fixture
def lasting_company(transactional_db: None) -> Iterator[Company]:
    """The company in committed rows, for tests with several connections."""
    make_stamp()
    registry.forget()
    yield fill_company()
    registry.forget()
