"""Cells of a file as values that the write path takes: each kind has its reader.

A reader gets a cell that is not empty and gives a raw value, or raises ValueError with a
sentence. Names of people, records and choices are looked up in the language they are written in.
"""

import csv
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.customfields.dictionaries import value_of_label
from crm.exchange.spreadsheet import CellError
from crm.exchange.targets import Target
from crm.lib.dates import parse_date, parse_datetime
from crm.lib.money import parse_amount
from crm.lib.phones import split_phones
from crm.modules.fields import Field
from crm.modules.registry import module_named

Reader = Callable[[Any], Any]
SEPARATORS = re.compile(r"[、,，;；\n]+")
_STRONG = re.compile(r"[;；\n]")
QUOTED = re.compile(r'(?:^|;)\s*"')
_YES = frozenset({"是", "有", "对", "√", "✓", "y", "yes", "true", "1", "on"})
_NO = frozenset({"否", "无", "不", "×", "x", "n", "no", "false", "0", "off"})


def text_of(cell: Any) -> str:
    """A cell as the text that a person saw in it."""
    if isinstance(cell, CellError):
        raise ValueError(_("The cell holds an error: %s.") % str(cell)[:20])
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        has_time = cell.time() != dt.time()
        return cell.isoformat(" ", "minutes") if has_time else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def split_cell(text: str) -> list[str]:
    """The entries of a cell that holds several: 、 , ; or line ends between, quotes around any."""
    if QUOTED.search(text):
        try:
            rows = csv.reader([text], delimiter=";", skipinitialspace=True, strict=True)
            return [part.strip() for part in next(rows, [])]
        except csv.Error:
            pass
    return [part.strip() for part in SEPARATORS.split(text)]


def join_cell(entries: Sequence[str], is_list: bool) -> str:
    """Entries in one cell, as `split_cell` takes them apart again; quoted where it needs to be."""
    signs = SEPARATORS if is_list or len(entries) > 1 else _STRONG
    quoted = [
        '"' + one.replace('"', '""') + '"' if signs.search(one) or '"' in one else one
        for one in entries
    ]
    return "; ".join(quoted) if any(quoted) else ""


