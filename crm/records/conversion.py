"""What a value becomes when its field changes kind, and which changes are safe.

Safe is what keeps every value's meaning; a single value that does not fit is told of, never bent.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from crm.customfields.dictionaries import option_label, values_by_label
from crm.customfields.files import FILE
from crm.customfields.models import FieldDefinition
from crm.lib.dates import parse_date, parse_datetime
from crm.lib.money import parse_amount
from crm.modules.fields import REFERENCES, Field
from crm.records.cleaning import CLEANERS
from crm.records.drafts import plain, typed

CHOICES = frozenset({"choice", "multi_choice"})
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})
MOST_CHOICES = 500
LONGEST_CHOICE = 80
LONGEST_LINE = 400
PATHS: dict[str, tuple[str, ...]] = {
    "text": (
        "long_text", "integer", "decimal", "money", "percent", "date", "datetime", "boolean",
        "choice", "multi_choice", "email", "url", "phone",
    ),
    "long_text": ("text",),
    "integer": ("decimal", "money", "percent", "text"),
    "decimal": ("money", "percent", "integer", "text"),
    "money": ("decimal", "integer", "text"),
    "percent": ("decimal", "text"),
    "date": ("datetime", "text"),
    "datetime": ("date", "text"),
    "boolean": ("choice", "text"),
    "choice": ("multi_choice", "text"),
    "multi_choice": ("choice", "text"),
    "email": ("text",),
    "url": ("text",),
    "phone": ("text",),
}  # fmt: skip
_BETWEEN = re.compile(r"[\n,，;；、]+")
_YES = frozenset({"是", "yes", "y", "true", "1", "有", "对", "對", "√", "✓", "on"})
_NO = frozenset({"否", "no", "n", "false", "0", "无", "無", "没有", "错", "×", "off"})
WHY_NOT = {
    **dict.fromkeys(
        REFERENCES,
        gettext_lazy("It names other records; as anything else it would no longer lead to them."),
    ),
    FILE: gettext_lazy("Its values are files; no other kind of field can hold them."),
    FieldDefinition.FORMULA: gettext_lazy("A formula has no values of its own."),
}


def reason_against(kind: str, wanted: str) -> Any:
    """Why a field of one kind cannot become another; "" where it can."""
    if wanted in PATHS.get(kind, ()):
        return ""
    if kind in WHY_NOT:
        return WHY_NOT[kind]
    return _("Values would lose their meaning on this way.")


def spelled(text: str) -> str:
    """The form in which a label is compared."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def in_words(field: Field, raw: Any) -> str:
    """A stored value as text, in the company's language whoever asks."""
    value = typed(field, raw)
    if value in (None, ""):
        return ""
    if isinstance(value, list):
        return "、".join(in_words(field.with_changes(kind="choice"), one) for one in value)
    with override(settings.LANGUAGE_CODE):
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if field.kind == "choice":
            return option_label(field, value)
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m-%d %H:%M}"
    return str(plain(value))


class Converter:
    """Turns stored values of one field into those of another; remembers the choices it needs.

    `fresh` are choices that the target's dictionary lacks: (value, labels); with `may_add=False`
    a value that would need one is refused.
    """

    def __init__(self, source: Field, target: Field, may_add: bool = True) -> None:
        self.source = source
        self.target = target
        self.may_add = may_add
        self.fresh: list[tuple[str, dict[str, str]]] = []
        self._known = dict(values_by_label(target)) if target.kind in CHOICES else {}

    def convert(self, raw: Any) -> Any:
        """The new value as JSON keeps it. Raises ValueError with a sentence."""
        if {self.source.kind, self.target.kind} == CHOICES and self._has_same_choices:
            return self._choice_or_list(raw)
        return plain(_MAKERS[self.target.kind](self, raw))

    def fits(self, raw: Any) -> Any:
        """The same, None where it does not fit."""
        try:
            return self.convert(raw)
        except ValueError:
            return None

    @property
    def _has_same_choices(self) -> bool:
        return self.source.dictionary == self.target.dictionary

    def _choice_or_list(self, raw: Any) -> Any:
        if self.target.kind == "multi_choice":
            return [raw]
        if len(raw) != 1:
            raise ValueError(_("It holds several choices."))
        return raw[0]

    def words(self, raw: Any) -> str:
        """The old value as text."""
        return in_words(self.source, raw)

    def value_of(self, label: str) -> str:
        """The choice of this label, a new one where there is none."""
        found = self._known.get(spelled(label))
        if found is not None:
            return found
        taken = set(self._known.values())
        if len(label) > LONGEST_CHOICE:
            raise ValueError(_("A choice has at most %d characters.") % LONGEST_CHOICE)
        if not self.may_add or len(taken) >= MOST_CHOICES:
            raise ValueError(_("There are more than %d different values.") % MOST_CHOICES)
        number = len(taken) + 1
        while f"choice_{number}" in taken:
            number += 1
        value = self._known[spelled(label)] = f"choice_{number}"
        self.fresh.append((value, self._labels(label)))
        return value

    def _labels(self, label: str) -> dict[str, str]:
        if self.source.kind != "boolean":
            return {settings.LANGUAGES[0][0]: label}
        is_yes = spelled(label) in _YES
        found = {}
        for code, _name in settings.LANGUAGES:
            with override(code):
                found[code] = _("Yes") if is_yes else _("No")
        return found


def _line(one: Converter, raw: Any) -> str:
    text = one.words(raw).strip()
    if "\n" in text:
        raise ValueError(_("It has several lines."))
    if one.source.kind == "long_text" and len(text) > LONGEST_LINE:
        raise ValueError(_("It is longer than %d characters.") % LONGEST_LINE)
    return text


def _number(one: Converter, raw: Any) -> Any:
    if one.source.kind in NUMBERS:
        number = Decimal(str(raw))
    else:
        text = one.words(raw)
        if one.target.kind == "percent":
            text = text.strip().removesuffix("%").removesuffix("％")
        number = parse_amount(text)
    return CLEANERS[one.target.kind](_NOBODY, one.target, number)


def _day(one: Converter, raw: Any) -> dt.date:
    if one.source.kind == "datetime":
        return dt.datetime.fromisoformat(raw).astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return parse_date(one.words(raw).strip())


def _moment(one: Converter, raw: Any) -> dt.datetime:
    zone = ZoneInfo(settings.TIME_ZONE)
    if one.source.kind == "date":
        return dt.datetime.combine(dt.date.fromisoformat(raw), dt.time(), zone)
    found = parse_datetime(one.words(raw).strip())
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _truth(one: Converter, raw: Any) -> bool:
    word = spelled(one.words(raw))
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(_("This must be yes or no."))


def _choice(one: Converter, raw: Any) -> str:
    return one.value_of(" ".join(one.words(raw).split()))


def _choices(one: Converter, raw: Any) -> list[str]:
    words = [" ".join(word.split()) for word in _BETWEEN.split(one.words(raw))]
    return list(dict.fromkeys(one.value_of(word) for word in words if word))


def _cleaned(one: Converter, raw: Any) -> Any:
    return CLEANERS[one.target.kind](_NOBODY, one.target, one.words(raw))


_NOBODY: Any = None  # these cleaners ask nobody's rights
_MAKERS: Mapping[str, Callable[[Converter, Any], Any]] = {
    "text": _line,
    "long_text": lambda one, raw: one.words(raw),
    **dict.fromkeys(NUMBERS, _number),
    "date": _day,
    "datetime": _moment,
    "boolean": _truth,
    "choice": _choice,
    "multi_choice": _choices,
    **dict.fromkeys(("email", "url", "phone"), _cleaned),
}
