"""How a list is laid out: a table, a board of columns, a calendar. Part of its address and views.

What makes columns, what is added up and what says the day is used like a condition: it must be
readable. What stands on a card may be masked, as in a table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.lists.conditions import readable_field
from crm.lists.errors import BadQuery
from crm.modules.fields import Field
from crm.modules.module import RECORD_FIELDS

TABLE, BOARD, CALENDAR = "table", "board", "calendar"
MONTH, WEEK, DAY = "month", "week", "day"
SHAPE = ("form", "by", "sum", "on", "scale", "card")  # its parameters
OF_FORM = {TABLE: (), BOARD: ("by", "sum", "card"), CALENDAR: ("on", "scale", "card")}
SCALES = (MONTH, WEEK, DAY)
COLUMN_KINDS = ("choice", "boolean", "user", "department")
DAY_KINDS = ("date", "datetime")
MOST_ON_CARD = 4
NOTHING = "none"  # said of a sum that shall not be there


@dataclass(frozen=True)
class Shape:
    """One layout: `by` makes a board's columns, `total` is added up, `on` says a record's day.

    `chosen` is what the address says of it; what it leaves open follows the declaration.
    """

    form: str = TABLE
    by: Field | None = None
    total: Field | None = None
    on: Field | None = None
    scale: str = MONTH
    card: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, str]:
        """What an address says: columns and day always, so that a saved view never wanders."""
        pinned = {"by": self.by, "on": self.on}
        found = {name: one.name for name, one in pinned.items() if one is not None}
        return {**self.chosen, **found}

    @property
    def state(self) -> dict[str, str]:
        """What a saved view keeps."""
        return {} if self.form == TABLE else {"form": self.form, **self.params}


def take_shape(access: Access, params: QueryDict, form: str = "") -> Shape:
    """Take the layout out of an address' parameters, which may say the form if the page does not.

    Raises BadQuery for what is unknown or unreadable.
    """
    said = {name: params.pop(name) for name in SHAPE if name in params}
    form = form or str(said.pop("form", [TABLE])[-1])
    if form not in OF_FORM:
        raise BadQuery(_("There is no form “%s” of a list.") % form[:80])
    unknown = set(said) - set(OF_FORM[form])
    if unknown:
        raise BadQuery(
            _("There is no parameter or field “%s” that you may use here.") % min(unknown)
        )
    chosen = {name: ",".join(filter(None, texts)) for name, texts in said.items()}
    chosen = {name: text for name, text in chosen.items() if text}
    if form == BOARD:
        return _board(access, chosen)
    return _calendar(access, chosen) if form == CALENDAR else Shape()


def _board(access: Access, chosen: Mapping[str, str]) -> Shape:
    by = _chosen(access, chosen.get("by", ""), may_make_columns) or first_by(access)
    if by is None:
        raise BadQuery(_("There is nothing here that you may read and that makes columns."))
    total = None
    if chosen.get("sum") != NOTHING:
        total = _chosen(access, chosen.get("sum", ""), _may_be_summed) or _first_sum(access)
    card = _card(access, chosen.get("card", ""))
    if card is None:
        card = _usual_card(access, by)
    return Shape(BOARD, by=by, total=total, card=card, chosen=chosen)


def _calendar(access: Access, chosen: Mapping[str, str]) -> Shape:
    on = _chosen(access, chosen.get("on", ""), may_say_days) or first_on(access)
    if on is None:
        raise BadQuery(_("There is nothing here that you may read and that says a day."))
    scale = chosen.get("scale", MONTH)
    if scale not in SCALES:
        raise BadQuery(_("A calendar shows a month, a week or a day."))
    card = _card(access, chosen.get("card", "")) or ()
    return Shape(CALENDAR, on=on, scale=scale, card=card, chosen=chosen)


def may_make_columns(one: Field) -> bool:
    """Whether a field's values can be the columns of a board: few, and known."""
    return one.kind in COLUMN_KINDS and one.is_filterable


def may_say_days(one: Field) -> bool:
    """Whether a field's values have a place in a calendar."""
    return one.kind in DAY_KINDS and one.is_filterable


def _may_be_summed(one: Field) -> bool:
    return one.is_summable


def usable(access: Access, fits: Callable[[Field], bool]) -> list[Field]:
    """The fields of which this is true and that the person may use."""
    fields = access.module.fields
    return [one for name, one in fields.items() if name in access.readable and fits(one)]


def columns_fields(access: Access) -> list[Field]:
    """What may make columns for this person."""
    return usable(access, may_make_columns)


def day_fields(access: Access) -> list[Field]:
    """What may say days for this person."""
    return usable(access, may_say_days)


def sum_fields(access: Access) -> list[Field]:
    """What may be added up for this person."""
    return usable(access, _may_be_summed)


def first_by(access: Access) -> Field | None:
    """What makes columns where nobody has said: the stage, the level, the first choice."""
    module, found = access.module, columns_fields(access)
    wanted = (module.stage, module.level)
    places = {one.name: place for place, one in enumerate(found)}

    def rank(one: Field) -> tuple[int, int, int]:
        first = wanted.index(one.name) if one.name in wanted else len(wanted)
        return first, COLUMN_KINDS.index(one.kind), places[one.name]

    return min(found, key=rank, default=None)


def first_on(access: Access) -> Field | None:
    """What says the day where nobody has said: what is due, else the module's first date."""
    found = day_fields(access)
    places = {one.name: place for place, one in enumerate(found)}
    return min(
        found,
        key=lambda one: (not one.is_due, one.name in RECORD_FIELDS, places[one.name]),
        default=None,
    )


def _first_sum(access: Access) -> Field | None:
    shown = [one for one in sum_fields(access) if one.name in access.module.columns]
    return shown[0] if shown else None


def _chosen(access: Access, name: str, fits: Callable[[Field], bool]) -> Field | None:
    if not name:
        return None
    found = readable_field(access, name)
    if "." in name or not fits(found):
        raise BadQuery(_("“%s” is not of the kind that is asked for here.") % found.label)
    return found


def _card(access: Access, text: str) -> tuple[str, ...] | None:
    """The fields on a card; None where nobody has said."""
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    if names == (NOTHING,):
        return ()
    for name in names:
        if "." in name or name not in access.visible:
            raise BadQuery(_("There is no field “%s” that you may use here.") % name[:80])
    if len(names) > MOST_ON_CARD:
        raise BadQuery(_("At most %d fields on a card.") % MOST_ON_CARD)
    return names or None


def _usual_card(access: Access, by: Field) -> tuple[str, ...]:
    """Two plain facts that the card does not show in another way."""
    module = access.module
    names = dict.fromkeys([*module.facts, *module.phone_columns, *module.columns])
    taken = {module.title, module.level, by.name}
    kinds = ("choice", "text", "relation", "integer")
    fit = [
        name
        for name in names
        if name in access.visible and name not in taken and module.fields[name].kind in kinds
    ]
    return tuple(fit[:2])
