"""The one door: which rows, which fields, whether and why not."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from django.db.models import BooleanField, Case, Count, Q, QuerySet, Sum, When
from django.db.models.expressions import RawSQL
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible
from crm.access.grants import (
    ACTION_LABELS,
    CREATING,
    EVERYTHING,
    SCOPE_LABELS,
    Grants,
    State,
)  # fmt: skip
from crm.access.loading import Plan, columns_of, load_rows, plan_of, rows_from
from crm.access.paging import Branch, Mark, Slice, is_direct, page_statement, sliced
from crm.access.rows import ALLOWED, Decision, Ref, Row
from crm.access.sharing import shared_condition
from crm.access.statements import Statement, compiled, kept, rows_of
from crm.modules.day import company_today
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.modules.stamp import versions

COUNT_LIMIT = 10_000
SUM_LIMIT = 100_000


class Access:
    """One person in one module: the only door to its rows and fields.

    With `through`, a record that the person already sees, the rows are those that hang on it
    (the follow-ups of a customer); fields stay the person's own.
    """

    def __init__(
        self,
        user: Any,
        module: Module,
        grants: Grants,
        through: Row | None = None,
        is_bin: bool = False,
        only_shares: bool = False,
    ) -> None:
        self.user = user
        self.module = module
        self.grants = grants
        self.through = through
        self.is_bin = is_bin
        self.only_shares = only_shares

    def by_shares(self) -> "Access":
        """The same person's door to what shares alone let him see: one branch to read."""
        return Access(
            self.user, self.module, self.grants, self.through, self.is_bin, only_shares=True
        )

    def in_bin(self) -> "Access":
        """The same person's door to deleted records: those that he might delete."""
        return Access(self.user, self.module, self.grants, is_bin=True)

    # Fields -----------------------------------------------------------------------------------

    @cached_property
    def _states(self) -> dict[str, State]:
        states = {name: self.grants.state(name) for name in self.module.right_names()}
        for name, field in self.module.fields.items():
            if field.is_computed:
                open_inputs = all(
                    states.get(one, State.HIDDEN) >= State.READ for one in field.inputs
                )
                states[name] = min(states[name], State.READ) if open_inputs else State.HIDDEN
            elif not field.may_mask and states.get(name) == State.MASKED:
                states[name] = State.HIDDEN
        return states

    def state(self, name: str) -> State:
        """The state of a field or of a collection's member (`phones.number`)."""
        return self._states.get(name, State.HIDDEN)

    @cached_property
    def visible(self) -> frozenset[str]:
        """Fields that show, masked ones included."""
        return frozenset(name for name, state in self._states.items() if state >= State.MASKED)

    @cached_property
    def readable(self) -> frozenset[str]:
        """Fields whose value the person may know and so may filter, sort, group and search by."""
        return frozenset(name for name, state in self._states.items() if state >= State.READ)

    @cached_property
    def masked(self) -> frozenset[str]:
        """Fields that show with their value covered."""
        return frozenset(name for name, state in self._states.items() if state == State.MASKED)

    @cached_property
    def editable(self) -> frozenset[str]:
        """Fields that the person may write on some record of his."""
        return frozenset(
            name
            for name, state in self._states.items()
            if state == State.EDIT and not self._is_fixed(name)
        )

    def _is_fixed(self, name: str) -> bool:
        field = self.module.field_at(name)
        return field is None or field.is_read_only or field.is_computed

    def writable(self, record: Mapping[str, Any] | None = None) -> frozenset[str]:
        """The fields that may be written on `record` (its values; None: a new one)."""
        if record is None or not self.grants.only_when_empty:
            return self.editable
        filled = {
            name
            for name in self.grants.only_when_empty
            if record.get(name) not in (None, "", (), [])
        }
        return self.editable - filled

    @property
    def everything(self) -> Q:
        """The condition that every row meets."""
        return Q()

    # Rows -------------------------------------------------------------------------------------

    @property
    def _all(self) -> QuerySet:
        rows = self.module.rows.filter(deleted_at__isnull=not self.is_bin)
        return rows.filter(**self._hanging()) if self.through is not None else rows

    def _hanging(self) -> dict[str, Any]:
        assert self.through is not None
        return self.module.hanging_on(self.through.module, self.through.pk)

    def branches(self, action: str = "view") -> list[Branch]:
        """The person's rows as flat branches: by owner, by department, shared."""
        if self.only_shares and action == "view":
            shared = self._shared(action)
            return [] if shared is None else [Branch(condition=shared)]
        scope = self.grants.scope("delete" if self.is_bin else action)
        if self.through is not None and action == "view" and scope:
            scope = EVERYTHING  # whoever sees the record sees what hangs on it, no more
        if scope.everything:
            return [Branch()]
        found: list[Branch] = []
        before: Q | None = None
        for column, ids in (("owner_id", scope.owners), ("department_id", scope.departments)):
            if ids:
                found.append(Branch(column=column, values=tuple(sorted(ids)), without=before))
                reach = Q(**{f"{column}__in": found[-1].values})
                before = reach if before is None else before | reach
        shared = self._shared(action)
        if shared is not None:
            found.append(Branch(condition=shared, without=before))
        return found

    def _shared(self, action: str) -> Q | None:
        if self.is_bin or (not self.grants.scope("view") and not self.grants.states):
            return None
        return shared_condition(self.module.model, action, self.grants.user_id, self.grants.groups)

    @property
    def from_others(self) -> Q:
        """The rows that others share with the person, himself or through a group of his."""
        shared = self._shared("view")
        if shared is None:
            return Q(pk__in=[])
        return shared & (Q(owner__isnull=True) | ~Q(owner=self.grants.user_id))

    def rows(self, action: str = "view") -> QuerySet:
        """The living rows that `action` reaches, as model instances; for services only."""
        reach = self._reach(action)
        if reach is None:
            return self._all.none()
        return self._all.filter(reach) if reach else self._all

    def _reach(self, action: str) -> Q | None:
        """What rows must meet for `action`: None if nothing does, an empty Q if all do."""
        branches = self.branches(action)
        if not branches:
            return None
        if Branch() in branches:
            return Q()
        condition = Q()
        for branch in branches:
            condition |= Branch(branch.condition, branch.column, branch.values).flat()
        return condition

    def page(self, wanted: Slice, names: Iterable[str] | None = None) -> list[Row]:
        """The rows of one page in its order, with the fields called `names`."""
        return self.marked_page(wanted, names)[0]

    def marked_page(
        self, wanted: Slice, names: Iterable[str] | None = None
    ) -> tuple[list[Row], list[Mark]]:
        """The rows of one page, and where each stands in the order if the slice asks for it."""
        branches = self.branches()
        if not branches:
            return [], []
        plan = plan_of(self, names)
        extra = wanted.keys if wanted.is_marked else {}

        def make() -> Statement | None:
            if is_direct(branches, wanted):
                return compiled(columns_of(sliced(self._all, branches[0], wanted), plan, extra))
            ids = page_statement(self._all, branches, wanted)
            if ids is None:
                return None
            found = self.module.rows.filter(pk__any_of=RawSQL(f"ARRAY({ids[0]})", ids[1]))  # noqa: S611  compiled by Django
            return compiled(columns_of(wanted.ordered(found), plan, extra))

        found = rows_of(kept(self._key("page", wanted, plan), make))
        if wanted.is_backward:
            found.reverse()
        if not wanted.is_marked:
            return rows_from(self, plan, found), []
        width = len(plan.keys)
        rows = rows_from(self, plan, [one[:width] for one in found])
        return rows, [Mark(tuple(one[width:]), one[0]) for one in found]

    def _key(self, kind: str, wanted: Slice | None, plan: Plan | None = None) -> Hashable:
        """What a statement is kept under; None for those that are not worth it."""
        is_narrowed = wanted is not None and (bool(wanted.where) or wanted.mark is not None)
        if is_narrowed or (wanted is not None and (self.through is not None or self.is_bin)):
            return None
        return (
            kind,
            self.grants.user_id,
            self.module.name,
            versions(),
            company_today(),  # formulas may count from it
            wanted.key if wanted is not None else None,
            plan.keys if plan is not None else None,
        )

    def statement(self, wanted: Slice) -> Statement | None:
        """What answers the ids of a slice's rows in its order, branch by branch."""
        branches = self.branches()
        return page_statement(self._all, branches, wanted) if branches else None

    def ids(self, wanted: Slice) -> list[int]:
        """The ids of a slice's rows in its order."""
        return [found[0] for found in rows_of(self.statement(wanted))]

    def rows_of(self, ids: Iterable[int], names: Iterable[str] | None = None) -> list[Row]:
        """The rows with ids that came from this door, in the order given."""
        return self._ordered(plan_of(self, names), list(ids))

    def _ordered(self, plan: Plan, ids: list[int]) -> list[Row]:
        if not ids:
            return []

        def make() -> Statement | None:
            return compiled(columns_of(self.module.rows.filter(pk__any_of=[0]), plan))

        found = rows_of(kept(self._key("rows", None, plan), make), ids)
        by_id = {row.pk: row for row in rows_from(self, plan, found)}
        return [by_id[pk] for pk in ids if pk in by_id]

    def count(self, where: Q, exact: bool = False) -> tuple[int, bool]:
        """How many rows a condition holds: exact up to 10,000, above that (10000, False)."""
        found = self.rows().filter(where)
        if exact:
            return found.count(), True
        counted = found.order_by().values("pk")[: COUNT_LIMIT + 1].count()
        return min(counted, COUNT_LIMIT), counted <= COUNT_LIMIT

    def sums(self, where: Q, fields: Iterable[Field], exact: bool = False) -> dict[str, Any] | None:
        """The sum of each field over the rows that a condition holds, None where all are empty.

        None altogether where there are more than SUM_LIMIT rows, unless `exact` asks for it.
        Raises NotAllowed for a field whose values the person may not know.
        """
        asked: dict[str, Any] = {}
        for field in fields:
            if field.name not in self.readable:
                raise NotAllowed(_("You may not read all that is to be summed up."))
            asked[f"sum_{field.name}"] = Sum(field.expression())
        rows = self.rows().filter(where).order_by()
        if not exact:
            rows = rows[: SUM_LIMIT + 1]
        found = rows.aggregate(rows=Count("pk"), **asked)
        if found.pop("rows") > SUM_LIMIT and not exact:
            return None
        return {name.removeprefix("sum_"): value for name, value in found.items()}

    def get(self, pk: int, names: Iterable[str] | None = None, action: str = "view") -> Row:
        """One record as the person may see it. Raises NotVisible for all that may not be known."""
        found = load_rows(self, self.rows(action).filter(pk=pk), names)
        if not found:
            raise NotVisible
        return found[0]

    def lock(self, pk: int, action: str = "edit") -> Any:
        """The model instance, locked, for services.

        Raises NotVisible when the person may not know of it, NotAllowed when he sees it only.
        """
        record = self.rows(action).select_for_update(of=("self",)).filter(pk=pk).first()
        if record is not None:
            return record
        if action != "view" and self.rows().filter(pk=pk).exists():
            raise NotAllowed(self._why_not(action))
        raise NotVisible

    def labels(self, module_name: str, ids: set[int]) -> dict[int, Ref]:
        """References to other records, those only that the person may see and name."""
        try:
            other = access_to(self.user, module_named(module_name))
        except UnknownModule:
            return {}
        title = other.module.title
        if title not in other.readable or not ids:
            return {}

        def make() -> Statement | None:
            return compiled(other.rows().filter(pk__any_of=[0]).values_list("pk", title))

        rows = rows_of(kept(other._key("labels", None), make), list(ids))
        return {pk: Ref(pk, label or "", module_name) for pk, label in rows}

    # Decisions --------------------------------------------------------------------------------

    def may(self, action: str) -> bool:
        """Whether the person may do `action` on some record of the module."""
        return bool(self.grants.scope(action)) or bool(
            action in {"view", "edit"} and self._has_shares(action)
        )

    def _has_shares(self, action: str) -> bool:
        shared = self._shared(action)
        return shared is not None and self._all.filter(shared).exists()

    def decide(self, action: str, pk: int | None = None) -> Decision:
        """Whether the person may do `action` (on the record `pk`), with the reason if not."""
        if action in CREATING or pk is None:
            return ALLOWED if self.may(action) else Decision(False, self._why_not(action))
        if self.rows(action).filter(pk=pk).exists():
            return ALLOWED
        return Decision(False, self._why_not(action))

    def decisions(self, pk: int, actions: Iterable[str]) -> dict[str, Decision]:
        """What the person may do with one record, by one query."""
        asked: dict[str, Any] = {}
        answers: dict[str, bool] = {}
        for action in actions:
            reach = self._reach(action)
            if not reach:
                answers[action] = reach is not None
            else:
                asked[f"may_{action}"] = Case(
                    When(reach, then=True), default=False, output_field=BooleanField()
                )
        if asked:
            found = self._all.filter(pk=pk).annotate(**asked).values(*asked).first() or {}
            answers.update({name.removeprefix("may_"): value for name, value in found.items()})
        return {
            action: ALLOWED if answers.get(action) else Decision(False, self._why_not(action))
            for action in actions
        }

    def _why_not(self, action: str) -> str:
        label = ACTION_LABELS.get(action, action)
        reasons = self.grants.reasons.get(action, ())
        if not reasons:
            return _("None of your roles allows “%(action)s” on %(module)s.") % {
                "action": label,
                "module": self.module.label_plural,
            }
        reach = ", ".join(f"{role}: {SCOPE_LABELS[scope]}" for role, scope in reasons)
        return _("“%(action)s” does not reach this record (%(reach)s).") % {
            "action": label,
            "reach": reach,
        }

    def require(self, action: str, pk: int | None = None) -> None:
        """Raise NotAllowed with the reason unless the person may do `action`."""
        decision = self.decide(action, pk)
        if not decision:
            raise NotAllowed(decision.reason)


def access_to(user: Any, module: Module | str, through: Row | None = None) -> Access:
    """The door of `user` to `module`. Raises UnknownModule."""
    found = module_named(module) if isinstance(module, str) else module
    return Access(user, found, user.grants(found.name), through)
