"""The query language: a typed tree, checked against the reader's rights and compiled in one place.

A tree is {"field", "op", "value"}, {"all": [...]}, {"any": [...]} or {"not": {...}}.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Func, Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    In,
    IsNull,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
)  # fmt: skip
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.access.sharing import collaborating
from crm.lib.phones import reversed_digits
from crm.lists.errors import BadQuery
from crm.lists.values import DATE_KINDS, date_bounds, day_start, parse_value, parse_values
from crm.modules.fields import LISTS, REFERENCES, Field
from crm.modules.registry import module_names
from crm.records.children import Phone

MOST_DEPTH = 5
MOST_CONDITIONS = 50
MOST_RELATIONS = 3  # in one path
NEGATED = {"ne": "eq", "not_in": "in"}
POINTERS = REFERENCES | {"any_relation"}
TEXTS = frozenset({"text", "long_text", "email", "url", "phone", "credit_code", "choice"})


class _Truth(ExpressionWrapper):
    """A condition as a value; one that no row can meet is false."""

    empty_result_set_value = False


class _IsNotTrue(Func):
    """False or unknown."""

    template = "(%(expressions)s) IS NOT TRUE"


def complement(condition: Q) -> Q:
    """The rows that a condition does not hold for, those without a value included."""
    truth = _Truth(condition, output_field=BooleanField())
    return Q(_IsNotTrue(truth, output_field=BooleanField()))


def compile_tree(access: Access, tree: Any) -> Q:
    """The tree as a condition on the rows of `access`. Raises BadQuery with the reason."""
    budget = [MOST_CONDITIONS]
    return _node(access, tree, 1, budget)


def _node(access: Access, node: Any, depth: int, budget: list[int]) -> Q:
    if depth > MOST_DEPTH:
        raise BadQuery(_("Conditions may be nested %d deep.") % MOST_DEPTH)
    if not isinstance(node, dict):
        raise BadQuery(_("A condition must be an object."))
    keys = set(node)
    if keys in ({"all"}, {"any"}):
        name = keys.pop()
        if not isinstance(node[name], list):
            raise BadQuery(_("“%s” must hold a list of conditions.") % name)
        return _group(access, name, node[name], depth, budget)
    if keys == {"not"}:
        return complement(_node(access, node["not"], depth + 1, budget))
    if not {"field", "op"} <= keys <= {"field", "op", "value"}:
        raise BadQuery(_("A condition needs “field” and “op” and may have “value”."))
    budget[0] -= 1
    if budget[0] < 0:
        raise BadQuery(_("At most %d conditions.") % MOST_CONDITIONS)
    return _condition(access, str(node["field"]), str(node["op"]), node.get("value"))


def _group(access: Access, name: str, nodes: list[Any], depth: int, budget: list[int]) -> Q:
    if not nodes:
        return Q(pk__isnull=False) if name == "all" else Q(pk__in=[])
    result = Q()
    for one in nodes:
        part = _node(access, one, depth + 1, budget)
        result = result & part if name == "all" else result | part
    return result


def readable_field(access: Access, path: str) -> Field:
    """The field at `path`, if the person may use it. Raises BadQuery: unknown or not readable."""
    field = access.module.field_at(path)
    if field is None or path not in access.visible:
        raise BadQuery(_("There is no field “%s” that you may use here.") % path[:80])
    if path not in access.readable:
        raise BadQuery(
            _("“%s” is masked for you: it cannot be used to filter, sort or search.") % field.label
        )
    return field


def _condition(access: Access, path: str, op: str, value: Any) -> Q:
    name, _dot, rest = path.partition(".")
    own = access.module.fields.get(name)
    if own is not None and own.kind == "relation" and rest:
        return _related(access, readable_field(access, name), rest, op, value)
    field = readable_field(access, path)
    if own is not None and own.is_collection:
        return _collection(access, own, rest, op, value)
    if not field.is_filterable or op not in field.traits.operators:
        raise BadQuery(
            _("“%(op)s” cannot be used on %(field)s.") % {"op": op[:20], "field": field.label}
        )
    if field.is_from_shares:
        return _collaborators(access, field, op, value)
    return _compare(access, field, field.expression(), op, value)


def _collaborators(access: Access, field: Field, op: str, value: Any) -> Q:
    """A condition on the people who work along on a record now."""
    model = access.module.model
    if op in {"empty", "not_empty"}:
        some = collaborating(model)
        return some if op == "not_empty" else ~some
    people = parse_values(access, field.with_changes(kind="user"), value)
    found = collaborating(model, people)
    return complement(found) if op in NEGATED else found


def _related(access: Access, own: Field, rest: str, op: str, value: Any) -> Q:
    """A condition on a related record: one that the person may not see counts as empty."""
    if rest.count(".") >= MOST_RELATIONS:
        raise BadQuery(_("A path may go over %d relations.") % MOST_RELATIONS)
    other = access_to(access.user, own.target)
    positive = {**NEGATED, "empty": "not_empty"}.get(op, op)
    inner = _condition(other, rest, positive, value)
    found = Q(In(own.expression(), other.rows().filter(inner).values("pk")))
    return found if positive == op else complement(found)


def _collection(access: Access, own: Field, member_name: str, op: str, value: Any) -> Q:
    collection = access.module.collections_by_name[own.name]
    rows = collection.model._default_manager.filter(module=access.module.name)
    if op in {"empty", "not_empty"} and not member_name:
        some = Q(pk__in=rows.values("record_id"))
        return some if op == "not_empty" else ~some
    member_path = f"{own.name}.{member_name or collection.main}"
    member = readable_field(access, member_path)
    if op not in member.traits.operators:
        raise BadQuery(
            _("“%(op)s” cannot be used on %(field)s.") % {"op": op[:20], "field": own.label}
        )
    positive = NEGATED.get(op, op)
    if collection.model is Phone and member.kind == "phone":
        inner = _phone(positive, value)
    else:
        inner = _compare(access, member, member.expression(), positive, value)
    found = Q(pk__in=rows.filter(inner).values("record_id"))
    return ~found if positive != op else found


def _phone(op: str, value: Any) -> Q:
    values = [reversed_digits(str(one)) for one in (value if isinstance(value, list) else [value])]
    if any(len(one) < 3 for one in values):
        raise BadQuery(_("Give at least three digits of a phone number."))
    result = Q()
    for tail in values:
        if op in {"eq", "in"}:
            result |= Q(tail__in=[tail, f"{tail}68"])
        else:
            result |= Q(tail__contains=tail)
    return result


Compiler = Callable[[Access, Field, Combinable, Any], Q]


def _equal(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    if field.kind in POINTERS:
        return _among(access, field, expression, [value])
    if field.kind == "datetime" and len(str(value)) <= 10:
        return _on_day(access, field, expression, value)
    return Q(Exact(expression, parse_value(access, field, value)))


def _on_day(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    day = parse_value(access, field, str(value)).date()
    low, high = day_start(field, day), day_start(field, day + dt.timedelta(days=1))
    return Q(GreaterThanOrEqual(expression, low)) & Q(LessThan(expression, high))


def _among(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    values = _known(access, field, parse_values(access, field, value))
    return Q(In(expression, values)) if values else Q(pk__in=[])


def _known(access: Access, field: Field, values: list[Any]) -> list[Any]:
    """Of records, those that the person may see: a filter must not tell of others."""
    if field.kind == "relation":
        rows = access_to(access.user, field.target).rows()
        return list(rows.filter(pk__in=values).values_list("pk", flat=True))
    if field.kind != "any_relation":
        return values
    by_module: dict[str, set[int]] = {}
    for one in values:
        name, _slash, pk = one.partition("/")
        if pk.isdecimal() and len(pk) < 19 and name in module_names():
            by_module.setdefault(name, set()).add(int(pk))
    return [
        f"{name}/{pk}"
        for name, ids in by_module.items()
        for pk in access_to(access.user, name)
        .rows()
        .filter(pk__in=ids)
        .values_list("pk", flat=True)
    ]


def _between(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    if not isinstance(value, list) or len(value) != 2:
        raise BadQuery(_("“between” needs two values."))
    low, high = (
        _bound(access, field, one, at_end) for one, at_end in zip(value, (False, True), strict=True)
    )
    upper = LessThan if _is_day(field, value[1]) else LessThanOrEqual
    return Q(GreaterThanOrEqual(expression, low)) & Q(upper(expression, high))


def _is_day(field: Field, value: Any) -> bool:
    return field.kind == "datetime" and len(str(value)) <= 10


def _bound(access: Access, field: Field, value: Any, at_end: bool) -> Any:
    if not _is_day(field, value):
        return parse_value(access, field, value)
    day = parse_value(access, field, str(value)).date()
    return day_start(field, day + dt.timedelta(days=1) if at_end else day)


def _ordered(lookup: type, at_end: bool) -> Compiler:
    def compare(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
        return Q(lookup(expression, _bound(access, field, value, at_end)))

    return compare


def _within(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    low, high = date_bounds(field, value)
    result = Q()
    if low is not None:
        result &= Q(GreaterThanOrEqual(expression, low))
    if high is not None:
        result &= Q(LessThan(expression, high))
    return result


def _contains(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    if field.kind == "multi_choice":
        return Q(**{f"custom__{field.key}__contains": [parse_value(access, field, value)]})
    return Q(IContains(expression, parse_value(access, field, value)))


def _starts(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    return Q(IStartsWith(expression, parse_value(access, field, value)))


def _empty(access: Access, field: Field, expression: Combinable, value: Any) -> Q:
    if field.kind in LISTS:
        return Q(**{f"custom__{field.key}__isnull": True})  # an empty list is never stored
    missing = Q(IsNull(expression, True))
    return missing | Q(Exact(expression, "")) if field.kind in TEXTS else missing


COMPILERS: dict[str, Compiler] = {
    "eq": _equal,
    "in": _among,
    "lt": _ordered(LessThan, at_end=False),
    "lte": _ordered(LessThanOrEqual, at_end=False),
    "gt": _ordered(GreaterThan, at_end=False),
    "gte": _ordered(GreaterThanOrEqual, at_end=False),
    "between": _between,
    "contains": _contains,
    "starts": _starts,
    "empty": _empty,
    "within": _within,
}


def _compare(access: Access, field: Field, expression: Combinable, op: str, value: Any) -> Q:
    if op == "not_empty":
        return ~_empty(access, field, expression, value)
    if op in NEGATED:
        return complement(_compare(access, field, expression, NEGATED[op], value))
    if field.kind in REFERENCES and op == "eq" and value is None:
        return _empty(access, field, expression, value)
    if field.kind in DATE_KINDS and op == "lte" and _is_day(field, value):
        return Q(LessThan(expression, _bound(access, field, value, at_end=True)))
    if field.kind in DATE_KINDS and op == "gt" and _is_day(field, value):
        return Q(GreaterThanOrEqual(expression, _bound(access, field, value, at_end=True)))
    return COMPILERS[op](access, field, expression, value)
