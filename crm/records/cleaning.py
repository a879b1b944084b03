"""One submitted value: from text, number or JSON to what the column stores, or a clear error."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access, access_to
from crm.customfields.dictionaries import options_of
from crm.lib.codes import parse_credit_code
from crm.lib.phones import parse_phone
from crm.lib.text import clean
from crm.lib.whole import whole_number
from crm.modules.fields import LISTS, Field
from crm.modules.registry import UnknownModule, module_named
from crm.records.owners import department_of

LONGEST_TEXT = 20_000
MOST_CHOICES = 100
_PLAIN_LINK = re.compile(r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}[a-z]{2,20}/?")
_url = URLValidator(schemes=["http", "https"])


class Cleaner:
    """Cleans values for one person, remembering which related records he may name."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._known: dict[tuple[str, int], bool] = {}
        self._choices: dict[str | int, frozenset[str]] = {}
        self._departments: dict[int | None, int | None] = {}

    def clean(self, field: Field, raw: Any) -> Any:
        """The value to store. Raises ValueError with a sentence for the person."""
        if is_empty(raw):
            if field.required:
                raise ValueError(_("This field is required."))
            return "" if field.kind in TEXT_KINDS else ([] if field.kind in LISTS else None)
        return CLEANERS[field.kind](self, field, raw)

    def knows(self, kind: str, pk: int) -> bool:
        """Whether a person, department or record of module `kind` exists and may be named."""
        if (kind, pk) not in self._known:
            self.learn(kind, {pk})
        return self._known[(kind, pk)]

    def learn(self, kind: str, ids: set[int]) -> None:
        """Ask for many ids at once what `knows` will be asked one by one."""
        found = self._existing(kind, ids)
        self._known.update({(kind, pk): pk in found for pk in ids})

    def choices(self, field: Field) -> frozenset[str]:
        """The values that a choice may take."""
        key = field.dictionary or id(field.choices)
        found = self._choices.get(key)
        if found is None:
            found = frozenset(value for value, _label in options_of(field))
            self._choices[key] = found
        return found

    def department_of(self, owner_id: int | None) -> int | None:
        """The main department of a person, remembered."""
        if owner_id not in self._departments:
            self._departments[owner_id] = department_of(owner_id)
        return self._departments[owner_id]

    def _existing(self, kind: str, ids: set[int]) -> set[int]:
        if kind == "user":
            rows = get_user_model()._default_manager.filter(is_active=True)
        elif kind == "department":
            rows = apps.get_model(settings.CRM_DEPARTMENT_MODEL)._default_manager.all()
        else:
            try:
                rows = access_to(self.access.user, module_named(kind)).rows()
            except UnknownModule:
                return set()
        return set(rows.filter(pk__in=ids).values_list("pk", flat=True))


def is_empty(raw: Any) -> bool:
    """Nothing was given."""
    return raw is None or raw == [] or (isinstance(raw, str) and not raw.strip())


def _as_text(raw: Any) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueError(_("This must be text."))
    return clean(str(raw))


def _text(_cleaner: Cleaner, field: Field, raw: Any) -> str:
    text = _as_text(raw)
    most = field.max_length or LONGEST_TEXT
    if len(text) > most:
        raise ValueError(
            _("At most %(most)d characters; these are %(length)d.")
            % {"most": most, "length": len(text)}
        )
    return text


def _integer(_cleaner: Cleaner, field: Field, raw: Any) -> int:
    number = _number(raw)
    if number != number.to_integral_value():
        raise ValueError(_("This must be a whole number."))
    if not -(2**31) <= number < 2**31:
        raise ValueError(_("This number is too large."))
    return int(number)


