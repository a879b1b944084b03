"""Saved views: which a person has, what he may change, and every change of one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible
from crm.access.holders import Holder, active_people, groups_of, roles_named
from crm.access.policy import Access
from crm.lists.errors import BadQuery
from crm.lists.models import SavedView, StartView
from crm.lists.query import query_from
from crm.lists.shapes import SHAPE, Shape, take_shape
from crm.records.audit import record_audit
from crm.records.errors import Invalid, StaleRecord
from crm.records.locks import wait_for

STATE = ("scope", "q", "filter", "sort", "columns", "size", "widths", "density", *SHAPE)
LONGEST_NAME = 80
MOST_VIEWS = 200  # one person's, in one module


@dataclass(frozen=True)
class Audience:
    """Who else has a view: holders, everyone, and the roles that begin with it."""

    holders: tuple[Holder, ...] = ()
    is_for_everyone: bool = False
    is_locked: bool = False
    starts_for: tuple[int, ...] = ()


def views_of(access: Access) -> QuerySet[SavedView]:
    """The views of the module that the person has: his own, shared with him, everyone's."""
    reach = Q(owner=access.user.pk) | Q(is_for_everyone=True)
    reach |= Q(people__contains=[access.user.pk])
    if access.grants.groups:
        reach |= Q(groups__overlap=sorted(access.grants.groups))
    return SavedView.objects.filter(reach, module=access.module.name, deleted_at=None)


def view_of(access: Access, pk: int) -> SavedView:
    """One of them. Raises NotVisible."""
    found = views_of(access).filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def start_of(access: Access, views: Iterable[SavedView]) -> SavedView | None:
    """The view that the list begins with: the person's own choice, else his role's."""
    known = list(views)
    chosen = StartView.objects.filter(user=access.user.pk, module=access.module.name).first()
    if chosen is not None:
        return next((one for one in known if one.pk == chosen.view_id), None)
    roles = set(access.grants.roles)
    return next((one for one in known if roles & set(one.starts_for)), None)


def may_rule(access: Access) -> bool:
    """Whether the person decides about everyone's views."""
    return access.grants.administer


def may_manage(access: Access, view: SavedView) -> bool:
    """Whether the person may rename, share, lock and delete it."""
    return view.owner_id == access.user.pk or (may_rule(access) and view.is_for_everyone)


def may_update(access: Access, view: SavedView) -> bool:
    """Whether the person may write another state into it."""
    return may_manage(access, view) or not view.is_locked


def state_from(access: Access, params: Mapping[str, Any]) -> dict[str, str]:
    """The state that an address' texts say, checked against the person's rights.

    Raises BadQuery for unknown parameters and for fields that he may not use.
    """
    unknown = set(params) - set(STATE)
    if unknown:
        raise BadQuery(_("There is no parameter “%s” in a view.") % min(unknown)[:80])
    state = {name: str(params[name]) for name in STATE if params.get(name)}
    if len(state.get("filter", "")) > 50_000:
        raise BadQuery(_("This filter is too long."))
    shape = _checked(access, state)
    return {**{name: text for name, text in state.items() if name not in SHAPE}, **shape.state}


def _checked(access: Access, state: Mapping[str, str]) -> Shape:
    """Read a state and put its condition together, which is where rights are asked."""
    params = params_of(state)
    shape = take_shape(access, params)
    _condition = query_from(params, access).where
    return shape


def params_of(state: Mapping[str, str]) -> QueryDict:
    """A state as an address' parameters."""
    params = QueryDict(mutable=True)
    for name in STATE:
        if state.get(name):
            params[name] = str(state[name])
    return params


def check_view(access: Access, view: SavedView) -> None:
    """Raise BadQuery, in words that tell no field's name, if he may not use all that it uses."""
    try:
        _checked(access, view.state)
    except BadQuery as refusal:
        raise BadQuery(
            _("The view “%s” filters, sorts or shows by something that you may not read.")
            % view.name
        ) from refusal


@transaction.atomic
def create_view(access: Access, name: str, params: Mapping[str, Any]) -> SavedView:
    """A new view of the person's own. Raises Invalid, BadQuery."""
    _require_view(access)
    state = state_from(access, params)
    wait_for(f"views {access.user.pk} {access.module.name}")
    own = SavedView.objects.filter(owner=access.user.pk, module=access.module.name, deleted_at=None)
    if own.count() >= MOST_VIEWS:
        raise Invalid(_("You have %d views here. Delete some of them first.") % MOST_VIEWS)
    return SavedView.objects.create(
        module=access.module.name,
        name=_name(own, name),
        owner_id=access.user.pk,
        state=state,
    )


