"""What the board and the calendar share: how their address is read, the frame round the records."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render

from crm.access.policy import Access, access_to
from crm.lists.query import Query, query_from
from crm.lists.shapes import MOST_ON_CARD, NOTHING, TABLE, Shape, take_shape
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.views.address import Address, path_of
from crm.views.lists import count_context, frame_context
from crm.views.new_condition import filter_part, merged_address
from crm.views.view_menu import Views, opening_url


@dataclass(frozen=True)
class Opened:
    """A page in some form, its address read and checked; `own` are its own parameters."""

    access: Access
    query: Query
    shape: Shape
    address: Address
    views: Views
    part: str
    own: QueryDict

    def frame(self) -> dict[str, Any]:
        """What stands round the records."""
        shown = [self.access.module.title, *self.query.columns]
        frame = frame_context(self.access, self.query, self.address, self.views, shown)
        kept = [one for one in self.address.fields if one["name"] not in self.shape.params]
        return {
            **frame,
            "form": self.shape.form,
            "shape_fields": kept,
            "card_choices": _card_choices(self.access, self.shape),
            "most_on_card": MOST_ON_CARD,
        }


def open_form(
    request: HttpRequest, module: str, form: str, own: tuple[str, ...]
) -> Opened | HttpResponse:
    """The page that an address asks for; or the answer, where it asks for a part of the frame."""
    access = access_to(request.user, module_named(module))
    if not access.may("view"):
        return HttpResponseRedirect(path_of(module, TABLE))  # which says whom to ask
    params = request.GET.copy()
    view = params.pop("view", [""])[-1]
    views = Views(access, view)
    opening = opening_url(request.GET, views) if request.GET else ""
    if opening:
        return HttpResponseRedirect(opening)
    taken = QueryDict(mutable=True)
    for name in (*own, "part"):
        if name in params:
            taken[name] = params.pop(name)[-1]
    shape = take_shape(access, params, form)
    kept = view if view.isdecimal() else ""
    part = taken.get("part", "")
    if part == "filter":
        return filter_part(request, access, params, kept, shape)
    if "add_field" in params:
        return HttpResponseRedirect(merged_address(request, access, params, kept, shape))
    query = query_from(params, access)
    address = Address(request.path, query, params.get("columns", ""), views.current, shape)
    if part == "count":
        return render(request, "crm/list/count.html", count_context(access, query, address))
    return Opened(access, query, shape, address, views, part, taken)


def field_choices(fields: list[Field], current: Field | None) -> list[dict[str, Any]]:
    """Fields to choose one from."""
    return [{"name": one.name, "label": one.label, "is_on": one == current} for one in fields]


def sum_choices(fields: list[Field], current: Field | None) -> list[dict[str, Any]]:
    """What may be added up, and nothing."""
    nothing = {"name": NOTHING, "label": "–", "is_on": current is None}
    return [*field_choices(fields, current), nothing]


def _card_choices(access: Access, shape: Shape) -> list[dict[str, Any]]:
    fields = access.module.fields
    rest = [name for name in fields if name in access.visible and name not in shape.card]
    return [
        {"name": name, "label": fields[name].label, "is_on": name in shape.card}
        for name in [*shape.card, *rest]
        if name != access.module.title
    ]


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for the records alone."""
    headers = request.headers
    is_part = headers.get("HX-Request") and not headers.get("HX-Boosted")
    return bool(is_part) and not headers.get("HX-History-Restore-Request")