def _number(raw: Any) -> Decimal:
    if type(raw) is Decimal and raw.is_finite():
        return raw
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise ValueError(_("This must be a number."))
    text = str(raw).strip().replace(",", "").replace("，", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(_("This must be a number.")) from None
    if not number.is_finite():
        raise ValueError(_("This must be a number."))
    return number


def _decimal(_cleaner: Cleaner, field: Field, raw: Any) -> Decimal:
    number = _number(raw)
    if abs(number) >= Decimal(10) ** 12:
        raise ValueError(_("This number is too large."))
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > field.places:
        raise ValueError(_("At most %d decimal places.") % field.places)
    return number


def _boolean(_cleaner: Cleaner, field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    named = {
        "true": True,
        "on": True,
        "1": True,
        "yes": True,
        "false": False,
        "0": False,
        "no": False,
    }
    try:
        return named[str(raw).strip().lower()]
    except KeyError:
        raise ValueError(_("This must be yes or no.")) from None


def _date(_cleaner: Cleaner, field: Field, raw: Any) -> dt.date:
    if isinstance(raw, dt.datetime):
        raw = raw.date()
    try:
        day = raw if isinstance(raw, dt.date) else dt.date.fromisoformat(str(raw).strip())
    except ValueError:
        raise ValueError(_("This must be a date such as 2026-11-23.")) from None
    if not 1800 <= day.year <= 2200:
        raise ValueError(_("This date is out of range."))
    return day


def _moment(_cleaner: Cleaner, field: Field, raw: Any) -> dt.datetime:
    try:
        moment = (
            raw if isinstance(raw, dt.datetime) else dt.datetime.fromisoformat(str(raw).strip())
        )
    except ValueError:
        raise ValueError(_("This must be a time such as 2026-11-23 14:30.")) from None
    if not 1800 <= moment.year <= 2200:
        raise ValueError(_("This date is out of range."))
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _choice(cleaner: Cleaner, field: Field, raw: Any) -> str:
    text = _as_text(raw)
    if text not in cleaner.choices(field):
        raise ValueError(_("“%s” is none of the choices.") % text[:80])
    return text


def _choices(cleaner: Cleaner, field: Field, raw: Any) -> list[str]:
    values = raw if isinstance(raw, list) else [raw]
    if len(values) > MOST_CHOICES:
        raise ValueError(_("At most %d choices.") % MOST_CHOICES)
    return list(dict.fromkeys(_choice(cleaner, field, value) for value in values))


def _files(_cleaner: Cleaner, field: Field, raw: Any) -> list[int]:
    """Ids of files; whether the person may name them here is asked with the record."""
    given = raw if isinstance(raw, list) else [raw]
    ids = [whole_number(str(one.get("id") if isinstance(one, Mapping) else one)) for one in given]
    found = [pk for pk in dict.fromkeys(ids) if pk is not None and 0 < pk < 2**63]
    if len(found) != len(set(ids)):
        raise ValueError(_("There is no such file."))
    if len(found) > field.most_files:
        raise ValueError(
            ngettext("At most %d file.", "At most %d files.", field.most_files) % field.most_files
        )
    return found


def _reference(cleaner: Cleaner, field: Field, raw: Any) -> int:
    if isinstance(raw, Mapping):
        raw = raw.get("id")
    try:
        pk = int(str(raw))
    except ValueError:
        raise ValueError(_("This names no record.")) from None
    kind = field.target if field.kind == "relation" else field.kind
    if not 0 < pk < 2**63 or not cleaner.knows(kind, pk):
        raise ValueError(_("There is no such record."))
    return pk


def _any_reference(cleaner: Cleaner, field: Field, raw: Any) -> str:
    if isinstance(raw, Mapping):
        raw = f"{raw.get('module')}/{raw.get('id')}"
    name, _slash, pk = str(raw).partition("/")
    number = whole_number(pk)
    if number is None or not cleaner.knows(name, number):
        raise ValueError(_("There is no such record."))
    return f"{name}/{number}"


def _email(_cleaner: Cleaner, field: Field, raw: Any) -> str:
    text = _as_text(raw)
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(_("This is no mail address.")) from None
    return text.lower()


def _link(_cleaner: Cleaner, field: Field, raw: Any) -> str:
    text = _as_text(raw)
    if "://" not in text:
        text = f"https://{text}"
    if _PLAIN_LINK.fullmatch(text) and len(text) <= 200:
        return text
    try:
        _url(text)
    except ValidationError:
        raise ValueError(_("This is no web address.")) from None
    if len(text) > (field.max_length or 200):
        raise ValueError(_("This address is too long."))
    return text


def _phone(_cleaner: Cleaner, field: Field, raw: Any) -> str:
    return parse_phone(_as_text(raw)).display


def _code(_cleaner: Cleaner, field: Field, raw: Any) -> str:
    return parse_credit_code(_as_text(raw))


TEXT_KINDS = frozenset(
    {"text", "long_text", "choice", "email", "url", "phone", "credit_code", "any_relation"}
)
CLEANERS: dict[str, Callable[[Cleaner, Field, Any], Any]] = {
    "text": _text,
    "long_text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "money": _decimal,
    "percent": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moment,
    "choice": _choice,
    "multi_choice": _choices,
    "file": _files,
    "relation": _reference,
    "user": _reference,
    "department": _reference,
    "any_relation": _any_reference,
    "email": _email,
    "url": _link,
    "phone": _phone,
    "credit_code": _code,
}
