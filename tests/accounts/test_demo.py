"""The demo's cast: who is there, and that loading twice changes nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.demo import DEMO_PASSWORD, PEOPLE, load_people
from accounts.models import Department, Role, RoleField, RoleHolder, RoleRight, Team, User
from accounts.services import roles
from accounts.shipped_roles import SHIPPED, install_roles
from crm.access.grants import ACTIONS, State
from crm.modules.registry import all_modules

CAST = {
    "admin": "administrator",
    "director": "director",
    "manager": "manager",
    "rep": "rep",
    "rep2": "rep",
    "agent": "agent",
    "marketer": "marketer",
    "finance": "finance",
}


@pytest.fixture
def demo(db: None) -> dict:
    return load_people()


def test_the_cast_holds_exactly_one_role_each(demo: dict) -> None:
    for username, role in CAST.items():
        user = demo["users"][username]
        assert [one.role.name for one in user.held_roles.all()] == [role]
        assert user.check_password(DEMO_PASSWORD)
        assert user.is_active
    assert not RoleHolder.objects.filter(user=None).exists()  # no position or team adds one


def test_two_reps_under_a_manager_under_a_director(demo: dict) -> None:
    people = demo["users"]
    department = people["rep"].department
    assert people["rep2"].department == department
    assert department.manager == people["manager"]
    above = Department.objects.filter(pk__in=department.ancestor_ids)
    assert people["director"] in {one.manager for one in above}
    assert max(one.depth for one in Department.objects.all()) >= 3
    for rep in ("rep", "rep2"):
        scope = people[rep].grants("customers").scope("view")
        assert (scope.owners, scope.departments) == ({people[rep].pk}, set())
    assert department.pk in people["manager"].grants("customers").scope("view").departments


def test_there_are_more_people_and_a_team_across_departments(demo: dict) -> None:
    assert len(PEOPLE) >= 28
    for team in Team.objects.all():
        assert len({user.department_id for user in team.people.all()}) > 1
    assert all(
        any("一" <= sign <= "鿿" for sign in name)
        for name in User.objects.values_list("display_name", flat=True)
    )


def everything() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (User, Department, Team, Role, RoleHolder, RoleRight, RoleField)
    ]


def test_loading_again_changes_nothing(demo: dict) -> None:
    before = everything()
    load_people()
    assert everything() == before


def test_what_an_administrator_decided_survives_an_update(demo: dict) -> None:
    rep = demo["users"]["rep"]
    roles.set_field_state(
        actor=demo["users"]["admin"],
        role=demo["roles"]["rep"],
        module="customers",
        field="name",
        state="hidden",
    )
    roles.take_role(
        actor=demo["users"]["admin"], role=demo["roles"]["rep"], holder=demo["users"]["rep2"]
    )
    load_people()
    assert rep.grants("customers").state("name") is State.HIDDEN
    assert not demo["users"]["rep2"].held_roles.exists()


def test_a_new_fields_rights_come_with_the_next_installation(demo: dict) -> None:
    RoleField.objects.filter(module="customers", field="name").delete()
    install_roles()
    assert RoleField.objects.filter(module="customers", field="name").count() == len(SHIPPED)


def test_shipped_roles_decide_every_field_and_action(demo: dict) -> None:
    for role in Role.objects.all():
        for module in all_modules():
            decided = set(role.fields.filter(module=module.name).values_list("field", flat=True))
            assert decided == {
                name for name in module.right_names() if not module.field_at(name).is_added
            }
            known = set(role.rights.filter(module=module.name).values_list("action", flat=True))
            assert known == {*ACTIONS, *module.extra_actions}


def test_closed_fields_are_open_to_few(demo: dict) -> None:
    closed = [
        (module.name, name)
        for module in all_modules()
        for name in module.right_names()
        if name.partition(".")[0] in module.closed
    ]
    assert closed
    readers = {
        shipped.name
        for shipped in SHIPPED
        for module, name in closed
        if RoleField.objects.get(role__name=shipped.name, module=module, field=name).state
    }
    assert readers == {"administrator", "director", "finance"}


def test_only_the_administrator_administers(demo: dict) -> None:
    assert [name for name in CAST if demo["users"][name].may_administer] == ["admin"]


def test_a_new_installation_gets_its_first_administrator(db: None) -> None:
    def add(*words: str) -> None:
        call_command("add_administrator", *words, stdout=StringIO())

    with pytest.raises(CommandError, match="password"):
        add("ada", "--password", "short")
    add("ada", "--name", "Ada", "--password", "a long secret 7")
    assert User.objects.get(username="ada").may_administer
    with pytest.raises(CommandError, match="taken"):
        add("ADA", "--password", "a long secret 7")