def update_view(access: Access, pk: int, params: Mapping[str, Any]) -> SavedView:
    """Write another state into a view. Raises NotVisible, NotAllowed, BadQuery."""
    state = state_from(access, params)
    with transaction.atomic():
        view = _locked(access, pk)
        if not may_update(access, view):
            raise NotAllowed(_("“%s” is locked. Save what you see as a view of your own.") % view)
        _save(view, state=state)
    _note(access, view, "view.changed")
    return view


def arrange_view(
    access: Access, pk: int, name: str, audience: Audience, version: int | None = None
) -> SavedView:
    """Rename a view and say who has it. Raises NotVisible, NotAllowed, Invalid, StaleRecord."""
    with transaction.atomic():
        view = _locked(access, pk)
        if not may_manage(access, view):
            raise NotAllowed(_("Only who made this view changes who has it."))
        if version is not None and version != view.version:
            raise StaleRecord(view.version, [], None)
        others = SavedView.objects.filter(
            owner=view.owner_id, module=view.module, deleted_at=None
        ).exclude(pk=view.pk)
        _save(view, name=_name(others, name), **_audience(access, view, audience))
    _note(access, view, "view.shared", to=[one.text for one in audience.holders])
    return view


def _audience(access: Access, view: SavedView, audience: Audience) -> dict[str, Any]:
    rules = (audience.is_for_everyone, set(audience.starts_for))
    if rules != (view.is_for_everyone, set(view.starts_for)) and not may_rule(access):
        raise NotAllowed(_("Only administrators decide what everyone begins with."))
    if audience.starts_for and not audience.is_for_everyone:
        raise Invalid(
            fields={"starts_for": [_("Roles can begin only with a view that everyone has.")]}
        )
    if set(audience.starts_for) - set(roles_named()):
        raise Invalid(fields={"starts_for": [_("There is no such role.")]})
    people = active_people(audience.holders)
    groups = groups_of(audience.holders)
    if set(audience.holders) - people - set(groups):
        raise Invalid(fields={"to": [_("There is no such person, department or team.")]})
    return {
        "people": sorted(one.pk for one in people),
        "groups": sorted(groups.values()),
        "is_for_everyone": audience.is_for_everyone,
        "is_locked": audience.is_locked,
        "starts_for": sorted(set(audience.starts_for)),
    }


def delete_view(access: Access, pk: int) -> SavedView:
    """Take a view away from everybody who had it. Raises NotVisible, NotAllowed."""
    with transaction.atomic():
        view = _locked(access, pk)
        if not may_manage(access, view):
            raise NotAllowed(_("Only who made this view deletes it."))
        _save(view, deleted_at=timezone.now())
    _note(access, view, "view.deleted")
    return view


def restore_view(access: Access, pk: int) -> SavedView:
    """Give a deleted view back. Raises NotVisible."""
    with transaction.atomic():
        view = (
            SavedView.objects.select_for_update()
            .filter(pk=pk, module=access.module.name)
            .exclude(deleted_at=None)
            .first()
        )
        if view is None or not may_manage(access, view):
            raise NotVisible
        _save(view, deleted_at=None)
    _note(access, view, "view.restored")
    return view


def choose_start(access: Access, view: SavedView | None) -> None:
    """Begin the module's list with a view from now on; None: with the plain list."""
    StartView.objects.update_or_create(
        user_id=access.user.pk, module=access.module.name, defaults={"view": view}
    )


def _require_view(access: Access) -> None:
    if not access.may("view"):
        raise NotVisible


def _locked(access: Access, pk: int) -> SavedView:
    _require_view(access)
    found = views_of(access).select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def _save(view: SavedView, **values: Any) -> None:
    SavedView.objects.filter(pk=view.pk).update(
        **values, changed_at=timezone.now(), version=F("version") + 1
    )
    view.refresh_from_db()


def _name(others: QuerySet[SavedView], name: str) -> str:
    text = " ".join(name.replace("\x00", "").split())
    if not text or len(text) > LONGEST_NAME:
        raise Invalid(
            fields={"name": [_("Give the view a name of at most %d characters.") % LONGEST_NAME]}
        )
    if others.filter(name=text).exists():
        raise Invalid(fields={"name": [_("There is a view “%s” already.") % text]})
    return text


def _note(access: Access, view: SavedView, action: str, **detail: Any) -> None:
    if view.people or view.groups or view.is_for_everyone or detail.get("to"):
        record_audit(
            actor=access.user,
            action=action,
            module=view.module,
            detail={"name": view.name, **detail},
        )
