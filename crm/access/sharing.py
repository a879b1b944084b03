"""Shares of single records: guardian's direct-foreign-key rows with an end date.

Read here only; crm/records/sharing.py writes them. Departments and teams own a hidden group each,
so a share with one of them is a share with its group.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, Lookup, OuterRef, Q, When
from django.db.models.functions import Now
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from crm.access import names
from crm.access.holders import PERSON, Holder, groups_named, people_named
from crm.modules.stamp import KeptUnder, rights_version

VIEW, EDIT = "view", "edit"
EDITING = frozenset({"edit"})


@models.BigAutoField.register_lookup
class AnyOf(Lookup):
    """`column = ANY(array)`: the ids are fetched first, then their rows by the primary key.

    As a subquery of IN the planner walks the list's index and filters, which at a million rows
    took seconds for a person whose rows lie far back.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The comparison in SQL."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*left_params, *right_params)


class ShareTerms(models.Model):
    """Until when a share holds, who gave it when and why, and the act that it came with.

    A share of a person with a `part` (dictionary collaborator_part) makes him a collaborator.
    """

    part = models.CharField(max_length=40, blank=True, default="")
    until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    act = models.UUIDField(null=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True


class UserShare(ShareTerms, UserObjectPermissionBase):
    """A record shared with a person; `share_models` makes the tables."""

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class GroupShare(ShareTerms, GroupObjectPermissionBase):
    """A record shared with a department or team; `share_models` makes the tables."""

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True


def share_models(
    model: type[models.Model], table: str = ""
) -> tuple[type[UserShare], type[GroupShare]]:
    """The two tables of a module's shares, with a person and with a group.

    `CustomerShare, CustomerGroupShare = share_models(Customer)` beside the model. `table` starts
    the tables' names where they are not to be Django's.
    """
    made: list[Any] = []
    kinds: list[Any] = [(UserShare, "Share", "share"), (GroupShare, "GroupShare", "group_share")]
    for base, word, ending in kinds:
        named = {"db_table": f"{table}_{ending}"} if table else {}
        terms = {"abstract": False, "app_label": model._meta.app_label, **named}
        made.append(
            type(base)(
                f"{model.__name__}{word}",
                (base,),
                {
                    "__module__": model.__module__,
                    "__doc__": f"A row of {model.__name__} shared.",
                    "Meta": type("Meta", (base.Meta,), terms),
                    "content_object": models.ForeignKey(model, on_delete=models.CASCADE),
                },
            )
        )
    model.user_shares = made[0]  # type: ignore[attr-defined]  # where Module looks, from below
    return made[0], made[1]


def _shares_of(
    model: type[models.Model],
) -> tuple[list[type[UserShare]], list[type[GroupShare]]]:
    related = [one.related_model for one in model._meta.related_objects]
    return (
        [one for one in related if issubclass(one, UserShare)],
        [one for one in related if issubclass(one, GroupShare)],
    )


_answers: KeptUnder[dict[Any, Any]] = KeptUnder(rights_version, dict)


def _once(key: Any, ask: Callable[[], Any]) -> Any:
    """An answer kept for one rights version: whoever gives or takes a share raises it."""
    kept = _answers.get()
    if key not in kept:
        kept[key] = ask()
    return kept[key]


def _holds_shares(share: Any, holder: Q) -> bool:
    """Whether anything at all is shared so with the person."""
    return share._default_manager.filter(holder).exists()


def is_shareable(model: type[models.Model]) -> bool:
    """Whether records of this model can be shared one by one."""
    return all(_shares_of(model))


def share_tables(model: type[models.Model]) -> tuple[Any, Any]:
    """The two tables of a shareable model: shares with people, shares with groups."""
    people, groups = _shares_of(model)
    return people[0], groups[0]


def permission_of(model: type[models.Model], level: str) -> int:
    """The id of the permission that a share of this level (view, edit) stands for."""
    word = "change" if level == EDIT else "view"
    return Permission.objects.values_list("pk", flat=True).get(
        content_type__app_label=model._meta.app_label,
        codename=f"{word}_{model._meta.model_name}",
    )


def last_day(until: dt.datetime | None) -> dt.date | None:
    """The last day, where the company is, of what ends at this instant."""
    if until is None:
        return None
    zone = timezone.get_default_timezone()
    return (until - dt.timedelta(microseconds=1)).astimezone(zone).date()


@dataclass(frozen=True)
class Share:
    """A share of one record as it stands. `until` is the first instant at which it has ended."""

    record: int
    holder: Holder
    label: str
    level: str
    until: dt.datetime | None
    note: str
    given_by: int | None
    given_at: dt.datetime
    act: Any
    has_ended: bool = False
    part: str = ""

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it holds, where the company is."""
        return last_day(self.until)


SHARE_COLUMNS = (
    "content_object_id", "permission__codename", "until", "note", "given_by_id", "given_at", "act",
    "part",
)  # fmt: skip


def shares_of(
    model: type[models.Model], pks: Sequence[int], with_ended: bool = True
) -> list[Share]:
    """With whom these records are shared, people first, by name; those ended may be left out.

    Asked for records that came from the door; the clock is the database's, as at the door.
    """
    found: list[Share] = []
    if not is_shareable(model):
        return found
    for table, column, named in zip(
        share_tables(model), ("user_id", "group_id"), (people_named, groups_named), strict=True
    ):
        rows = table._default_manager.filter(content_object_id__in=list(pks)).annotate(
            has_ended=Case(When(until__lte=Now(), then=True), default=False)
        )
        values = list(rows.values_list(column, "has_ended", *SHARE_COLUMNS))
        holders = named({one[0] for one in values})
        for who, has_ended, pk, code, *terms in values:
            if who in holders and (with_ended or not has_ended):
                level = EDIT if code.startswith("change_") else VIEW
                holder, label = holders[who]
                until, note, by, at, act, part = terms
                share = Share(pk, holder, label, level, until, note, by, at, act, has_ended, part)
                found.append(share)
    return sorted(found, key=lambda one: (one.record, one.holder.kind != PERSON, one.label))


def _live() -> Q:
    """Shares that have not ended, by the database's clock."""
    return Q(until__isnull=True) | Q(until__gt=Now())


def collaborators_of(
    model: type[models.Model], pks: Iterable[int]
) -> dict[int, list[dict[str, Any]]]:
    """The collaborators of records now, in the order in which they came: person and terms."""
    table = share_tables(model)[0]
    rows = table._default_manager.filter(_live(), content_object_id__in=list(pks))
    values = list(rows.exclude(part="").order_by("pk").values_list(
        "content_object_id", "user_id", "part", "permission__codename", "until"
    ))  # fmt: skip
    people = names.people(one[1] for one in values) if values else {}
    found: dict[int, list[dict[str, Any]]] = {}
    for pk, user, part, code, until in values:
        level = EDIT if code.startswith("change_") else VIEW
        terms = {"person": people[user], "part": part, "level": level, "until": last_day(until)}
        found.setdefault(pk, []).append(terms)
    return found


def collaborating(model: type[models.Model], people: Sequence[int] | None = None) -> Q:
    """The rows on which one of these people works along now; without `people`, anybody."""
    table: Any = share_tables(model)[0]  # subclasses have content_object
    rows = table._default_manager.filter(_live()).exclude(part="")
    if people is None:
        return Q(Exists(rows.filter(content_object_id=OuterRef("pk"))))
    ids = rows.filter(user_id__in=list(people)).values("content_object_id")
    return Q(pk__any_of=ArraySubquery(ids))


def groups_held(groups: Iterable[int]) -> set[Holder]:
    """The departments and teams behind the hidden groups that reach a person."""
    return {holder for holder, _label in groups_named(groups).values()}


def _permissions(model: type[models.Model], action: str) -> list[int]:
    """The ids of the permissions that give `action`."""
    levels = ["change"] if action in EDITING else ["view", "change"]
    return list(
        Permission.objects.filter(
            content_type__app_label=model._meta.app_label,
            codename__in=[f"{level}_{model._meta.model_name}" for level in levels],
        ).values_list("pk", flat=True)
    )


def shared_condition(
    model: type[models.Model], action: str, user_id: int, groups: frozenset[int]
) -> Q | None:
    """Which rows of `model` are shared with the person for `action`; None if none can be.

    A read share gives `view`; an edit share gives `view` and `edit`. No other action is given.
    """
    if action not in {"view", "edit"}:
        return None
    user_models, group_models = _shares_of(model)
    live = _live()
    label = model._meta.label
    condition: Q | None = None
    for share, holder in [(one, Q(user_id=user_id)) for one in user_models] + [
        (one, Q(group_id__in=groups)) for one in group_models if groups
    ]:
        key = (share._meta.label, user_id, groups)
        if not _once(key, partial(_holds_shares, share, holder)):
            continue
        permissions = _once((label, action), partial(_permissions, model, action))
        shares: Any = share._default_manager  # subclasses have content_object
        ids = shares.filter(holder & live, permission_id__in=permissions)
        branch = Q(pk__any_of=ArraySubquery(ids.values("content_object_id")))
        condition = branch if condition is None else condition | branch
    return condition
