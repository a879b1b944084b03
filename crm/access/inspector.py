"""Why a person may or may not: the door's own answers, asked once for each thing that decides.

Nothing here knows a rule. Each role, and then the shares alone, is put into grants of its own
and goes through the same `Access` as every page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crm.access.errors import NotVisible
from crm.access.grants import Grants, State
from crm.access.holders import PERSON
from crm.access.policy import Access, access_to
from crm.access.rows import Decision
from crm.access.sharing import EDIT, EDITING, VIEW, Share, groups_held, shares_of
from crm.modules.module import Module

ON_RECORDS = ("view", "edit", "delete", "assign", "share", "export", "print")
IN_BIN = ("view",)


@dataclass(frozen=True, eq=False)
class Part:
    """One role of a person: where it comes from, and the grants that it gives by itself."""

    label: str
    source: str
    url: str
    grants: Grants


@dataclass(frozen=True)
class Verdict:
    """The door's answer to one action on one record, and the parts that say yes by themselves."""

    action: str
    decision: Decision
    parts: Mapping[Part, bool]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Weight:
    """What becomes of one field: the state, each role's own (and whether it may edit freely), the
    roles that give what holds, and the states of its inputs if it is computed.
    """

    state: State
    parts: tuple[tuple[Part, State, bool], ...]
    deciding: tuple[Part, ...]
    inputs: tuple[tuple[str, State], ...]
    is_fixed: bool


def weigh_field(door: Access, parts: Iterable[Part], path: str) -> Weight:
    """The door's answer for one field, and that of each role by itself."""
    field = door.module.field_at(path)
    each = tuple(
        (part, part.grants.state(path), path not in part.grants.only_when_empty) for part in parts
    )
    best = max(((state, is_free) for _part, state, is_free in each), default=None)
    deciding = tuple(part for part, state, is_free in each if state and (state, is_free) == best)
    inputs = field.inputs if field is not None else ()
    return Weight(
        state=door.state(path),
        parts=each,
        deciding=deciding,
        inputs=tuple((name, door.state(name)) for name in inputs),
        is_fixed=field is None or field.is_read_only or field.is_computed,
    )


class RolesAlone(Access):
    """The door without its branch of shares."""

    def _shared(self, action: str) -> None:
        return None


def verdicts(
    user: Any, module: Module, parts: Iterable[Part], pk: int, is_bin: bool
) -> list[Verdict]:
    """Each action on the record `pk`, with every role and share that decides.

    In the bin a record can only be seen, by those who may delete it.
    """
    actions = IN_BIN if is_bin else ON_RECORDS
    access = access_to(user, module)
    doors = {part: RolesAlone(user, module, part.grants, is_bin=is_bin) for part in parts}
    whole = Access(user, module, access.grants, is_bin=is_bin).decisions(pk, actions)
    each = {part: door.decisions(pk, actions) for part, door in doors.items()}
    shares = live_shares(user, access, pk)
    shared = without_roles(access).decisions(pk, actions)
    return [
        Verdict(
            action,
            whole[action],
            {part: bool(found[action]) for part, found in each.items()},
            tuple(one for one in shares if _gives(one, action)) if shared[action] else (),
        )
        for action in actions
    ]


def without_roles(access: Access) -> Access:
    """The same door with no row of any role: what shares alone open."""
    bare = replace(access.grants, scopes={}, view_all=False, edit_all=False)
    return Access(access.user, access.module, bare, is_bin=access.is_bin)


def _gives(share: Share, action: str) -> bool:
    return share.level == EDIT if action in EDITING else action == VIEW


def live_shares(user: Any, access: Access, pk: int) -> list[Share]:
    """The shares of the record that reach this person now."""
    held = groups_held(access.grants.groups)
    return [
        one
        for one in shares_of(access.module.model, [pk], with_ended=False)
        if (one.holder.kind == PERSON and one.holder.pk == user.pk) or one.holder in held
    ]


def writable_on(access: Access, pk: int) -> frozenset[str]:
    """The fields that the person may write on this record as it is now; none if he sees it not."""
    try:
        row = access.get(pk)
    except NotVisible:
        return frozenset()
    return access.writable(row) if access.decide("edit", pk) else frozenset()
