"""Conditions in words: what chips, menus and the builder say."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from crm.access import names
from crm.access.policy import Access
from crm.access.rows import hidden_ref
from crm.customfields.dictionaries import option_label
from crm.lists.errors import BadQuery
from crm.lists.paths import Place, place_at
from crm.lists.show import in_a_row
from crm.lists.values import DATE_KINDS
from crm.modules.fields import COLLABORATORS, Field

OPERATORS = {
    "eq": gettext_lazy("is"),
    "ne": gettext_lazy("is not"),
    "in": gettext_lazy("any of"),
    "not_in": gettext_lazy("none of"),
    "lt": gettext_lazy("below"),
    "lte": gettext_lazy("at most"),
    "gt": gettext_lazy("above"),
    "gte": gettext_lazy("at least"),
    "between": gettext_lazy("between"),
    "contains": gettext_lazy("contains"),
    "starts": gettext_lazy("starts with"),
    "empty": gettext_lazy("is empty"),
    "not_empty": gettext_lazy("is filled"),
    "within": gettext_lazy("in the period"),
}
DATE_OPERATORS = {
    "lt": pgettext_lazy("date", "before"),
    "lte": pgettext_lazy("date", "on or before"),
    "gt": pgettext_lazy("date", "after"),
    "gte": pgettext_lazy("date", "on or after"),
}
PERIODS = {
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    "tomorrow": gettext_lazy("tomorrow"),
    "this_week": gettext_lazy("this week"),
    "last_week": gettext_lazy("last week"),
    "next_week": gettext_lazy("next week"),
    "this_month": gettext_lazy("this month"),
    "last_month": gettext_lazy("last month"),
    "next_month": gettext_lazy("next month"),
    "this_quarter": gettext_lazy("this quarter"),
    "last_quarter": gettext_lazy("last quarter"),
    "next_quarter": gettext_lazy("next quarter"),
    "this_year": gettext_lazy("this year"),
    "last_year": gettext_lazy("last year"),
    "next_year": gettext_lazy("next year"),
    "past": gettext_lazy("before today"),
    "future": gettext_lazy("after today"),
    "last_n_days:7": gettext_lazy("the last 7 days"),
    "last_n_days:30": gettext_lazy("the last 30 days"),
    "last_n_days:90": gettext_lazy("the last 90 days"),
    "next_n_days:7": gettext_lazy("the next 7 days"),
    "older_than_days:30": gettext_lazy("more than 30 days ago"),
    "older_than_days:90": gettext_lazy("more than 90 days ago"),
    "older_than_days:180": gettext_lazy("more than 180 days ago"),
    "older_than_days:365": gettext_lazy("more than a year ago"),
}
COUNTED = {
    "last_n_days": gettext_lazy("the last %s days"),
    "next_n_days": gettext_lazy("the next %s days"),
    "last_n_weeks": gettext_lazy("the last %s whole weeks"),
    "next_n_weeks": gettext_lazy("the next %s whole weeks"),
    "last_n_months": gettext_lazy("the last %s whole months"),
    "next_n_months": gettext_lazy("the next %s whole months"),
    "older_than_days": gettext_lazy("more than %s days ago"),
    "more_than_days_ahead": gettext_lazy("more than %s days ahead"),
}
NAMED = {
    "@me": gettext_lazy("me"),
    "@my_team": gettext_lazy("my team"),
    "@my_department": gettext_lazy("my department"),
}
QUIET = frozenset({"eq", "in", "within", "contains"})


def operator_word(field: Field | None, op: str) -> str:
    """What an operator is called on a field: days come before others, they are not below them."""
    if field is not None and field.kind in DATE_KINDS and op in DATE_OPERATORS:
        return str(DATE_OPERATORS[op])
    return str(OPERATORS.get(op, op))


def _place(access: Access, path: str) -> Place | None:
    try:
        return place_at(access, path)
    except BadQuery:
        return None


def condition_words(access: Access, condition: dict[str, Any]) -> tuple[str, str]:
    """(label, text) of one condition: 负责人 · 我; of several together their sentence."""
    if "field" not in condition:
        return "", sentence(access, condition)
    path, op = str(condition["field"]), str(condition["op"])
    place = _place(access, path)
    label = place.label if place is not None else path
    shown = place.shown if place is not None else None
    if op in {"empty", "not_empty"}:
        return label, str(OPERATORS[op])
    texts = _value_words(access, shown, condition.get("value"))
    joined = " – ".join(texts) if op == "between" else in_a_row(texts)
    return label, joined if op in QUIET else f"{operator_word(shown, op)} {joined}"


def sentence(access: Access, tree: dict[str, Any]) -> str:
    """What a whole tree means: 级别 是 A 或 B，并且（…）."""
    return _said(access, tree)


def _said(access: Access, node: dict[str, Any], is_inner: bool = False) -> str:
    if "field" in node:
        return _one(access, node)
    if "not" in node:
        inner = node["not"]
        rest = inner["any"] if set(inner) == {"any"} else [inner]
        return _("none of (%s)") % _joined(access, rest, _("; "))
    ((name, nodes),) = node.items()
    said = _joined(access, nodes, _(", and ") if name == "all" else _(", or "))
    return _("(%s)") % said if is_inner and len(nodes) > 1 else said


def _joined(access: Access, nodes: list[dict[str, Any]], between: str) -> str:
    return between.join(_said(access, one, is_inner=len(nodes) > 1) for one in nodes)


def _one(access: Access, node: dict[str, Any]) -> str:
    place = _place(access, str(node["field"]))
    shown = place.shown if place is not None else None
    label, op = place.label if place is not None else str(node["field"]), str(node["op"])
    if op in {"empty", "not_empty"}:
        return _("%(label)s %(word)s") % {"label": label, "word": OPERATORS[op]}
    texts = _value_words(access, shown, node.get("value"))
    words = {"in": _("is"), "not_in": _("is not"), "within": pgettext("period", "is in")}
    word = words.get(op) or operator_word(shown, op)
    joined = (
        " – ".join(texts) if op == "between" else pgettext("between values", " or ").join(texts)
    )
    said = {"label": label, "word": word, "value": joined}
    return _("%(label)s %(word)s %(value)s") % said


def _value_words(access: Access, field: Field | None, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if field is not None and field.kind in {"relation", "any_relation"}:
        return record_words(access, field, values)
    return [_value_word(field, one) for one in values]


def record_words(access: Access, field: Field, values: list[Any]) -> list[str]:
    """What records are called, those only that the person may see and name."""
    by_module: dict[str, set[int]] = {}
    pairs = []
    for one in values:
        name, slash, text = str(one).rpartition("/")
        module = name if slash else field.target
        pk = int(text) if text.isdecimal() and len(text) < 19 else 0
        pairs.append((module, pk))
        by_module.setdefault(module, set()).add(pk)
    refs = {module: access.labels(module, ids) for module, ids in by_module.items()}
    return [str(refs[module].get(pk) or hidden_ref(module)) for module, pk in pairs]


def period_word(text: str) -> str:
    """A relative date in words; as it stands where it is none."""
    if text in PERIODS:
        return str(PERIODS[text])
    word, _colon, number = text.partition(":")
    return str(COUNTED[word]) % number if word in COUNTED and number.isdecimal() else ""


def _value_word(field: Field | None, value: Any) -> str:
    text = "" if value is None else str(value)
    if text in NAMED:
        return str(NAMED[text])
    if field is None:
        return text
    if field.kind in DATE_KINDS and period_word(text):
        return period_word(text)
    if field.kind in {"choice", "multi_choice"}:
        return option_label(field, text)
    if field.kind in {"user", COLLABORATORS} and text.isdecimal():
        return names.people([int(text)])[int(text)].label
    if field.kind == "department" and text.isdecimal():
        return names.departments([int(text)])[int(text)].label
    if field.kind == "boolean":
        return _("Yes") if text.lower() in {"true", "1", "yes"} else _("No")
    return text
