"""One condition as a line of a form: its operators, the control for its value, what was typed.

The filter panel makes one such line (its inputs begin with `add_`), the builder many.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.customfields.dictionaries import labels_of, options_of
from crm.forms.people import department_options, people_options
from crm.lists.conditions import compile_tree
from crm.lists.errors import BadQuery
from crm.lists.filterset import LIST_OPERATORS, VALUELESS
from crm.lists.paths import Place, place_at
from crm.lists.values import DATE_KINDS
from crm.modules.fields import Field
from crm.views.field_menu import spelled
from crm.views.words import COUNTED, NAMED, PERIODS, operator_word, record_words

TICKED = frozenset({"choice", "user", "department", "collaborators"})
RECORDS = frozenset({"relation", "any_relation"})
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})
MOST_PEOPLE = 1000
FIRST = {  # operators in the order of their use; those of a kind that are not named follow
    "text": ("contains", "eq", "ne", "starts"),
    "number": ("between", "gte", "lte", "eq", "ne", "gt", "lt"),
    "date": ("within", "between", "gte", "lte", "eq", "ne", "gt", "lt"),
}
ONE_OF = {"eq": "in", "ne": "not_in"}
SIMPLE_PERIODS = tuple(name for name in PERIODS if ":" not in name)
Named = Callable[[str], str]


@dataclass
class Line:
    """A condition that is being made: a path, an operator and values as typed."""

    path: str = ""
    op: str = ""
    values: list[str] = field(default_factory=list)
    number: str = ""
    error: str = ""


def in_panel(part: str) -> str:
    """What an input of the filter panel's one line is called."""
    return f"add_{part}"


def operators_of(shown: Field) -> list[str]:
    """The operators that a field offers, usual ones first."""
    known = [op for op in shown.traits.operators if not (_is_picked(shown) and op in ONE_OF)]
    if shown.kind == "any_relation":
        known = ["in", "empty", "not_empty"]
    group = "number" if shown.kind in NUMBERS else "date" if shown.kind in DATE_KINDS else "text"
    first = [op for op in FIRST[group] if op in known]
    ends = [op for op in known if op in VALUELESS]
    return [*first, *(op for op in known if op not in first and op not in ends), *ends]


def _is_picked(shown: Field) -> bool:
    return shown.kind in TICKED or shown.kind in RECORDS


def control_of(shown: Field, op: str) -> str:
    """How a value is given: "" (none), period, two, ticks, records, select, lines or one."""
    if op in VALUELESS:
        return ""
    if op in {"within", "between"}:
        return {"within": "period", "between": "two"}[op]
    if _is_picked(shown):
        return "ticks" if shown.kind in TICKED else "records"
    if shown.kind in {"boolean", "multi_choice"}:
        return "select"
    return "lines" if op in LIST_OPERATORS else "one"


# Reading ---------------------------------------------------------------------------------------


def line_of(condition: dict[str, Any], shown: Field) -> Line:
    """A condition as a line."""
    op, value = str(condition["op"]), condition.get("value")
    values = [_text(one) for one in (value if isinstance(value, list) else [value])]
    if _is_picked(shown) and op in ONE_OF:
        op = ONE_OF[op] if value is not None else {"eq": "empty", "ne": "not_empty"}[op]
    line = Line(str(condition["field"]), op, [] if op in VALUELESS else values)
    if op == "within":
        line.values, line.number = _period(values[0])
    return line


def _period(text: str) -> tuple[list[str], str]:
    word, colon, number = text.partition(":")
    return [f"{word}:" if colon else word], number


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def line_from(data: QueryDict, named: Named) -> Line:
    """A line as it was posted; values of another field or another control are left behind."""
    line = Line(
        data.get(named("field"), ""),
        data.get(named("op"), ""),
        data.getlist(named("value")),
        data.get(named("number"), ""),
    )
    was, was_op = data.get(named("was"), line.path), data.get(named("was_op"), line.op)
    if was != line.path:
        return Line(line.path)
    if was_op != line.op:
        line.values = line.values if {was_op, line.op}.isdisjoint(_APART) else []
    return line


_APART = VALUELESS | {"within"}


def settle(access: Access, line: Line) -> Place | None:
    """The place of a line, its operator made one that the place has; None with the error told."""
    if not line.path:
        return None
    try:
        place = place_at(access, line.path)
    except BadQuery as refusal:
        line.error = str(refusal.message)
        return None
    known = operators_of(place.shown)
    if line.op not in known:
        line.op = ONE_OF.get(line.op, "") if ONE_OF.get(line.op) in known else known[0]
    return place


def condition_of(access: Access, line: Line) -> dict[str, Any] | None:
    """The line as a condition that holds for this person; None with the error told."""
    place = settle(access, line)
    if place is None:
        line.error = line.error or _("Choose a field, or remove the line.")
        return None
    found = _condition(place.shown, line)
    if found is None:
        line.error = line.error or _("Give a value, or remove the line.")
        return None
    try:
        compile_tree(access, found)
    except BadQuery as refusal:
        line.error = str(refusal.message)
        return None
    return found


