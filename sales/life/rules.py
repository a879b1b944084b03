"""What the rules say of customers: compiled once a day and version, asked by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Case, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from crm.access.errors import Refusal
from crm.access.policy import Access
from crm.access.statements import Statement
from crm.access.statements import compiled as statement_of
from crm.access.system import access_as_system
from crm.customfields.dictionaries import labels_of
from crm.lists.choice_uses import names_choice
from crm.lists.conditions import compile_tree
from crm.modules.day import company_today
from crm.modules.registry import module_named
from crm.modules.stamp import KeptUnder, definitions_version
from sales.life.models import StageRule

MODULE = "customers"
REASON = "stage of life"
UNSAVED = -1  # the id of a rule that is only tried
MARK = [-1]  # stands where the ids come in a statement that is kept
PERSONAL = frozenset({"@me", "@my_team", "@my_department"})


@dataclass(frozen=True)
class Verdict:
    """What becomes of one customer: which rule moves it, from which stage to which."""

    pk: int
    before: str
    rule: int
    after: str


@dataclass(frozen=True)
class Rules:
    """The rules that are on, in their order, compiled for one day of the company.

    `broken` holds the reason by id of a rule that cannot be read (its field is gone); then nothing
    is decided at all, since customers would fall to rules that were not meant for them.
    """

    door: Access
    conditions: tuple[tuple[int, Q], ...]
    stages: Mapping[int, str]
    overruling: frozenset[int]
    broken: Mapping[int, str]

    def __bool__(self) -> bool:
        return bool(self.conditions) and not self.broken

    def asked(self, rows: QuerySet) -> Statement | None:
        """The statement that gives (id, stage, id of the first rule that holds) of these rows."""
        first = Case(
            *(When(condition, then=Value(pk)) for pk, condition in self.conditions),
            default=Value(0), output_field=BigIntegerField(),
        )  # fmt: skip
        found = rows.annotate(first_rule=first).order_by()
        return statement_of(found.values_list("pk", "stage", "first_rule"))

    def verdicts(self, rows: QuerySet, most: int | None = None) -> list[Verdict]:
        """The customers among `rows` that the rules move, up to `most`, by id."""
        if not self:
            return []
        return self._decided(self.asked(rows), most)

    def verdicts_of(self, ids: Sequence[int]) -> list[Verdict]:
        """The same of the living customers with these ids, by a statement compiled once."""
        if not self or self._by_id is None:
            return []
        sql, params = self._by_id
        return self._decided((sql, tuple(list(ids) if one == MARK else one for one in params)))

    @cached_property
    def _by_id(self) -> Statement | None:
        return self.asked(self.door.rows().filter(pk__any_of=MARK))

    def _decided(self, asked: Statement | None, most: int | None = None) -> list[Verdict]:
        if asked is None:
            return []
        sql, params = asked
        known = list(self.stages)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.id, d.stage, r.id, r.stage"  # noqa: S608  compiled by Django
                f" FROM ({sql}) AS d(id, stage, rule)"
                " JOIN unnest(%s::bigint[], %s::text[], %s::boolean[]) AS r(id, stage, over)"
                " ON r.id = d.rule"
                " WHERE d.stage <> r.stage AND (r.over OR NOT EXISTS"
                " (SELECT FROM sales_stage_hold h WHERE h.customer_id = d.id))"
                " ORDER BY d.id LIMIT %s",
                [
                    *params, known, [self.stages[pk] for pk in known],
                    [pk in self.overruling for pk in known], most,
                ],
            )  # fmt: skip
            return [Verdict(*row) for row in cursor.fetchall()]


def compiled(rules: Sequence[StageRule]) -> Rules:
    """These rules for today, whether they are on or not."""
    door = access_as_system(MODULE, REASON)
    conditions, broken = [], {}
    for rule in rules:
        try:
            conditions.append((rule.pk or UNSAVED, compile_tree(door, rule.condition)))
        except Refusal as refusal:
            broken[rule.pk or UNSAVED] = str(refusal.message)
    return Rules(
        door=door,
        conditions=tuple(conditions),
        stages={rule.pk or UNSAVED: rule.stage for rule in rules},
        overruling=frozenset(rule.pk or UNSAVED for rule in rules if rule.overrules),
        broken=broken,
    )


_rules = KeptUnder(
    lambda: (definitions_version(), company_today()),
    lambda: compiled(list(StageRule.objects.filter(is_on=True))),
)


def rules_now() -> Rules:
    """The rules that are on, as of today; who changes one raises the definitions' version."""
    return _rules.get()


def check_condition(tree: Any) -> None:
    """Refuse a condition that a rule cannot have. Raises Refusal (BadQuery) with the reason."""
    door = access_as_system(MODULE, REASON)
    if not isinstance(tree, dict) or not tree or tree == {"all": []}:
        raise Refusal(_("Add a condition first: a rule without one would hold for everybody."))
    if _speaks_of_somebody(tree):
        raise Refusal(_("A rule runs for nobody in particular: “me” and “my team” mean nothing."))
    compile_tree(door, tree)


def _speaks_of_somebody(node: Any) -> bool:
    if isinstance(node, dict):
        return any(_speaks_of_somebody(one) for one in node.values())
    if isinstance(node, list):
        return any(_speaks_of_somebody(one) for one in node)
    return isinstance(node, str) and node in PERSONAL


def rules_with_choice(dictionary: str, value: str) -> list[str]:
    """The rules whose conditions name a choice, each as a sentence; switched off ones too."""
    module = module_named(MODULE)
    labels = labels_of(module.fields["stage"])
    return [
        _("Stage rule %(number)d (to “%(stage)s”) asks for it.")
        % {"number": number, "stage": labels.get(rule.stage, rule.stage)}
        for number, rule in enumerate(StageRule.objects.all(), start=1)
        if names_choice(module, rule.condition, dictionary, value)
    ]
