"""The administrator's pages: only his, and what they write is what the next request obeys."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Department, Position, Role, RoleField, RoleRight, Team, User
from accounts.models.people import new_stamp
from accounts.services import roles
from accounts.shipped_roles import install_roles
from accounts.urls import urlpatterns
from crm.access.grants import EVERYTHING, ScopeName, State
from crm.customfields.models import FieldDefinition
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from tests.accounts.conftest import PASSWORD, Company, hold, make_user
from tests.accounts.test_throttle import guess


@pytest.fixture
def boss(company: Company) -> Client:
    client = Client()
    guess(client, "ada", PASSWORD)
    return client


def setup_addresses(company: Company) -> list[str]:
    position = Position.objects.create(name="Lead")
    team = Team.objects.create(name="Project")
    added = FieldDefinition.objects.create(module="customers", kind="choice", dictionary="added")
    FieldDefinition.objects.filter(pk=added.pk).update(dictionary=f"field_{added.pk}")
    raise_definitions_version()
    values = {"pk": 0, "act": "close", "name": company.rep_role.name, "module": "customers"}
    found = []
    for pattern in urlpatterns:
        if pattern.name and pattern.name.startswith("setup"):
            keys = {
                "setup-person": company.rep, "setup-team": team, "setup-position": position,
                "setup-field": added, "setup-choice-rule": added,
            }  # fmt: skip
            owner = next(
                (one for name, one in keys.items() if pattern.name.startswith(name)), company.south
            )
            given = {**values, "pk": owner.pk}
            wanted = pattern.pattern.converters
            found.append(reverse(pattern.name, kwargs={key: given[key] for key in wanted}))
    return found


def test_nobody_else_opens_or_posts_any_of_them(company: Company) -> None:
    stranger, rep = Client(), Client()
    guess(rep, password=PASSWORD)
    addresses = setup_addresses(company)
    assert len(addresses) > 15
    before = (User.objects.count(), Department.objects.count(), Role.objects.count())
    for address in addresses:
        for method in ("get", "post"):
            answer = getattr(rep, method)(address)
            assert answer.status_code in {403, 405}, (method, address)
            assert getattr(stranger, method)(address).status_code in {302, 405}
    assert (User.objects.count(), Department.objects.count(), Role.objects.count()) == before


def test_every_page_opens(company: Company, boss: Client) -> None:
    install_roles()
    for address in setup_addresses(company):
        answer = boss.get(address, follow=True)
        assert answer.status_code in {200, 405}, address
        if answer.status_code == 200:
            assert b"</html>" in answer.content


@pytest.mark.parametrize(
    "query", ["q=rea", "q=13800138000", "q=REA@", "q=%00", "page=x", "page=999"]
)
def test_people_are_found(company: Company, boss: Client, query: str) -> None:
    answer = boss.get(reverse("setup-people") + "?" + query)
    assert answer.status_code == 200
    if query.startswith("q=") and "%" not in query:
        assert [row["username"] for row in answer.context["people"]] == ["rea"]


def test_the_tree_narrows_to_a_department_and_below(company: Company, boss: Client) -> None:
    answer = boss.get(reverse("setup-people"), {"department": company.north.pk})
    assert {row["username"] for row in answer.context["people"]} == {"rea", "max"}
    root = answer.context["departments"][0]
    assert root["label"] == "Company"
    assert {child["label"] for child in root["children"]} == {"North", "South"}


def test_the_list_costs_the_same_for_few_and_many(company: Company, boss: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            boss.get(reverse("setup-people"))
        return len(queries)

    cost()
    few = cost()
    for number in range(40):
        hold(company.rep_role, user=make_user(f"more{number}", company.south))
    cost()
    assert cost() == few <= 12


def person_data(company: Company, **more: object) -> dict[str, object]:
    return {
        "display_name": "Nia New",
        "username": "nia",
        "email": "nia@example.com",
        "phone": "139 1234 5678",
        "language": "en",
        "department": company.north.pk,
        "departments": [company.south.pk],
        "roles": [company.rep_role.pk],
        **more,
    }


def test_a_new_person_comes_in_with_the_password_shown_once(company: Company, boss: Client) -> None:
    page = boss.post(reverse("setup-person-new"), person_data(company))
    password = page.context["shown_password"]
    nia = User.objects.get(username="nia")
    assert nia.phone == "+8613912345678"
    assert nia.department == company.north
    assert [one.department for one in nia.memberships.all()] == [company.south]
    assert [one.role for one in nia.held_roles.all()] == [company.rep_role]
    assert password in page.content.decode()
    again = boss.get(reverse("setup-person", args=[nia.pk]))
    assert password not in again.content.decode()
    assert guess(Client(), "nia", password).url == reverse("me-password")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "rea"}, "account"),
        ({"username": "REA"}, "taken"),
        ({"username": "a@b"}, "letters"),
        ({"username": ""}, "account"),
        ({"display_name": ""}, "name"),
        ({"email": "rea@EXAMPLE.com"}, "mail"),
        ({"email": "nonsense"}, "mail"),
        ({"phone": "13800138000"}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"language": "xx"}, "language"),
        ({"username": "13800138000"}, "phone"),
    ],
)
def test_a_bad_card_is_refused_and_nothing_typed_is_lost(
    company: Company, boss: Client, change: dict[str, str], field: str
) -> None:
    page = boss.post(reverse("setup-person-new"), person_data(company, **change))
    assert page.status_code == 400
    assert field in str(page.context["errors"]).lower()
    assert not User.objects.filter(email="nia@example.com").exists()
    assert "139 1234 5678" in page.content.decode() or "phone" in change


def test_a_card_is_changed_with_place_and_roles(company: Company, boss: Client) -> None:
    rep = company.rep
    data = person_data(company, display_name="Rea Changed", email="rea@example.com", phone="")
    assert boss.post(reverse("setup-person", args=[rep.pk]), data).status_code == 302
    rep.refresh_from_db()
    assert (rep.display_name, rep.username, rep.department) == ("Rea Changed", "rea", company.north)
    assert (
        boss.post(reverse("setup-person", args=[rep.pk]), {**data, "roles": []}).status_code == 302
    )
    assert not rep.held_roles.exists()


def test_an_administrator_can_not_lock_himself_out_here(company: Company, boss: Client) -> None:
    admin = company.admin
    data = person_data(company, display_name="Ada", email="ada@example.com", phone="", roles=[])
    page = boss.post(reverse("setup-person", args=[admin.pk]), data)
    assert page.status_code == 403
    assert page.context["errors"]
    assert admin.may_administer
    act = reverse("setup-person-act", args=[admin.pk, "close"])
    assert boss.post(act).status_code == 400
    admin.refresh_from_db()
    assert admin.is_active


def test_an_account_is_closed_and_opened_again(company: Company, boss: Client) -> None:
    rep = Client()
    guess(rep, password=PASSWORD)
    boss.post(reverse("setup-person-act", args=[company.rep.pk, "close"]))
    assert rep.get(reverse("me")).status_code == 302
    assert guess(Client(), password=PASSWORD, address="192.0.2.9").status_code == 401
    boss.post(reverse("setup-person-act", args=[company.rep.pk, "reopen"]))
    page = boss.post(reverse("setup-person-act", args=[company.rep.pk, "password"]))
    password = page.context["shown_password"]
    assert guess(Client(), password=password, address="192.0.2.8").status_code == 302


def test_departments_teams_and_positions_by_form(company: Company, boss: Client) -> None:
    data = {"name": "East", "parent": company.root.pk, "manager": company.rep.pk, "order": "3"}
    boss.post(reverse("setup-department-new"), data)
    east = Department.objects.get(name="East")
    assert (east.parent, east.manager, east.order) == (company.root, company.rep, 3)
    change = reverse("setup-department", args=[east.pk])
    boss.post(change, {**data, "name": "Far east", "parent": company.south.pk})
    east.refresh_from_db()
    assert (east.name, east.path) == ("Far east", f"{company.south.path}{east.pk}/")
    page = boss.post(
        reverse("setup-department", args=[company.root.pk]), {"name": "Company", "parent": east.pk}
    )
    assert page.status_code == 400
    remove = reverse("setup-department-delete", args=[east.pk])
    assert boss.get(remove, HTTP_HX_REQUEST="true").status_code == 200
    assert Department.objects.filter(pk=east.pk).exists()
    boss.post(remove)
    assert not Department.objects.filter(pk=east.pk).exists()

    data = {"name": "Both", "members": [company.rep.pk, company.stranger.pk],
            "leader": company.rep.pk, "is_active": "true"}  # fmt: skip
    boss.post(reverse("setup-team-new"), data)
    team = Team.objects.get(name="Both")
    assert team.members.get(is_leader=True).user == company.rep
    assert boss.post(reverse("setup-team-new"), data).status_code == 400

    boss.post(reverse("setup-positions"), {"name": "Lead", "roles": [company.rep_role.pk]})
    lead = Position.objects.get(name="Lead")
    assert lead.held_roles.get().role == company.rep_role
    boss.post(reverse("setup-position", args=[lead.pk]), {"name": "Head", "roles": []})
    lead.refresh_from_db()
    assert lead.name == "Head"
    assert not lead.held_roles.exists()
    boss.post(reverse("setup-position-delete", args=[lead.pk]))
    assert not Position.objects.exists()


def rights_page(boss: Client, role: Role, **query: str):
    return boss.get(reverse("setup-role", args=[role.name]), query)


def form_of(page) -> dict[str, str]:
    """Everything that the rights form would send as it stands."""
    data = {"version": page.context["version"], "module": page.context["current"]["name"]}
    for module in page.context["modules"]:
        for cell in module["cells"]:
            if cell:
                data[cell["html_name"]] = next(o["value"] for o in cell["options"] if o["is_on"])
    for section in page.context["field_sections"]:
        for field in section["fields"]:
            data[field["html_name"]] = field["state"]
            if field["only_when_empty"]:
                data[field["empty_name"]] = "1"
    return data


def test_the_whole_form_says_what_is_stored(company: Company, boss: Client) -> None:
    install_roles()
    for role in Role.objects.all():
        for module in ("customers", "contacts"):
            page = rights_page(boss, role, module=module)
            before = (list(RoleRight.objects.values()), list(RoleField.objects.values()))
            assert (
                boss.post(reverse("setup-role", args=[role.name]), form_of(page)).status_code == 302
            )
            assert (list(RoleRight.objects.values()), list(RoleField.objects.values())) == before


def test_pending_changes_are_applied_together(company: Company, boss: Client) -> None:
    page = rights_page(boss, company.rep_role, module="customers")
    data = form_of(page)
    data["scope-customers-view"] = "all"
    data["scope-contacts-edit"] = "own"
    data["state-customers-name"] = "edit"
    data["empty-customers-name"] = "1"
    data["state-customers-phones.number"] = "masked"
    data["state-customers-phones"] = "read"
    boss.post(reverse("setup-role", args=["seller"]), data)
    grants = company.rep.grants("customers")
    assert grants.scope("view") == EVERYTHING
    assert grants.state("name") is State.EDIT
    assert grants.only_when_empty == {"name"}
    assert grants.state("phones.number") is State.MASKED
    assert company.rep.grants("contacts").scope("edit").owners == {company.rep.pk}
    page = rights_page(boss, company.rep_role, module="customers")
    assert re.search(r'name="empty-customers-name" value="1" checked', page.content.decode())


def test_a_section_is_set_at_once_without_script(company: Company, boss: Client) -> None:
    page = rights_page(boss, company.rep_role, module="customers")
    data = {**form_of(page), "set_all": "0:read"}
    boss.post(reverse("setup-role", args=["seller"]), data)
    inside = set(next(iter(module_named("customers").sections.values())))
    states = company.rep.grants("customers").states
    assert {name for name, state in states.items() if state is State.READ} == inside


def test_two_administrators_do_not_undo_each_other_unseen(company: Company, boss: Client) -> None:
    page = rights_page(boss, company.rep_role, module="customers")
    data = {**form_of(page), "scope-customers-view": "own"}
    roles.set_right(
        actor=company.admin, role=company.rep_role, module="customers", action="edit", scope="all"
    )
    refused = boss.post(reverse("setup-role", args=["seller"]), data)
    assert refused.status_code == 409
    kept = form_of(refused)
    assert kept["scope-customers-view"] == "own"  # what was typed stands there still
    assert not company.rep.grants("customers").scope("view")
    assert company.rep.grants("customers").scope("edit") == EVERYTHING


@pytest.mark.parametrize(
    "nonsense",
    [
        {"scope-customers-view": "galaxy"},
        {"state-customers-name": "writable"},
        {"set_all": "0:nonsense"},
    ],
)
def test_nonsense_is_refused_as_a_whole(
    company: Company, boss: Client, nonsense: dict[str, str]
) -> None:
    page = rights_page(boss, company.rep_role, module="customers")
    data = {**form_of(page), "scope-contacts-view": "all", **nonsense}
    assert boss.post(reverse("setup-role", args=["seller"]), data).status_code == 400
    assert not RoleRight.objects.exists()


def test_a_role_by_form(company: Company, boss: Client) -> None:
    roles.set_right(
        actor=company.admin, role=company.rep_role, module="customers", action="view", scope="own"
    )
    data = {"name": "helper", "label-en": "Helper", "copy_of": company.rep_role.pk}
    boss.post(reverse("setup-role-new"), data)
    helper = Role.objects.get(name="helper")
    assert helper.rights.get().scope == ScopeName.OWN
    for bad in ({"name": "new"}, {"name": "helper"}, {"name": "Not Good"}):
        assert boss.post(reverse("setup-role-new"), bad).status_code == 400
    edit = reverse("setup-role-edit", args=["helper"])
    boss.post(
        edit, {"label-en": "Aide", "networks": "10.0.0.0/8\n192.0.2.0/24", "view_all": "true"}
    )
    helper.refresh_from_db()
    assert (helper.labels, helper.view_all) == ({"en": "Aide"}, True)
    assert helper.networks == ["10.0.0.0/8", "192.0.2.0/24"]
    assert boss.post(edit, {"networks": "10.0.0.0/99"}).status_code == 400
    hold(helper, user=company.mate)
    boss.post(reverse("setup-role-delete", args=["helper"]))
    assert Role.objects.filter(name="helper").exists()
    helper.holders.all().delete()
    boss.post(reverse("setup-role-delete", args=["helper"]))
    assert not Role.objects.filter(name="helper").exists()


def test_the_sign_in_log_tells_who_when_from_where(company: Company, boss: Client) -> None:
    guess(Client(), "rea", "wrong", address="203.0.113.5")
    guess(Client(), "ghost", "wrong", address="203.0.113.6")
    address = reverse("setup-sign-ins")
    entries = boss.get(address).context["entries"]
    assert [(one["who"], one["ip"], one["is_bad"]) for one in entries] == [
        ("Unknown", "203.0.113.6", True),
        ("Rea", "203.0.113.5", True),
        ("Ada", "192.0.2.1", False),
    ]
    for query, count in (
        ({"kind": "bad"}, 2),
        ({"kind": "good"}, 1),
        ({"q": "rea"}, 1),
        ({"q": "203.0.113"}, 2),
        ({"from": "2999-01-01"}, 0),
        ({"to": "2001-01-01"}, 0),
        ({"from": "nonsense", "to": "2026-13-45"}, 3),
    ):
        assert len(boss.get(address, query).context["entries"]) == count, query


def test_a_closed_page_is_no_longer_the_administrators(company: Company, boss: Client) -> None:
    hold(company.admin_role, user=company.rep)
    roles.take_role(actor=company.rep, role=company.admin_role, holder=company.admin)
    assert boss.get(reverse("setup-people")).status_code == 403
    User.objects.filter(pk=company.admin.pk).update(security_stamp=new_stamp())
    assert boss.get(reverse("setup-people")).status_code == 302