def _condition(shown: Field, line: Line) -> dict[str, Any] | None:
    made = {"field": line.path, "op": line.op}
    control = control_of(shown, line.op)
    if not control:
        return made
    if control == "period":
        return _within(made, line)
    values = [_clean(shown, one) for one in line.values]
    if control == "two":
        return _between(made, [*values, "", ""][:2])
    if control == "lines":
        values = [part for one in line.values for part in one.splitlines()]
        values = [_clean(shown, one) for one in values]
    values = list(dict.fromkeys(one for one in values if one))
    if not values:
        return None
    return {**made, "value": values if line.op in LIST_OPERATORS else values[0]}


def _within(made: dict[str, Any], line: Line) -> dict[str, Any] | None:
    period = "".join(line.values[:1])
    if not period:
        return None
    if period.endswith(":"):
        number = _clean_number(line.number)
        if not number:
            line.error = _("Say how many.")
            return None
        period += number
    return {**made, "value": period}


def _between(made: dict[str, Any], values: list[str]) -> dict[str, Any] | None:
    low, high = values
    if low and high:
        return {**made, "value": [low, high]}
    if not low and not high:
        return None
    return {**made, "op": "gte" if low else "lte", "value": low or high}


def _clean(shown: Field, text: str) -> str:
    text = text.strip()
    return _clean_number(text) if shown.kind in NUMBERS else text


def _clean_number(text: str) -> str:
    """A number as it is typed in Chinese too: full width, with commas between the digits."""
    return unicodedata.normalize("NFKC", text).replace(",", "").strip()


# Showing ---------------------------------------------------------------------------------------


def line_context(access: Access, line: Line, named: Named) -> dict[str, Any]:
    """What crm/list/condition.html shows of a line."""
    place = settle(access, line)
    shown = place.shown if place is not None else None
    control = control_of(shown, line.op) if shown is not None else ""
    found: dict[str, Any] = {
        "path": line.path,
        "label": place.label if place is not None else line.path,
        "unit": shown.unit if shown is not None else "",
        "op": line.op,
        "ops": [
            {"value": op, "label": operator_word(shown, op), "is_on": op == line.op}
            for op in (operators_of(shown) if shown is not None else ())
        ],
        "control": control,
        "error": line.error,
        "input": _input(shown, line),
        "names": {one: named(one) for one in ("field", "op", "value", "number", "was", "was_op")},
        "id": named("value"),
        "values": [*line.values, "", ""][: 2 if control == "two" else 1],
        "text": "\n".join(line.values),
    }
    if shown is not None and control in {"ticks", "select", "records"}:
        found.update(_options(access, shown, line))
    if control == "period":
        found.update(_periods(line))
    return found


def _input(shown: Field | None, line: Line) -> str:
    """The type of a plain input."""
    if shown is not None and shown.kind in NUMBERS:
        return "number"
    if shown is not None and shown.kind in DATE_KINDS:
        return "datetime-local" if any("T" in one for one in line.values) else "date"
    return "text"


def _options(access: Access, shown: Field, line: Line) -> dict[str, Any]:
    """The values to choose from, and where more are found by typing."""
    held = [one for one in line.values if one]
    if shown.kind in RECORDS:
        words = record_words(access, shown, held)
        options = [
            {"value": value, "label": word, "is_on": True}
            for value, word in zip(held, words, strict=True)
        ]
        target = shown.target if shown.kind == "relation" else "any"
        return {"options": options, "lookup_url": f"/lookup/{target}/"}
    found = _named_options(shown) + _known(shown, held)
    known = {one["value"] for one in found}
    labels = labels_of(shown) if shown.kind not in NAMES else {}
    found += [{"value": one, "label": labels.get(one, one)} for one in held if one not in known]
    options = [
        {**one, "is_on": one["value"] in held, "text": spelled(one["label"])} for one in found
    ]
    return {"options": options, "lookup_url": ""}


NAMES = {
    "user": ("@me", "@my_team"),
    "collaborators": ("@me", "@my_team"),
    "department": ("@my_department",),
}


def _named_options(shown: Field) -> list[dict[str, Any]]:
    return [{"value": one, "label": NAMED[one]} for one in NAMES.get(shown.kind, ())]


def _known(shown: Field, held: list[str]) -> list[dict[str, Any]]:
    if shown.kind in {"user", "collaborators"}:
        found = people_options(most=MOST_PEOPLE)
        there = {one["value"] for one in found}
        left = [pk for pk in held if pk.isdecimal() and len(pk) < 19 and pk not in there]
        return [*(one for pk in left for one in people_options(most=0, holding=pk)), *found]
    if shown.kind == "department":
        return list(department_options())
    if shown.kind == "boolean":
        return [{"value": "true", "label": _("Yes")}, {"value": "false", "label": _("No")}]
    return [{"value": value, "label": label} for value, label in options_of(shown)]


def _periods(line: Line) -> dict[str, Any]:
    held = "".join(line.values[:1])
    options = [
        {"value": one, "label": PERIODS[one], "is_on": one == held} for one in SIMPLE_PERIODS
    ]
    options += [
        {"value": f"{one}:", "label": str(word) % "N", "is_on": f"{one}:" == held}
        for one, word in COUNTED.items()
    ]
    return {"options": options, "number": line.number or "30", "is_counted": held.endswith(":")}