class Names:
    """Looks up what cells call by name, for one person; remembers what it has found."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._people: dict[str, set[int]] | None = None
        self._departments: dict[str, set[int]] | None = None
        self._records: dict[str, dict[str, set[int]]] = {}

    def person(self, text: str) -> int:
        """The active person of this shown name or user name."""
        if self._people is None:
            self._people = {}
            rows = get_user_model()._default_manager.filter(is_active=True)
            for pk, username, shown in rows.values_list("pk", "username", "display_name"):
                for name in {username.casefold(), shown.strip().casefold()}:
                    self._people.setdefault(name, set()).add(pk)
        return _only(self._people.get(text.strip().casefold(), set()), text, _("person"))

    def department(self, text: str) -> int:
        """The department of this name."""
        if self._departments is None:
            self._departments = {}
            model = apps.get_model(settings.CRM_DEPARTMENT_MODEL)
            for pk, name in model._default_manager.values_list("pk", "name"):
                self._departments.setdefault(name.casefold(), set()).add(pk)
        return _only(self._departments.get(text.strip().casefold(), set()), text, _("department"))

    def learn(self, target: str, texts: Iterable[str]) -> None:
        """Look for records of a module by title or number, many at once."""
        known = self._records.setdefault(target, {})
        wanted = {text for text in texts if text not in known}
        if not wanted:
            return
        if len(known) > 50_000:
            known.clear()
        known.update({text: set() for text in wanted})
        other = access_to(self.access.user, module_named(target))
        for name in (other.module.title, "number"):
            if name in other.readable:
                rows = other.rows().filter(**{f"{other.module.fields[name].column}__in": wanted})
                for pk, text in rows.values_list("pk", other.module.fields[name].column):
                    known[text].add(pk)

    def record(self, target: str, text: str) -> int:
        """The record of this title or number that the person may see."""
        self.learn(target, [text])
        return _only(self._records[target][text], text, str(module_named(target).label))


def _only(found: set[int], text: str, what: str) -> int:
    if not found:
        raise ValueError(_("There is no %(what)s “%(text)s”.") % {"what": what, "text": text[:60]})
    if len(found) > 1:
        raise ValueError(
            _("Several are called “%(text)s”; write the number or the user name.")
            % {"text": text[:60]}
        )
    return next(iter(found))


def reader_for(field: Field, names: Names, factor: Decimal = Decimal(1)) -> Reader:
    """What reads the cells of a column that fills this field."""
    if field.kind in {"integer", "decimal", "money", "percent"}:
        return _number_reader(field, factor)
    if field.kind in {"choice", "multi_choice"}:
        return _choice_reader(field)
    if field.kind == "user":
        return lambda cell: names.person(text_of(cell))
    if field.kind == "department":
        return lambda cell: names.department(text_of(cell))
    if field.kind == "relation":
        return lambda cell: names.record(field.target, text_of(cell).strip())
    return _PLAIN.get(field.kind, text_of)


def _number_reader(field: Field, factor: Decimal) -> Reader:
    def read(cell: Any) -> Any:
        if isinstance(cell, CellError):
            text_of(cell)
        if field.kind == "percent" and isinstance(cell, str):
            cell = cell.strip().rstrip("%％")
        amount = parse_amount(cell if not isinstance(cell, dt.date | dt.time) else text_of(cell))
        return amount if factor == 1 else amount * factor

    return read


def _choice_reader(field: Field) -> Reader:
    known = {} if field.dictionary else _fixed_choices(field)

    def one(text: str) -> str:
        value = known.get(text)
        if value is None:
            key = unicodedata.normalize("NFKC", text).strip().casefold()
            value = known.get(key) or value_of_label(field, key) or text
            if len(known) < 1000:
                known[text] = value
        return value

    if field.kind == "choice":
        return lambda cell: one(text_of(cell))
    return lambda cell: [one(part) for part in split_cell(text_of(cell)) if part]


def _fixed_choices(field: Field) -> dict[str, str]:
    """Choices that the code declares, by value and by label in every language."""
    found: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for value, label in field.choices:
                found.setdefault(str(label).casefold(), str(value))
                found.setdefault(str(value).casefold(), str(value))
    return found


def _date(cell: Any) -> dt.date:
    if isinstance(cell, CellError):
        text_of(cell)
    return parse_date(cell, year=timezone.localdate().year)


def _moment(cell: Any) -> dt.datetime:
    """A moment in the person's zone; a day and month alone are this year's."""
    if isinstance(cell, CellError):
        text_of(cell)
    found = parse_datetime(cell, year=timezone.localdate().year)
    if found.tzinfo is None:
        found = found.replace(tzinfo=timezone.get_current_timezone())
    return found


def _boolean(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    word = text_of(cell).strip().casefold()
    if word not in _YES | _NO:
        raise ValueError(_("This must be yes or no."))
    return word in _YES


_PLAIN: dict[str, Reader] = {"date": _date, "datetime": _moment, "boolean": _boolean}


def entries_of(target: Target, cell: Any) -> list[str]:
    """The entries of a collection's cell: numbers, tags, addresses."""
    text = text_of(cell)
    kind = target.value_field.kind
    if kind == "phone":
        return split_phones(text)
    is_list = is_listed(target.field, target.value_field)
    return (
        split_cell(text)
        if is_list or _STRONG.search(text) or QUOTED.search(text)
        else [text.strip()]
    )


def is_listed(collection: Field, member: Field) -> bool:
    """Whether commas part entries too: short words do not hold any, addresses do."""
    return len(collection.members) == 1 or member.kind in {"email", "choice", "phone"}
