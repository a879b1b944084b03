"""What the setup pages share: who may open them, controls of forms, paging, the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Department
from accounts.views.asking import Asking
from crm.access.errors import NotAllowed, Refusal
from crm.lib.whole import whole_numbers
from crm.lists.show import show_moment
from crm.views.pages import page_links

View = Callable[..., HttpResponse]
Errors = Mapping[str, Sequence[Any]]
PAGE = 50
DEEPEST_PAGE = 200


def administrators_only(view: View) -> View:
    """Answer 403 to everybody else."""

    @wraps(view)
    def guarded(request: Asking, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.may_administer:
            raise NotAllowed(_("Only administrators open this page."))
        return view(request, *args, **kwargs)

    return guarded


def crumbs(*steps: tuple[str, str]) -> list[dict[str, str]]:
    """The way from setup to here: (label, address) each; the last has no address."""
    way = [(_("Setup"), reverse("setup")), *steps]
    return [
        {"label": label, "url": "" if step is way[-1] else url}
        for step in way
        for label, url in [step]
    ]


def control(name: str, label: str, kind: str = "text", value: Any = "", **more: Any) -> dict:
    """One control of a form, as crm/edit/field.html wants it."""
    return {
        "name": name,
        "html_name": name,
        "id": f"f-{name}",
        "label": label,
        "kind": kind,
        "value": value,
        "errors": [],
        "required": False,
        "options": None,
        **more,
    }


def options(choices: Iterable[tuple[Any, Any]], chosen: Iterable[Any]) -> list[dict[str, Any]]:
    """(value, label) pairs as the options of a control, the chosen ones on."""
    on = {str(one) for one in chosen}
    return [
        {"value": str(value), "label": str(label), "is_on": str(value) in on}
        for value, label in choices
    ]


def _errors(sections: Sequence[tuple[str, list[dict]]], refusal: Refusal) -> list[dict[str, Any]]:
    """What was refused: beside each control, and as the list on top."""
    errors = []
    said = dict(refusal.fields)
    for _title, controls in sections:
        for one in controls:
            if texts := said.pop(one["name"], None):
                one["errors"] = [str(text) for text in texts]
                errors.append(
                    {
                        "name": one["name"],
                        "label": one["label"],
                        "messages": one["errors"],
                        "anchor": one["id"],
                    }
                )
    rest = [str(text) for texts in said.values() for text in texts]
    if rest or not errors:
        texts = rest or [str(refusal.message)]
        errors.insert(0, {"name": "", "label": "", "messages": texts, "anchor": ""})
    return errors


def form_page(
    request: Asking,
    *,
    title: str,
    way: list[dict[str, str]],
    sections: Sequence[tuple[str, list[dict]]],
    cancel_url: str,
    refusal: Refusal | None = None,
    template: str = "crm/edit/page.html",
    **more: Any,
) -> HttpResponse:
    """A form of `sections` (title, controls), with the errors of a refused try."""
    errors = _errors(sections, refusal) if refusal else []
    context = {
        "title": title,
        "crumbs": way,
        "action_url": request.path,
        "cancel_url": cancel_url,
        "module": {"name": "", "label": title},
        "version": None,
        "key": "",
        "sections": [{"title": head, "note": "", "fields": inside} for head, inside in sections],
        "errors": errors,
        "submit_label": _("Save"),
        "again_label": "",
        "duplicates_url": "",
        **more,
    }
    return render(request, template, context, status=refusal.status if refusal else 200)


def when(at: datetime | None) -> str:
    """A moment in the reader's zone, to the minute; nothing for None."""
    return show_moment(at) if at else ""


def typed(request: Asking, name: str, most: int = 1000) -> str:
    """One posted text, trimmed and without null signs."""
    return request.POST.get(name, "").replace("\0", "").strip()[:most]


def numbers(values: Iterable[str]) -> list[int]:
    """Those that are ids."""
    return whole_numbers(values)


def page_number(request: Asking) -> int:
    """The page that is asked for, 1 when it is nonsense."""
    found = numbers([request.GET.get("page", "1")])
    return min(max(found[0], 1), DEEPEST_PAGE) if found else 1


def pager(request: Asking, page: int, shown: int, total: int) -> dict[str, Any]:
    """The links of crm/list/pager.html."""
    kept = {name: value for name, value in request.GET.items() if name != "page"}

    def url(number: int) -> str:
        return f"{request.path}?{urlencode({**kept, 'page': number})}"

    has_next = (page - 1) * PAGE + shown < total
    return page_links(page, PAGE, shown, has_next, url, pages=max(1, -(-total // PAGE)))


def department_tree(
    url_of: Callable[[Department], str], current: int | None, counts: Mapping[int, int]
) -> list[dict[str, Any]]:
    """All departments as one list in another; `counts` are people by department id."""
    nodes: dict[int, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    found = sorted(Department.objects.all(), key=lambda one: (one.depth, one.order, one.pk))
    for one in found:
        nodes[one.pk] = {
            "label": one.name,
            "url": url_of(one),
            "count": counts.get(one.pk, 0),
            "is_current": one.pk == current,
            "children": [],
        }
        siblings = nodes[one.parent_id]["children"] if one.parent_id in nodes else roots
        siblings.append(nodes[one.pk])
    return roots


def department_choices() -> list[tuple[int, str]]:
    """Departments to choose from, each with its path below the company."""
    found = {one.pk: one for one in Department.objects.all()}
    tops = [one.pk for one in found.values() if one.parent_id is None]
    said = set(found) - set(tops if len(tops) == 1 else ())
    named = [
        (one.pk, [found[pk].name for pk in one.ancestor_ids if pk in said or pk == one.pk])
        for one in sorted(found.values(), key=lambda one: (one.pk not in tops, one.path))
    ]
    return [(pk, " / ".join(path)) for pk, path in named]
