"""What roles add up to, and that the first request after a change obeys it."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Position, Team, TeamMember
from accounts.services.groups import give_group
from crm.access.grants import EVERYTHING, Scope, ScopeName, State
from crm.modules.stamp import held_versions, raise_rights_version
from tests.accounts.conftest import Company, allow, hold, make_department, make_role, show


def scope_of(user, action="view"):
    return user.grants("customers").scope(action)


def test_nobody_may_anything_without_a_role(company: Company) -> None:
    grants = company.stranger.grants("customers")
    assert not grants.scope("view")
    assert grants.state("name") is State.HIDDEN
    assert not grants.administer


@pytest.mark.parametrize("name", list(ScopeName))
def test_each_scope_reaches_what_its_name_says(company: Company, name: ScopeName) -> None:
    team = Team.objects.create(name="project")
    TeamMember.objects.create(team=team, user=company.rep)
    TeamMember.objects.create(team=team, user=company.stranger)
    below = make_department("Below", company.north_one)
    allow(company.rep_role, "customers", view=name.value)
    assert (
        scope_of(company.rep)
        == {
            ScopeName.NONE: Scope(),
            ScopeName.OWN: Scope(owners=frozenset({company.rep.pk})),
            ScopeName.TEAM: Scope(owners=frozenset({company.rep.pk, company.stranger.pk})),
            ScopeName.DEPARTMENT: Scope(departments=frozenset({company.north_one.pk})),
            ScopeName.SUBTREE: Scope(departments=frozenset({company.north_one.pk, below.pk})),
            ScopeName.ALL: EVERYTHING,
        }[name]
    )


def test_a_person_without_team_and_department_reaches_only_himself(company: Company) -> None:
    company.rep.department = None
    company.rep.save()
    allow(company.rep_role, "customers", view="team", edit="department", delete="subtree")
    assert scope_of(company.rep) == Scope(owners=frozenset({company.rep.pk}))
    assert not scope_of(company.rep, "edit")
    assert not scope_of(company.rep, "delete")


def test_further_departments_and_closed_teams(company: Company) -> None:
    team = Team.objects.create(name="closed", is_active=False)
    TeamMember.objects.create(team=team, user=company.rep)
    TeamMember.objects.create(team=team, user=company.mate)
    hold(make_role("through-team"), team=team)
    Membership.objects.create(user=company.rep, department=company.south)
    allow(company.rep_role, "customers", view="department", edit="team")
    expected = frozenset({company.north_one.pk, company.south.pk})
    assert scope_of(company.rep).departments == expected
    assert scope_of(company.rep, "edit").owners == frozenset({company.rep.pk})


def test_roles_of_position_and_team_add_up(company: Company) -> None:
    position = Position.objects.create(name="Lead")
    team = Team.objects.create(name="project")
    TeamMember.objects.create(team=team, user=company.rep)
    company.rep.position = position
    company.rep.save()
    for name, holder, scope in (
        ("by-position", {"position": position}, "department"),
        ("by-team", {"team": team}, "own"),
    ):
        role = make_role(name)
        hold(role, **holder)
        allow(role, "customers", view=scope)
    scope = scope_of(company.rep)
    assert scope.owners == {company.rep.pk}
    assert scope.departments == {company.north_one.pk}
    reasons = company.rep.grants("customers").reasons["view"]
    assert {(str(label), name) for label, name in reasons} == {
        ("By-Position", ScopeName.DEPARTMENT),
        ("By-Team", ScopeName.OWN),
    }
    assert not scope_of(company.mate)


def test_security_29_the_stronger_field_state_wins(company: Company) -> None:
    other = make_role("other")
    hold(other, user=company.rep)
    show(company.rep_role, "customers", State.MASKED, "credit_code")
    show(other, "customers", State.READ, "credit_code", "phones")
    show(company.rep_role, "customers", State.MASKED, "phones.number")
    grants = company.rep.grants("customers")
    assert grants.state("credit_code") is State.READ
    assert grants.state("phones") is State.READ
    assert grants.state("phones.number") is State.MASKED
    assert grants.state("phones.kind") is State.READ
    assert grants.state("name") is State.HIDDEN


def test_editable_when_empty_only_gives_way_to_plain_editing(company: Company) -> None:
    show(company.rep_role, "customers", State.EDIT, "name", "remark", only_when_empty=True)
    assert company.rep.grants("customers").only_when_empty == {"name", "remark"}
    other = make_role("other")
    hold(other, user=company.rep)
    show(other, "customers", State.EDIT, "name")
    show(other, "customers", State.READ, "remark")
    grants = company.rep.grants("customers")
    assert grants.only_when_empty == {"remark"}
    assert grants.state("remark") is State.EDIT


def test_rights_over_all_modules(company: Company) -> None:
    viewer = make_role("viewer", view_all=True)
    hold(viewer, user=company.stranger)
    grants = company.stranger.grants("anything")
    assert grants.scope("view") == EVERYTHING
    assert not grants.scope("edit")
    assert grants.reasons["view"][0][1] is ScopeName.ALL
    hold(make_role("editor", edit_all=True), user=company.stranger)
    assert company.stranger.grants("anything").scope("edit") == EVERYTHING


def test_shares_reach_through_departments_above(company: Company) -> None:
    team = Team.objects.create(name="project")
    give_group(team)
    team.save()
    TeamMember.objects.create(team=team, user=company.rep)
    raise_rights_version()
    expected = {
        team.group_id,
        company.root.group_id,
        company.north.group_id,
        company.north_one.group_id,
    }
    assert company.rep.grants("customers").groups == expected


def test_security_27_a_closed_account_may_nothing_even_through_a_stale_object(
    company: Company,
) -> None:
    allow(company.rep_role, "customers", view="all")
    stale = company.rep
    assert scope_of(stale)
    type(stale).objects.filter(pk=stale.pk).update(is_active=False)
    raise_rights_version()
    assert stale.is_active
    assert not scope_of(stale)


def test_the_first_question_after_a_change_obeys(company: Company) -> None:
    allow(company.rep_role, "customers", view="all")
    assert scope_of(company.rep) == EVERYTHING
    company.rep_role.holders.all().delete()
    raise_rights_version()
    assert not scope_of(company.rep)


def test_what_was_rolled_back_is_not_remembered(company: Company) -> None:
    class Undo(Exception):
        pass

    def allow_then_fail() -> None:
        with transaction.atomic():
            allow(company.rep_role, "customers", view="all")
            assert scope_of(company.rep) == EVERYTHING
            raise Undo

    with pytest.raises(Undo):
        allow_then_fail()
    assert not scope_of(company.rep)
    raise_rights_version()  # another change, whose number must not be the rolled-back one
    assert not scope_of(company.rep)


def test_one_request_asks_for_the_version_once(company: Company) -> None:
    allow(company.rep_role, "customers", view="all")
    scope_of(company.rep)
    with CaptureQueriesContext(connection) as queries, held_versions():
        for module in ("customers", "contacts", "customers"):
            company.rep.grants(module)
    assert len(queries) == 1


def test_compiling_costs_the_same_for_one_module_and_for_all(company: Company) -> None:
    for module in ("customers", "contacts", "leads"):
        allow(company.rep_role, module, view="all", edit="own")
    with CaptureQueriesContext(connection) as queries, held_versions():
        for module in ("customers", "contacts", "leads"):
            company.rep.grants(module)
    assert len(queries) == 9
    with CaptureQueriesContext(connection) as queries, held_versions():
        company.mate.grants("customers")
    assert len(queries) == 5  # what all people share is there already
