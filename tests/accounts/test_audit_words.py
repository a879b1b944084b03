"""The audit says in words what was changed: names and labels, never ids or short names."""

from __future__ import annotations

from django.test import Client
from django.utils import translation

from accounts.services.departments import create_department, move_department
from accounts.services.people import set_memberships
from accounts.services.roles import FieldChange, RightChange, apply_rights
from accounts.services.teams import create_team, set_team_members
from crm.access.grants import ScopeName, State
from crm.access.wording import right_words
from crm.customfields.company import answer_of
from crm.jobs.rekeying import set_answer
from crm.modules.registry import module_named
from crm.records.beside import AuditEntry
from crm.views.audit_words import detail_words
from tests.people import Cast


def said(action: str) -> str:
    """The newest entry of this kind as the log's page says it."""
    entry = AuditEntry.objects.filter(action=action).latest("id")
    module = module_named(entry.module) if entry.module else None
    return detail_words(entry.detail, entry.actor_id, module)


def test_changed_rights_are_told_one_by_one(cast: Cast) -> None:
    apply_rights(
        actor=cast.administrator,
        role=cast.roles["owner"],
        rights=[RightChange("customers", "export", ScopeName.SUBTREE)],
        fields=[
            FieldChange("customers", "phones.number", State.MASKED, False),
            FieldChange("customers", "credit_code", State.EDIT, True),
            FieldChange("contacts", "wechat", State.HIDDEN, False),
        ],
    )
    words = said("rights.change")
    assert "Customers · Export Own → Department and below" in words
    assert "Customers · Phones · Number Masked" not in words, "it was masked before: no change"
    assert "only when empty" in words
    assert "phones.number" not in words
    with translation.override("zh-hans"):
        assert "客户" in said("rights.change")


def test_words_of_what_is_gone_are_its_names(db: None) -> None:
    change = {"module": "ships", "field": "keel", "before": "hidden", "after": "odd"}
    assert right_words(change) == ("ships", "keel", "Hidden", "odd")
    change = {"module": "ships", "action": "sink", "before": "none", "after": "all"}
    assert right_words(change) == ("ships", "sink", "None", "All")


def test_a_decision_of_the_company_is_told(cast: Cast) -> None:
    customers = module_named("customers")
    set_answer(actor=cast.administrator, module=customers, name="mobile_alone", value="exact")
    assert answer_of(module_named("customers"), "mobile_alone") == "exact"
    assert said("company.setting") == (
        "The same mobile at two customers who are people"
        " may be the same person and is offered → is the same person and is refused"
    )


def test_people_and_departments_have_their_names(cast: Cast) -> None:
    actor, west = cast.administrator, cast.departments["west"]
    set_memberships(actor=actor, user=cast.owner, departments=[west])
    assert said("user.departments").endswith(f" → {west.name}")
    made = create_department(actor=actor, name="Outpost", parent=west)
    move_department(actor=actor, department=made, parent=cast.departments["east"])
    assert said("department.move") == f"Outpost · {west.name} → {cast.departments['east'].name}"
    team = create_team(actor=actor, name="Scouts")
    set_team_members(actor=actor, team=team, members=[cast.owner])
    set_team_members(actor=actor, team=team, members=[cast.owner, cast.clerk])
    assert said("team.members") == "Scouts · Owner → Clerk, Owner"


def test_the_page_shows_them(cast: Cast) -> None:
    apply_rights(
        actor=cast.administrator, role=cast.roles["owner"],
        rights=[RightChange("customers", "export", ScopeName.ALL)],
    )  # fmt: skip
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.administrator)
    assert "Customers · Export Own → All" in client.get("/setup/audit/").content.decode()
