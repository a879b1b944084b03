"""Values of conditions: from what an address or a saved view holds to what SQL compares."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.customfields.dictionaries import options_of
from crm.lib.dates import relative_range
from crm.lists.errors import BadQuery
from crm.modules.day import company_today, company_zone
from crm.modules.fields import Field

MOST_TEXT = 500
MOST_VALUES = 500
DATE_KINDS = frozenset({"date", "datetime"})
YEARS = range(2, 9999)  # in other zones and a day later these still are dates


def _refuse(field: Field, value: Any) -> BadQuery:
    return BadQuery(
        _("“%(value)s” is no value for %(field)s.")
        % {"value": str(value)[:80], "field": field.label}
    )


def _text(access: Access, field: Field, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise _refuse(field, value)
    text = str(value)
    if len(text) > MOST_TEXT or "\x00" in text:
        raise _refuse(field, text)
    return text


def _integer(access: Access, field: Field, value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise _refuse(field, value) from None
    if not -(2**63) <= number < 2**63:
        raise _refuse(field, value)
    return number


def _decimal(access: Access, field: Field, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _refuse(field, value) from None
    if not number.is_finite() or abs(number) > Decimal(10) ** 18:
        raise _refuse(field, value)
    return number


def _boolean(access: Access, field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    named = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return named[str(value).lower()]
    except KeyError:
        raise _refuse(field, value) from None


def _date(access: Access, field: Field, value: Any) -> dt.date:
    try:
        day = dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise _refuse(field, value) from None
    if day.year not in YEARS:
        raise _refuse(field, value)
    return day


def _moment(access: Access, field: Field, value: Any) -> dt.datetime:
    text = str(value)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise _refuse(field, value) from None
    if moment.year not in YEARS:
        raise _refuse(field, value)
    return moment if moment.tzinfo else moment.replace(tzinfo=company_zone())


def _choice(access: Access, field: Field, value: Any) -> str:
    text = _text(access, field, value)
    known = {one for one, _label in options_of(field, with_retired=True)}
    if known and text not in known:
        raise _refuse(field, text)
    return text


PARSERS: dict[str, Callable[[Access, Field, Any], Any]] = {
    "integer": _integer,
    "relation": _integer,
    "user": _integer,
    "department": _integer,
    "decimal": _decimal,
    "money": _decimal,
    "percent": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moment,
    "choice": _choice,
}


def parse_value(access: Access, field: Field, value: Any) -> Any:
    """One value of a condition on `field`. Raises BadQuery."""
    return PARSERS.get(field.kind, _text)(access, field, value)


def parse_values(access: Access, field: Field, value: Any) -> list[Any]:
    """The values of a condition: a list, one value, or a group such as @my_team."""
    wanted = value if isinstance(value, list) else [value]
    if len(wanted) > MOST_VALUES:
        raise BadQuery(_("At most %d values in one condition.") % MOST_VALUES)
    found: list[Any] = []
    for one in wanted:
        if isinstance(one, str) and one.startswith("@") and field.kind in {"user", "department"}:
            found.extend(_named(access, field, one))
        else:
            found.append(parse_value(access, field, one))
    return found


def _named(access: Access, field: Field, name: str) -> list[int]:
    if field.kind == "user" and name == "@me":
        return [access.user.pk]
    if field.kind == "user" and name == "@my_team":
        return sorted(access.user.teammates())
    if field.kind == "department" and name == "@my_department":
        return sorted(access.user.department_ids())
    raise _refuse(field, name)


def date_bounds(field: Field, value: Any) -> tuple[Any, Any]:
    """First and last value (last one excluded) of a relative range such as `last_n_days:30`.

    For a date field dates, for an instant the company's midnights. Raises BadQuery.
    """
    try:
        first, last = relative_range(str(value), company_today())
    except ValueError:
        raise _refuse(field, value) from None
    return day_start(field, first), day_start(field, last + dt.timedelta(days=1) if last else None)


def day_start(field: Field, day: dt.date | None) -> Any:
    """The first value of a day in the field's own type; None stays None."""
    if day is None or field.kind == "date":
        return day
    return dt.datetime.combine(day, dt.time.min, company_zone())
