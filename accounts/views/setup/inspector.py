"""Why may, or may not, this person see or change this record or field; and who may see it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.grants import rights_of
from accounts.models import RoleHolder, User
from accounts.views.asking import Asking
from accounts.views.setup.inspector_field import (
    belongs,
    departments_of,
    field_asked,
    field_choices,
    field_context,
    path_label,
)
from accounts.views.setup.parts import administrators_only, control, crumbs, options
from crm.access.errors import NotVisible
from crm.access.grants import ACTION_LABELS, SCOPE_LABELS, STATE_LABELS, ScopeName
from crm.access.inspector import Part, Verdict, verdicts, writable_on
from crm.access.policy import Access, access_to
from crm.customfields.dictionaries import option_label
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.lists.show import in_a_row, show_date
from crm.modules.fields import PART
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.views.lists import title_of

MOST_PEOPLE = 300


@require_safe
@administrators_only
def inspector(request: Asking) -> HttpResponse:
    """GET /setup/inspector/?who=<id>&what=<module>/<id>&field=<module>.<field>."""
    who = whole_number(request.GET.get("who", ""))
    user = User.objects.filter(pk=who).first() if who else None
    what = request.GET.get("what", "").replace("\x00", "")
    wanted = request.GET.get("field", "")
    context: dict[str, Any] = {
        "crumbs": crumbs((_("Why may they"), "")),
        "fields": _controls(user, what, "", wanted),
        "problem": "",
        "actions": [],
        "states": [],
        "readers": [],
    }
    found = None
    if what:
        try:
            found = _found(request.user, what)
            context.update(_inspected(user, *found))
            context["fields"] = _controls(user, what, context["title"], wanted)
        except (NotVisible, UnknownModule):
            context["problem"] = _("There is no such record, or you do not see it yourself.")
    if wanted and not context["problem"]:
        context.update(_field(user, wanted, found))
    return render(request, "setup/inspector.html", context)


def _field(user: User | None, wanted: str, found: Any) -> dict[str, Any]:
    """The part of the page that is about one field; of a record, if one is asked for too."""
    try:
        asked = field_asked(wanted)
    except UnknownModule:
        asked = None
    if asked is None:
        return {"problem": _("There is no such field.")}
    module, path = asked
    if found is not None and found[0].module.name != module.name:
        return {"problem": _("This field belongs to another module than the record.")}
    pk = found[1] if found is not None and not found[2] else None
    parts = parts_of(user, module) if user is not None else []
    return {"field": field_context(user, parts, module, path, pk)}


def _controls(user: User | None, what: str, text: str, wanted: str = "") -> list[dict[str, Any]]:
    people = User.objects.filter(is_active=True) | User.objects.filter(pk=user.pk if user else 0)
    chosen = [user.pk] if user else []
    choices = options(people.values_list("pk", "display_name"), chosen)
    held = str(user.pk) if user else ""
    return [
        control("who", _("Who"), "user", held, options=choices),
        control(
            "what", _("Which record"), "any_relation", what, lookup_url="/lookup/any/", text=text
        ),
        control(
            "field", _("Which field"), "choice", wanted, options=options(field_choices(), [wanted])
        ),
    ]


def _found(viewer: User, what: str) -> tuple[Access, int, bool, str]:
    """The record that `customers/5` names, as the administrator himself sees it."""
    name, _slash, number = what.partition("/")
    pk = whole_number(number)
    if pk is None:
        raise NotVisible
    access = access_to(viewer, module_named(name))
    try:
        return access, pk, False, title_of(access, access.get(pk))
    except NotVisible:
        bin_door = access.in_bin()
        return access, pk, True, title_of(access, bin_door.get(pk))


def _inspected(
    user: User | None, access: Access, pk: int, is_bin: bool, title: str
) -> dict[str, Any]:
    module = access.module
    found: dict[str, Any] = {
        "title": title,
        "module_label": module.label,
        "record_url": "" if is_bin else record_url(module.name, pk),
        "is_bin": is_bin,
        "readers": _readers(module, pk, is_bin),
        "belongs": belongs(access, pk, is_bin),
    }
    if user is not None:
        parts = parts_of(user, module)
        door = access_to(user, module)
        found["person"] = user.display_name
        found["person_departments"] = departments_of(user)
        found["is_closed"] = not user.is_active
        judged = verdicts(user, module, parts, pk, is_bin)
        found["actions"] = [_action(one, module, pk) for one in judged]
        writable = writable_on(door, pk)
        found["states"] = [_state(door, parts, path, writable) for path in module.right_names()]
    return found


def parts_of(user: User, module: Module) -> list[Part]:
    """Every role of a person in a module, with where it comes from."""
    sources: dict[int, list[str]] = {}
    teams = user.team_memberships.filter(team__is_active=True).values("team")
    holders = RoleHolder.objects.filter(
        Q(user=user) | Q(position=user.position_id, position__isnull=False) | Q(team__in=teams)
    ).select_related("position", "team")
    for one in holders:
        if one.user_id:
            source = _("given to the person")
        elif one.position:
            source = _("from the position %s") % one.position.name
        else:
            source = _("from the team %s") % (one.team.name if one.team else "")
        sources.setdefault(one.role_id, []).append(source)
    return [
        Part(
            role.label, in_a_row(sources.get(role.pk, [])),
            f"{reverse('setup-role', args=[role.name])}?module={module.name}", grants,
        )
        for role, grants in rights_of(user.pk).each_role(module.name)
    ]  # fmt: skip


def _action(one: Verdict, module: Module, pk: int) -> dict[str, Any]:
    chain = []
    for part, is_yes in one.parts.items():
        reach = [scope for _role, scope in part.grants.reasons.get(one.action, ())]
        if not reach and is_yes:
            reach = [ScopeName.ALL]
        words = (
            in_a_row(str(SCOPE_LABELS[scope]) for scope in reach) or SCOPE_LABELS[ScopeName.NONE]
        )
        chain.append(
            {
                "is_yes": is_yes,
                "text": _("Role %(role)s: %(reach)s") % {"role": part.label, "reach": words},
                "note": part.source,
                "url": part.url,
            }
        )
    for share in one.shares:
        day = share.last_day
        until = _("until %s") % show_date(day) if day else _("for good")
        text = _("Shared with %s") % share.label
        if share.part:
            text = _("Collaborator %(who)s: %(part)s") % {
                "who": share.label, "part": option_label(PART, share.part),
            }  # fmt: skip
        url = f"{record_url(module.name, pk)}shares/"
        chain.append({"is_yes": True, "text": text, "note": until, "url": url})
    return {
        "label": ACTION_LABELS[one.action],
        "is_yes": bool(one.decision),
        "chain": chain,
    }


def _state(door: Access, parts: list[Part], path: str, writable: frozenset[str]) -> dict[str, Any]:
    """The state of one field, and what makes it so."""
    field = door.module.field_at(path)
    state = door.state(path)
    why = [
        f"{part.label}: {STATE_LABELS[part.grants.state(path)]}"
        for part in parts
        if part.grants.state(path)
    ]
    if field is not None and field.inputs:
        why.append(_("computed from %s") % in_a_row(
            str(door.module.fields[one.partition(".")[0]].label) for one in field.inputs
        ))  # fmt: skip
    elif path in door.grants.only_when_empty and path in door.editable and path not in writable:
        why.append(_("may be filled in only while it is empty"))
    elif field is not None and field.is_read_only:
        why.append(_("nobody writes it by hand"))
    return {
        "label": path_label(door.module, path),
        "state": STATE_LABELS[state],
        "why": in_a_row(why) or _("no role shows it"),
    }


def _readers(module: Module, pk: int, is_bin: bool) -> list[dict[str, Any]]:
    """Everybody whom the door lets see the record, and whether to edit it too."""
    found = []
    for person in User.objects.filter(is_active=True)[:MOST_PEOPLE]:
        door = access_to(person, module)
        may = (door.in_bin() if is_bin else door).decisions(pk, ("view", "edit"))
        if may["view"]:
            url = f"{reverse('setup-inspector')}?who={person.pk}&what={module.name}/{pk}"
            word = _("may read and edit") if may["edit"] else _("may read")
            found.append({"label": person.display_name, "word": word, "url": url})
    return found
