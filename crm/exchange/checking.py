"""Some hundred rows of an import: judged by the write path's own checks, written if wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crm.access import names
from crm.access.policy import Access, access_to
from crm.exchange.keys import Finder
from crm.exchange.lines import Line, Plan, paths_of
from crm.exchange.spreadsheet import BadRow
from crm.exchange.targets import child_modules
from crm.jobs.models import JobRow
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.bulk import Outcome, check_many, create_many, learn_references
from crm.records.bulk_changes import update_many
from crm.records.cleaning import Cleaner
from crm.records.drafts import Draft
from crm.records.services import new_draft

SKIP, UPDATE, CREATE = "skip", "update", "create"
POLICIES = (SKIP, UPDATE, CREATE)
CREATED, UPDATED, SKIPPED, REFUSED, NEAR = "created", "updated", "skipped", "refused", "near"
READY = (CREATED, UPDATED)  # what a row without fault becomes


@dataclass
class Choice:
    """What the person decided about rows that are known already.

    `decisions` holds for single rows what the policy says for all: "skip", "create", or the id
    of the record that the row belongs to.
    """

    policy: str = SKIP
    key: str = ""
    decisions: Mapping[str, str] = field(default_factory=dict)

    def near_is_fine(self, line: Line) -> bool:
        """Whether this row may be similar to a known record."""
        decided = self.decisions.get(str(line.number))
        return decided == CREATE or (decided is None and self.policy == CREATE)

    def target_of(self, line: Line) -> int | None:
        """The record that the person named for this row."""
        decided = self.decisions.get(str(line.number), "")
        return int(decided) if decided.isdecimal() else None


@dataclass
class Verdict:
    """What became of one row, or would: its record, or reasons by path."""

    line: Line
    outcome: str = ""
    module: str = ""
    pk: int | None = None
    version: int = 1
    reasons: dict[str, list[str]] = field(default_factory=dict)
    matches: list[dict[str, Any]] = field(default_factory=list)
    before: dict[str, Any] | None = None
    is_known: bool = False


class Chunk:
    """The rows of one batch."""

    def __init__(self, actor: Any, plan: Plan, choice: Choice, act: Act, at: datetime) -> None:
        self.actor = actor
        self.plan = plan
        self.module: Module = plan.module
        self.choice = choice
        self.act = act
        self.at = at
        self.verdicts: list[Verdict] = []
        self.extra: list[Verdict] = []  # records that rows carried besides their own
        self._drafts: dict[int, Draft] = {}
        self._children: dict[str, tuple[Access, str]] = {}
        for child, relation in child_modules(self.module):
            access = access_to(actor, child)
            if access.may("create"):
                self._children[child.name] = (access, relation)

    def judge(self, lines: Sequence[Line], write: bool) -> None:
        """Check the rows, and write them if `write`."""
        self.verdicts = [Verdict(line, module=self.module.name) for line in lines]
        self._check_children()
        self._refuse_unread()
        fresh, changed = self._sorted_out()
        self._change(changed, write)
        self._make(fresh, write)
        if write:
            self._find_brought()
            owners = [
                (one, one.pk) for one in self.verdicts if one.pk is not None and one.line.children
            ]
            for name in self._children:
                self._write_children(name, owners)

    def _find_brought(self) -> None:
        """A company that stands in several rows: the contacts of the later ones go to it too."""
        waiting: dict[int, list[Verdict]] = {}
        for verdict in self.verdicts:
            if verdict.pk is None and verdict.is_known and verdict.line.children:
                for match in verdict.matches:
                    if match["exact"] and match["pk"]:
                        waiting.setdefault(match["pk"], []).append(verdict)
        made = JobRow.objects.filter(
            job__act=self.act.id,
            module=self.module.name,
            outcome=CREATED,
            record_id__in=list(waiting),
        )
        for pk in made.values_list("record_id", flat=True):
            for verdict in waiting[pk or 0]:
                verdict.pk = pk

    def values_of(self, verdict: Verdict) -> dict[str, Any]:
        """The checked values of a row that would make a new record."""
        return self._drafts[id(verdict)].all

    def _open(self) -> list[Verdict]:
        return [one for one in self.verdicts if not one.outcome]

    def _refuse(self, verdict: Verdict, reasons: Mapping[str, Sequence[Any]]) -> None:
        verdict.outcome = REFUSED
        for path, texts in reasons.items():
            verdict.reasons.setdefault(path, []).extend(str(text) for text in texts)

    def _refuse_unread(self) -> None:
        """Rows that are refused already, or cannot be read: all that is wrong is told at once."""
        unread = [one for one in self.verdicts if one.line.errors or one.outcome == REFUSED]
        if not unread:
            return
        cleaner = Cleaner(self.plan.access)
        learn_references(cleaner, (one.line.values for one in unread))
        for verdict in unread:
            errors = verdict.line.errors
            named = {path.partition(".")[0] for path in errors}
            self._refuse(verdict, errors)
            if not isinstance(verdict.line.cells, BadRow):
                draft = new_draft(self.plan.access, cleaner, verdict.line.values)
                more = {name: texts for name, texts in draft.errors.items() if name not in named}
                self._refuse(verdict, paths_of(self.plan, more))

    # Records that a row carries besides ---------------------------------------------------------

    def _check_children(self) -> None:
        """A row whose contact or follow-up is wrong is refused as a whole."""
        for name, (access, relation) in self._children.items():
            carrying = [one for one in self.verdicts if name in one.line.children]
            if not carrying:
                continue
            cleaner = Cleaner(access)
            learn_references(cleaner, (one.line.children[name] for one in carrying))
            for verdict in carrying:
                self._settle_author(access, cleaner, verdict.line.children[name])
                draft = new_draft(access, cleaner, verdict.line.children[name])
                draft.errors.pop(relation, None)
                unread = {
                    path.removeprefix(f"{name}.").partition(".")[0] for path in verdict.line.errors
                }
                errors = {one: texts for one, texts in draft.errors.items() if one not in unread}
                if errors:
                    self._refuse(verdict, paths_of(self.plan, errors, name))

    def _settle_author(self, access: Access, cleaner: Cleaner, values: dict[str, Any]) -> None:
        """An author whom the person may not put in is kept by name in the text."""
        owner = values.get("owner")
        if owner is None or owner == access.user.pk or "text" not in values:
            return
        if "owner" in new_draft(access, cleaner, {"owner": owner}).errors:
            del values["owner"]
            known = names.people([owner])[owner]
            written_by = _("Written by %s.") % known
            values["text"] = f"{values['text']}\n{written_by}"

    def _write_children(self, name: str, owners: Sequence[tuple[Verdict, int]]) -> None:
        access, relation = self._children[name]
        is_any = access.module.fields[relation].kind == "any_relation"
        carrying = [(verdict, pk) for verdict, pk in owners if name in verdict.line.children]
        known = self._known_children(access, relation, {pk for _one, pk in carrying}, is_any)
        rows, verdicts = [], []
        for verdict, pk in carrying:
            values = verdict.line.children[name]
            if _identity(access.module, pk, values) in known:
                continue
            known.add(_identity(access.module, pk, values))
            rows.append({**values, relation: f"{self.module.name}/{pk}" if is_any else pk})
            verdicts.append(verdict)
        if not rows:
            return
        outcomes = create_many(actor=self.actor, module=name, rows=rows, act=self.act, at=self.at)
        for verdict, outcome in zip(verdicts, outcomes, strict=True):
            found = Verdict(verdict.line, CREATED, name, outcome.pk)
            if outcome.pk is None:
                self._refuse(found, paths_of(self.plan, outcome.errors, name))
            self.extra.append(found)

    def _known_children(
        self, access: Access, relation: str, parents: set[int], is_any: bool
    ) -> set[tuple[Any, ...]]:
        """What the parents have of this kind, so that a second import adds nothing twice."""
        field_ = access.module.fields[relation]
        keys = [f"{self.module.name}/{pk}" for pk in parents] if is_any else list(parents)
        wanted = [
            one for one in (access.module.title, "happened_at") if one in access.module.fields
        ]
        columns = [access.module.fields[name].value_path for name in wanted]
        rows = access.rows().filter(**{f"{field_.value_path}__in": keys})
        found = set()
        for parent, *cells in rows.values_list(field_.value_path, *columns):
            pk = int(str(parent).rpartition("/")[2])
            found.add(_identity(access.module, pk, dict(zip(wanted, cells, strict=True))))
        return found

    # The row's own record -------------------------------------------------------------------------

    def _sorted_out(self) -> tuple[list[Verdict], list[tuple[Verdict, int]]]:
        """Which rows make a new record, and which change one that is there."""
        finder = Finder(self.plan.access, self.choice.key if self.choice.policy == UPDATE else "")
        wanted = self._open()
        found = finder.find([one.line for one in wanted])
        fresh, changed = [], []
        for verdict, (pk, refusal) in zip(wanted, found, strict=True):
            named = self.choice.target_of(verdict.line)
            if self.choice.decisions.get(str(verdict.line.number)) == SKIP:
                verdict.outcome, verdict.is_known = SKIPPED, True
            elif named is not None or pk is not None:
                changed.append((verdict, named if named is not None else pk or 0))
            elif refusal:
                self._refuse(verdict, refusal)
            else:
                fresh.append(verdict)
        return fresh, changed

    def _make(self, fresh: list[Verdict], write: bool) -> None:
        if not fresh:
            return
        rows = [one.line.values for one in fresh]
        fine = {n for n, one in enumerate(fresh) if self.choice.near_is_fine(one.line)}
        near = True if len(fine) == len(rows) else fine
        if write:
            outcomes = create_many(
                actor=self.actor, module=self.module.name, rows=rows, act=self.act,
                near_is_fine=near, at=self.at,
            )  # fmt: skip
        else:
            batch = check_many(
                actor=self.actor,
                module=self.module.name,
                rows=rows,
                act=self.act,
                near_is_fine=near,
            )
            outcomes = batch.outcomes
            self._drafts = dict(zip((id(one) for one in fresh), batch.drafts, strict=True))
        for verdict, outcome in zip(fresh, outcomes, strict=True):
            self._take(verdict, outcome, fresh, outcomes)

    def _take(
        self, verdict: Verdict, outcome: Outcome, fresh: list[Verdict], outcomes: list[Outcome]
    ) -> None:
        if not outcome.errors:
            verdict.outcome, verdict.pk = CREATED, outcome.pk
            return
        reasons = paths_of(self.plan, outcome.errors)
        is_exact = any(match.is_exact for match in outcome.matches)
        verdict.matches = [
            {"pk": m.pk, "label": m.label, "word": str(m.word), "rule": m.rule, "exact": m.is_exact}
            for m in outcome.matches[:5]
        ]
        verdict.is_known = outcome.is_known
        self._refuse(verdict, reasons)
        if not outcome.is_known:
            return
        if self.choice.policy == SKIP or not (is_exact or outcome.twin is not None):
            verdict.outcome = SKIPPED
        if outcome.is_same and outcome.twin is not None:
            verdict.pk = outcomes[outcome.twin].pk  # its contacts go to the row above

    def _change(self, changed: list[tuple[Verdict, int]], write: bool) -> None:
        if not changed:
            return
        rows = [(pk, one.line.values) for one, pk in changed]
        outcomes = update_many(
            actor=self.actor, module=self.module.name, rows=rows, act=self.act, write=write
        )
        for (verdict, _pk), outcome in zip(changed, outcomes, strict=True):
            if outcome.errors:
                self._refuse(verdict, paths_of(self.plan, outcome.errors))
                continue
            verdict.outcome, verdict.pk = UPDATED, outcome.pk
            verdict.version, verdict.before = outcome.version, outcome.before or None


def _identity(module: Module, parent: int, values: Mapping[str, Any]) -> tuple[Any, ...]:
    return (parent, values.get(module.title), values.get("happened_at"))
