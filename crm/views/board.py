"""The board of any module: its list in columns by the value of one field."""

from typing import Any
from zlib import crc32

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from crm.access.errors import TookTooLong, refusal_of
from crm.access.grouping import Figures
from crm.lib.whole import whole_number
from crm.lists.boards import (
    CARDS,
    Column,
    Filled,
    column_called,
    columns_for,
    figure_of,
    figures_for,
    read_board,
)  # fmt: skip
from crm.lists.columns import EMPTY, renderer_for
from crm.lists.shapes import BOARD, columns_fields, sum_fields
from crm.modules.fields import Field
from crm.operation.replica import from_replica
from crm.views.cards import card_contexts, card_names, may_move_any
from crm.views.empties import empty_context
from crm.views.list_parts import empty_state
from crm.views.shaped import Opened, field_choices, is_fragment, open_form, sum_choices

OWN = ("column", "from")


@require_safe
@from_replica
def board(request: HttpRequest, module: str) -> HttpResponse:
    """GET /<module>/board/: the records that the person may see, in columns."""
    opened = open_form(request, module, BOARD, OWN)
    if isinstance(opened, HttpResponse):
        return opened
    by = opened.shape.by
    assert by is not None  # a board without it is refused
    if opened.part == "figures":
        return render(request, "crm/board/figures.html", _figures_context(opened, by))
    if opened.part == "column":
        return render(request, "crm/board/cards.html", _more_context(opened, by))
    frame = opened.frame()
    context = {**frame, **_board_context(opened, by, frame["chips"])}
    is_part = is_fragment(request)
    name = "crm/board/body.html" if is_part else "crm/board/page.html"
    response = render(request, name, {**context, "is_fragment": is_part})
    response["Vary"] = "HX-Request"
    return response


def _board_context(opened: Opened, by: Field, conditions: list[dict[str, str]]) -> dict[str, Any]:
    access, shape = opened.access, opened.shape
    columns = columns_for(opened.query, by)
    filled = read_board(opened.query, by, columns, card_names(access, shape))
    rows = [row for one in filled for row in one.rows]
    return {
        **empty_context(access, empty_state(access, opened.query, rows, may_view=True), conditions),
        "board": [
            _column_context(opened, by, one, cards) for one, cards in _with_cards(opened, filled)
        ],
        "by": {"name": by.name, "label": by.label},
        "figures_url": opened.address.with_(part="figures"),
        "may_move": may_move_any(access, by),
        "by_choices": field_choices(columns_fields(access), by),
        "sum_choices": sum_choices(sum_fields(access), shape.total),
    }


def _with_cards(opened: Opened, filled: list[Filled]) -> list[tuple[Filled, list[dict[str, Any]]]]:
    """The columns with their cards; what may be moved is asked once for all."""
    rows = [row for one in filled for row in one.rows]
    cards = {card["pk"]: card for card in card_contexts(opened.access, rows, opened.shape)}
    return [(one, [cards[row.pk] for row in one.rows]) for one in filled]


def _column_context(
    opened: Opened, by: Field, filled: Filled, cards: list[dict[str, Any]]
) -> dict[str, Any]:
    column = filled.column
    return {
        "id": _id(column),
        "key": column.key,
        "label": column.label,
        "html": _head(opened, by, column),
        "cards": cards,
        "takes": not column.is_optional and not (column.key == "" and by.kind == "boolean"),
        "more_url": _more_url(opened, column, CARDS) if filled.has_more else "",
    }


def _id(column: Column) -> str:
    """What the column is called in the page: the same each time that it is drawn."""
    return f"c{crc32(column.key.encode()):x}"


def _more_url(opened: Opened, column: Column, offset: int) -> str:
    return opened.address.with_(part="column", column=column.key, **{"from": offset})


def _head(opened: Opened, by: Field, column: Column) -> SafeString | str:
    """A column's name, drawn as the value is in a table."""
    if column.value is None or by.kind in {"user", "department", "boolean"}:
        return column.label
    module = opened.access.module
    if by.name == module.level:
        return column.label
    return renderer_for(by, module)(column.value)


def _more_context(opened: Opened, by: Field) -> dict[str, Any]:
    """The next cards of one column."""
    offset = whole_number(opened.own.get("from", "")) or 0
    column = column_called(opened.query, by, opened.own.get("column", ""))
    names = card_names(opened.access, opened.shape)
    found = read_board(opened.query, by, [column], names, offset)
    filled = found[0] if found else Filled(column, [], has_more=False)
    [(filled, cards)] = _with_cards(opened, [filled])
    more = _more_url(opened, column, offset + CARDS) if filled.has_more else ""
    return {"cards": cards, "more_url": more, "column": {"label": column.label}}


def _figures_context(opened: Opened, by: Field) -> dict[str, Any]:
    """What stands in the heads of the columns, read after the cards."""
    query, shape = opened.query, opened.shape
    try:
        figures: Figures | None = figures_for(query, shape, by)
    except OperationalError as error:
        if not isinstance(refusal_of(error), TookTooLong):
            raise
        figures = None
    exact_url = opened.address.with_(part="figures", count="exact")
    return {
        "figures": [
            {"id": _id(one), **_figure(shape.total, figures, one)}
            for one in columns_for(query, by)
            if not one.is_optional or (figures is not None and figure_of(figures, one).count)
        ],
        "total_label": shape.total.label if shape.total is not None else "",
        "exact_url": exact_url if figures is not None and not figures.is_exact else "",
        "is_uncounted": figures is None,
    }


def _figure(total: Field | None, figures: Figures | None, column: Column) -> dict[str, Any]:
    """Count and sums of one column; of very many records the least that there are."""
    if figures is None:
        return {"count": None, "total": "", "weighted": ""}
    figure = figure_of(figures, column)
    render = renderer_for(total) if total is not None else None
    sums = (figure.total, figure.weighted) if figures.is_exact else (None, None)
    shown = [EMPTY if one is None or render is None else render(one) for one in sums]
    return {
        "count": figure.count,
        "is_least": not figures.is_exact,
        "total": shown[0],
        "weighted": shown[1],
    }
