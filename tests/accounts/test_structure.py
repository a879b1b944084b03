"""Departments, positions and teams: the tree stays a tree, and scopes follow it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, connections, transaction

from accounts.models import Department, Membership, Team, TeamMember
from accounts.services import departments as tree
from accounts.services import teams
from crm.access.errors import NotAllowed, Refusal
from crm.records.beside import AuditEntry
from crm.records.errors import Invalid
from tests.accounts.conftest import Company, allow, hold, make_role


def paths() -> dict[str, str]:
    found = {one.pk: one for one in Department.objects.all()}
    return {one.name: "/".join(found[pk].name for pk in one.ancestor_ids) for one in found.values()}


def test_a_new_department_hangs_below_its_parent(company: Company) -> None:
    made = tree.create_department(actor=company.admin, name=" East ", parent=company.north)
    assert paths()["East"] == "Company/North/East"
    assert made.group is not None
    assert made.history.get().history_user == company.admin
    entry = AuditEntry.objects.get(action="department.create")
    assert entry.actor_id == company.admin.pk
    assert entry.detail["name"] == "East"


def test_two_of_one_name_below_one_parent_are_refused(company: Company) -> None:
    with pytest.raises(Invalid):
        tree.create_department(actor=company.admin, name="North", parent=company.root)
    with pytest.raises(Invalid):
        tree.create_department(actor=company.admin, name="Company")
    tree.create_department(actor=company.admin, name="North", parent=company.south)


def test_security_28_moving_takes_everything_below_along(company: Company) -> None:
    allow(company.rep_role, "customers", view="subtree")
    hold(company.rep_role, user=company.stranger)
    seen = company.stranger.grants("customers").scope("view").departments
    assert company.north_one.pk not in seen
    tree.move_department(actor=company.admin, department=company.north, parent=company.south)
    assert paths() == {
        "Company": "Company",
        "South": "Company/South",
        "North": "Company/South/North",
        "North one": "Company/South/North/North one",
    }
    seen = company.stranger.grants("customers").scope("view").departments
    assert seen == {company.south.pk, company.north.pk, company.north_one.pk}


@pytest.mark.parametrize("goal", ["north", "north_one"])
def test_security_28_a_circle_is_refused(company: Company, goal: str) -> None:
    before = paths()
    with pytest.raises(Invalid):
        tree.move_department(
            actor=company.admin, department=company.north, parent=getattr(company, goal)
        )
    assert paths() == before


def test_the_tree_has_a_depth(company: Company) -> None:
    last = company.north_one
    for level in range(last.depth, tree.DEEPEST):
        last = tree.create_department(actor=company.admin, name=f"level {level}", parent=last)
    assert last.depth == tree.DEEPEST
    with pytest.raises(Invalid):
        tree.create_department(actor=company.admin, name="too deep", parent=last)
    with pytest.raises(Invalid):
        tree.move_department(actor=company.admin, department=company.south, parent=last)


def test_security_28_a_department_in_use_is_not_deleted(company: Company) -> None:
    with pytest.raises(Invalid):
        tree.delete_department(actor=company.admin, department=company.south)  # sam
    with pytest.raises(Invalid):
        tree.delete_department(actor=company.admin, department=company.north)  # children
    Membership.objects.create(user=company.rep, department=company.south)
    company.stranger.department = None
    company.stranger.save()
    with pytest.raises(Invalid):
        tree.delete_department(actor=company.admin, department=company.south)  # rea besides
    Membership.objects.all().delete()
    tree.delete_department(actor=company.admin, department=company.south)
    assert "South" not in paths()


def test_only_an_administrator_changes_the_company(company: Company) -> None:
    with pytest.raises(NotAllowed):
        tree.create_department(actor=company.rep, name="Mine", parent=None)
    with pytest.raises(NotAllowed):
        tree.move_department(actor=company.rep, department=company.north, parent=None)
    with pytest.raises(NotAllowed):
        tree.delete_department(actor=company.rep, department=company.south)
    with pytest.raises(NotAllowed):
        teams.create_team(actor=company.rep, name="Mine")
    assert not Department.objects.filter(name="Mine").exists()


def test_a_position_in_use_is_not_deleted(company: Company) -> None:
    position = tree.create_position(actor=company.admin, name="Lead")
    tree.update_position(actor=company.admin, position=position, name="Head")
    company.rep.position = position
    company.rep.save()
    with pytest.raises(Invalid):
        tree.delete_position(actor=company.admin, position=position)
    company.rep.position = None
    company.rep.save()
    tree.delete_position(actor=company.admin, position=position)


def test_team_members_see_each_other_from_the_next_question_on(company: Company) -> None:
    allow(company.rep_role, "customers", view="team")
    team = teams.create_team(
        actor=company.admin, name="Project", members=[company.rep, company.stranger]
    )
    owners = {company.rep.pk, company.stranger.pk}
    assert company.rep.grants("customers").scope("view").owners == owners
    teams.set_team_members(
        actor=company.admin,
        team=team,
        members=[company.rep, company.mate],
        leaders=[company.rep],
    )
    owners = {company.rep.pk, company.mate.pk}
    assert company.rep.grants("customers").scope("view").owners == owners
    teams.update_team(actor=company.admin, team=team, name="Project", is_active=False)
    assert company.rep.grants("customers").scope("view").owners == {company.rep.pk}
    teams.delete_team(actor=company.admin, team=team)
    assert not Team.objects.exists()
    assert {row.history_type for row in TeamMember.history.all()} == {"+", "-"}


def test_the_last_administrators_team_stays(company: Company) -> None:
    team = teams.create_team(actor=company.admin, name="Bosses", members=[company.admin])
    hold(make_role("super", administer=True), team=team)
    company.admin_role.holders.all().delete()
    for refused in (
        lambda: teams.set_team_members(actor=company.admin, team=team, members=[company.rep]),
        lambda: teams.update_team(actor=company.admin, team=team, name="B", is_active=False),
        lambda: teams.delete_team(actor=company.admin, team=team),
    ):
        with pytest.raises(NotAllowed):
            refused()
    team.refresh_from_db()
    assert team.is_active
    assert company.admin.may_administer


def test_security_28_two_moves_at_once_never_make_a_circle(lasting_company: Company) -> None:
    one, other = lasting_company.north, lasting_company.south
    for _round in range(10):
        barrier = Barrier(2)

        def move(what: Department, where: Department, together: Barrier = barrier) -> str:
            try:
                together.wait(5)
                tree.move_department(actor=lasting_company.admin, department=what, parent=where)
                return "moved"
            except Refusal:
                return "refused"
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(move, (one, other), (other, one)))
        assert sorted(ends) == ["moved", "refused"]
        for department in (one, other):
            tree.move_department(
                actor=lasting_company.admin, department=department, parent=lasting_company.root
            )
    assert paths()["North one"] == "Company/North/North one"


def test_the_tables_of_history_can_not_be_rewritten(company: Company) -> None:
    company.rep_role.description = "changed"
    company.rep_role.save()
    for statement in (
        "UPDATE accounts_historicalrole SET description = 'other'",
        "DELETE FROM accounts_historicalrole",
    ):
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
