"""Changes to teams."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Team, TeamMember, User
from accounts.services.act import (
    Actor,
    change_of_rights,
    delete_as,
    note,
    require_other_administrators,
    save_as,
)
from accounts.services.departments import require_valid
from accounts.services.groups import give_group


def create_team(
    *, actor: Actor, name: str, purpose: str = "", members: Iterable[User] = ()
) -> Team:
    """Make a team; the first member leads it."""
    with change_of_rights(actor):
        team = Team(name=name.strip(), purpose=purpose)
        require_valid(team)
        save_as(actor, team)
        give_group(team)
        Team.objects.filter(pk=team.pk).update(group=team.group)
        for order, user in enumerate(members):
            save_as(actor, TeamMember(team=team, user=user, is_leader=order == 0))
        note(actor, "team.create", team=team.pk, name=team.name)
    return team


def update_team(
    *, actor: Actor, team: Team, name: str, purpose: str = "", is_active: bool = True
) -> Team:
    """Rename, describe, close or reopen a team."""
    with change_of_rights(actor):
        before = {"name": team.name, "is_active": team.is_active}
        team.name, team.purpose, team.is_active = name.strip(), purpose, is_active
        require_valid(team)
        save_as(actor, team, "name", "purpose", "is_active")
        require_other_administrators()
        after = {"name": team.name, "is_active": team.is_active}
        note(actor, "team.change", team=team.pk, name=team.name, before=before, after=after)
    return team


def _listed(people: Iterable[User]) -> str:
    return ", ".join(sorted(one.display_name for one in people))


def set_team_members(
    *, actor: Actor, team: Team, members: Iterable[User], leaders: Iterable[User] = ()
) -> None:
    """Make exactly these people the team."""
    with change_of_rights(actor):
        wanted = {user.pk: user for user in members}
        leading = {user.pk for user in leaders}
        kept = {member.user_id: member for member in team.members.select_related("user")}
        for key, member in kept.items():
            if key not in wanted:
                delete_as(actor, member)
            elif member.is_leader != (key in leading):
                member.is_leader = key in leading
                save_as(actor, member, "is_leader")
        for key, user in wanted.items():
            if key not in kept:
                save_as(actor, TeamMember(team=team, user=user, is_leader=key in leading))
        require_other_administrators()
        note(
            actor, "team.members", team=team.pk, name=team.name,
            before=_listed(member.user for member in kept.values()), after=_listed(wanted.values()),
            ids=[sorted(kept), sorted(wanted)],
        )  # fmt: skip


def save_team(
    *,
    actor: Actor,
    team: Team | None,
    name: str,
    purpose: str,
    is_active: bool,
    members: Iterable[User],
    leaders: Iterable[User],
) -> Team:
    """Make or change a team together with its members; all or nothing."""
    with change_of_rights(actor):
        saved = team or create_team(actor=actor, name=name, purpose=purpose)
        saved = update_team(
            actor=actor, team=saved, name=name, purpose=purpose, is_active=is_active
        )
        set_team_members(actor=actor, team=saved, members=members, leaders=leaders)
    return saved


def delete_team(*, actor: Actor, team: Team) -> None:
    """Delete a team; what was shared with it is no longer shared."""
    with change_of_rights(actor):
        gone = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
        key, name, group = gone.pk, gone.name, gone.group
        for row in (*gone.members.all(), *gone.held_roles.all()):
            delete_as(actor, row)
        delete_as(actor, gone)
        if group is not None:
            group.delete()
        require_other_administrators()
        note(actor, "team.delete", team=key, name=name)
