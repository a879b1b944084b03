"""Conditions in words: what chips and menus say."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access import names
from crm.access.policy import Access
from crm.customfields.dictionaries import options_of
from crm.lists.show import in_a_row
from crm.modules.fields import Field

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
    "this_year": gettext_lazy("this year"),
    "last_year": gettext_lazy("last year"),
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
    "older_than_days": gettext_lazy("more than %s days ago"),
    "more_than_days_ahead": gettext_lazy("more than %s days ahead"),
}
NAMED = {
    "@me": gettext_lazy("me"),
    "@my_team": gettext_lazy("my team"),
    "@my_department": gettext_lazy("my department"),
}
QUIET = frozenset({"eq", "in", "within", "contains"})


def field_label(access: Access, path: str) -> str:
    """The label of a field; of a collection's main member, the collection's."""
    name, _dot, rest = path.partition(".")
    field = access.module.fields.get(name)
    if field is None:
        return path
    if field.kind == "relation" and rest:
        return f"{field.label} · {rest}"
    if rest and rest in field.members and rest != next(iter(field.members)):
        return f"{field.label} · {field.members[rest].label}"
    return str(field.label)


def condition_words(access: Access, condition: dict[str, Any]) -> tuple[str, str]:
    """(label, text) of one condition: 负责人 · 我."""
    if "field" not in condition:
        return _("Condition"), _("several together")
    path, op = str(condition["field"]), str(condition["op"])
    field = access.module.field_at(path) or access.module.fields.get(path.partition(".")[0])
    label = field_label(access, path)
    if op in {"empty", "not_empty"}:
        return label, str(OPERATORS[op])
    value = condition.get("value")
    values = value if isinstance(value, list) else [value]
    texts = [_value_word(field, one) for one in values]
    joined = " – ".join(texts) if op == "between" else in_a_row(texts)
    return label, joined if op in QUIET else f"{OPERATORS.get(op, op)} {joined}"


def _value_word(field: Field | None, value: Any) -> str:
    text = "" if value is None else str(value)
    if text in NAMED:
        return str(NAMED[text])
    if text in PERIODS:
        return str(PERIODS[text])
    word, _colon, number = text.partition(":")
    if word in COUNTED and number.isdecimal():
        return str(COUNTED[word]) % number
    if field is None:
        return text
    if field.is_collection:
        field = next(iter(field.members.values()))
    if field.kind in {"choice", "multi_choice"}:
        return dict(options_of(field, with_retired=True)).get(text, text)
    if field.kind == "user" and text.isdecimal():
        return names.people([int(text)])[int(text)].label
    if field.kind == "department" and text.isdecimal():
        return names.departments([int(text)])[int(text)].label
    if field.kind == "boolean":
        return _("Yes") if text.lower() == "true" else _("No")
    return text
