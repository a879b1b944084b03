"""Changing roles: refusals with a way out, audit, and somebody who always administers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from accounts.models import Position, Role, RoleField, RoleRight
from accounts.services import people, roles
from accounts.services.act import COMMAND_LINE, administrators
from crm.access.errors import NotAllowed, Refusal
from crm.access.grants import EVERYTHING, ScopeName, State
from crm.modules.registry import module_named
from crm.records.beside import AuditEntry
from crm.records.errors import Invalid
from tests.accounts.conftest import Company, hold, make_user


def test_a_right_is_set_audited_and_obeyed(company: Company) -> None:
    roles.set_right(
        actor=company.admin, role=company.rep_role, module="customers", action="view", scope="all"
    )
    assert company.rep.grants("customers").scope("view") == EVERYTHING
    entry = AuditEntry.objects.get(action="rights.change")
    assert entry.actor_id == company.admin.pk
    assert entry.detail["changes"] == [
        {"module": "customers", "action": "view", "before": "none", "after": "all"}
    ]
    assert RoleRight.history.get().history_user == company.admin


def test_a_field_state_is_set_and_taken_back(company: Company) -> None:
    for state in ("edit", "read", "hidden"):
        roles.set_field_state(
            actor=company.admin,
            role=company.rep_role,
            module="customers",
            field="credit_code",
            state=state,
        )
        assert company.rep.grants("customers").state("credit_code") is State.parse(state)
    assert RoleField.objects.get().state == State.HIDDEN  # decided, so no update grants it anew


def test_setting_what_is_so_already_leaves_no_trace(company: Company) -> None:
    right = roles.RightChange("customers", "view", ScopeName.OWN)
    assert roles.apply_rights(actor=company.admin, role=company.rep_role, rights=[right]) == 1
    assert roles.apply_rights(actor=company.admin, role=company.rep_role, rights=[right]) == 0
    assert AuditEntry.objects.filter(action="rights.change").count() == 1


def test_a_whole_section_at_once(company: Company) -> None:
    module = module_named("customers")
    section = str(next(iter(module.sections)))
    inside = next(iter(module.sections.values()))
    roles.set_section(
        actor=company.admin,
        role=company.rep_role,
        module="customers",
        section=section,
        state="read",
    )
    grants = company.rep.grants("customers")
    assert {name for name, state in grants.states.items() if state is State.READ} == set(inside)
    roles.set_section(
        actor=company.admin, role=company.rep_role, module="customers", section="", state="edit"
    )
    states = company.rep.grants("customers").states
    assert set(states) == set(module.right_names())
    assert set(states.values()) == {State.EDIT}


def test_several_changes_are_made_together_or_not_at_all(company: Company) -> None:
    with pytest.raises(Invalid):
        roles.apply_rights(
            actor=company.admin,
            role=company.rep_role,
            rights=[roles.RightChange("customers", "view", ScopeName.ALL)],
            fields=[roles.FieldChange("customers", "nonsense", State.READ)],
        )
    assert not RoleRight.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"module": "custmers"}, "customers"),
        ({"action": "vew"}, "view"),
        ({"scope": "everything"}, "department"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(
    company: Company, change: dict[str, str], words: str
) -> None:
    given = {"module": "customers", "action": "view", "scope": "own", **change}
    with pytest.raises(Invalid, match=words):
        roles.set_right(actor=company.admin, role=company.rep_role, **given)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"field": "phones.numbr"}, "phones.number"), ({"state": "reed"}, "read")],
)
def test_an_unknown_field_or_state_too(
    company: Company, change: dict[str, str], words: str
) -> None:
    given = {"module": "customers", "field": "name", "state": "read", **change}
    with pytest.raises(Invalid, match=words):
        roles.set_field_state(actor=company.admin, role=company.rep_role, **given)


def test_only_a_field_that_may_be_edited_may_be_editable_when_empty_only(company: Company) -> None:
    with pytest.raises(Invalid):
        roles.set_field_state(
            actor=company.admin,
            role=company.rep_role,
            module="customers",
            field="name",
            state="read",
            only_when_empty=True,
        )


def test_security_126_a_role_is_copied_renamed_and_deleted(company: Company) -> None:
    roles.set_right(
        actor=company.admin, role=company.rep_role, module="customers", action="view", scope="own"
    )
    copy = roles.create_role(
        actor=company.admin, name="copy", labels={"en": "Copy"}, copy_of=company.rep_role
    )
    assert copy.rights.get().scope == "own"
    assert company.rep_role.rights.count() == 1
    roles.update_role(actor=company.admin, role=copy, networks=["10.0.0.0/8"], view_all=True)
    with pytest.raises(Invalid):
        roles.update_role(actor=company.admin, role=copy, networks=["10.0.0.0/99"])
    held = roles.give_role(actor=company.admin, role=copy, holder=company.rep)
    assert roles.give_role(actor=company.admin, role=copy, holder=company.rep) == held
    assert company.rep.grants("anything").view_all
    with pytest.raises(Invalid):
        roles.delete_role(actor=company.admin, role=copy)
    roles.take_role(actor=company.admin, role=copy, holder=company.rep)
    roles.delete_role(actor=company.admin, role=copy)
    assert not company.rep.grants("anything").view_all


@pytest.mark.parametrize("name", ["", "Boss", "two words", "boss", "9lives", "x" * 51])
def test_role_names_are_short_unique_words(company: Company, name: str) -> None:
    with pytest.raises(Invalid):
        roles.create_role(actor=company.admin, name=name, labels={})


def test_a_position_gives_its_role_to_everybody_in_it(company: Company) -> None:
    position = Position.objects.create(name="Lead")
    roles.give_role(actor=company.admin, role=company.admin_role, holder=position)
    assert not company.rep.may_administer
    people.update_user(actor=company.admin, user=company.rep, position=position)
    assert company.rep.may_administer


def test_nobody_but_an_administrator_changes_rights(company: Company) -> None:
    for act in (
        lambda: roles.give_role(actor=company.rep, role=company.admin_role, holder=company.rep),
        lambda: roles.set_right(
            actor=company.rep, role=company.rep_role, module="customers", action="view", scope="all"
        ),
        lambda: roles.update_role(actor=company.rep, role=company.rep_role, administer=True),
        lambda: roles.create_role(actor=company.rep, name="mine", labels={}),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not company.rep.may_administer


def test_security_126_the_last_administrator_stays_one(company: Company) -> None:
    """Case 126: neither stripped, nor closed, nor by his own hand."""
    company_admin = company.admin
    for act in (
        lambda: roles.take_role(actor=company_admin, role=company.admin_role, holder=company_admin),
        lambda: roles.update_role(actor=company_admin, role=company.admin_role, administer=False),
        lambda: people.deactivate_user(actor=company_admin, user=company_admin),
        lambda: roles.take_role(actor=COMMAND_LINE, role=company.admin_role, holder=company_admin),
        lambda: people.deactivate_user(actor=COMMAND_LINE, user=company_admin),
    ):
        with pytest.raises(Refusal):
            act()
    assert list(administrators()) == [company_admin]


def test_security_126_nobody_takes_his_own_administration_away(company: Company) -> None:
    hold(company.admin_role, user=company.rep)
    with pytest.raises(NotAllowed):
        roles.take_role(actor=company.admin, role=company.admin_role, holder=company.admin)
    roles.take_role(actor=company.rep, role=company.admin_role, holder=company.admin)
    assert list(administrators()) == [company.rep]


def test_security_126_two_administrators_strip_each_other_at_once(lasting_company: Company) -> None:
    role = lasting_company.admin_role
    pair = (lasting_company.admin, make_user("ben"))
    for _round in range(10):
        for user in pair:
            roles.give_role(actor=COMMAND_LINE, role=role, holder=user)
        barrier = Barrier(2)

        def strip(index: int, together: Barrier = barrier) -> str:
            try:
                together.wait(5)
                roles.take_role(actor=pair[index], role=role, holder=pair[1 - index])
                return "done"
            except NotAllowed:
                return "refused"
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(strip, (0, 1)))
        assert sorted(ends) == ["done", "refused"]
        assert administrators().count() == 1


def rights(*words: str) -> str:
    out = StringIO()
    call_command("rights", *words, stdout=out)
    return out.getvalue()


def test_the_command_sets_and_shows(company: Company) -> None:
    rights("set", "seller", "customers", "view", "subtree")
    rights("set", "seller", "customers.phones.number", "masked")
    rights("set", "seller", "customers.phones", "read")
    rights("set", "seller", "customers.name", "edit", "--only-when-empty")
    shown = rights("show", "REA")
    assert "customers: view=subtree" in shown
    assert "masked: phones.number" in shown
    assert "edit: name*" in shown
    assert AuditEntry.objects.filter(action="rights.change", actor_id=None).count() == 4


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["show", "raa"], "rea"),
        (["set", "sellr", "customers", "view", "own"], "seller"),
        (["set", "seller", "customer", "view", "own"], "customers"),
        (["set", "seller", "customers", "look", "own"], "view"),
        (["set", "seller", "customers", "view", "mine"], "own"),
        (["set", "seller", "customers.nam", "read"], "name"),
        (["set", "seller", "customers.name", "writable"], "edit"),
        (["set", "seller", "customers", "read"], "MODULE.FIELD"),
        (["set", "seller"], "rights show"),
        (["show"], "rights show"),
    ],
)
def test_the_command_says_what_is_wrong(company: Company, words: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        rights(*words)
    assert not Role.objects.get(name="seller").rights.exists()
