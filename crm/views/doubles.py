"""Records that may be the same: groups to compare and merge, or to say that they are not."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access import names
from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lib.whole import whole_number, whole_numbers
from crm.lists.columns import plain_text, record_url
from crm.lists.show import in_a_row, show_moment
from crm.modules.registry import module_named
from crm.records.doubles import (
    Group,
    doubles_of,
    groups_of,
    set_apart,
    set_apart_pairs,
    take_apart_back,
)
from crm.records.errors import Invalid
from crm.records.merging import MOST, require_mergeable
from crm.views.alike import doubles_url, why
from crm.views.lists import title_of
from crm.views.shell import toast

SIZE = 25
MOST_APART = 200
MOST_FACTS = 6


@require_safe
def doubles_page(request: HttpRequest, module: str) -> HttpResponse:
    """GET /<module>/doubles/: the groups, strongest first; ?apart=1: what was said to be none."""
    access = _opened(request, module)
    context = _frame(access)
    if request.GET.get("apart"):
        context |= {"is_apart": True, "apart": _apart(access)}
        return render(request, "crm/doubles/page.html", context)
    groups, is_more = groups_of(access)
    page = min(whole_number(request.GET.get("page", "")) or 1, max(1, -(-len(groups) // SIZE)))
    first = (page - 1) * SIZE
    shown = groups[first : first + SIZE]
    context |= {
        "count": {"value": len(groups), "exact": not is_more},
        "groups": _groups(access, shown),
        "page_number": page,
        "pager": {
            "first": first + 1 if shown else 0, "last": first + len(shown), "page": 0, "pages": 0,
            "prev_url": _page_url(access, page - 1) if page > 1 else "",
            "next_url": _page_url(access, page + 1) if first + SIZE < len(groups) else "",
        },
    }  # fmt: skip
    return render(request, "crm/doubles/page.html", context)


def _opened(request: HttpRequest, module: str) -> Access:
    access = access_to(request.user, module_named(module))
    if not access.module.key_fields:
        raise NotVisible
    access.require("view")
    require_mergeable(access)
    return access


def _page_url(access: Access, page: int) -> str:
    return f"/{access.module.name}/doubles/?{urlencode({'page': page})}"


def _frame(access: Access) -> dict[str, Any]:
    module = access.module
    url = f"/{module.name}/doubles/"
    return {
        "title": _("Possible doubles"),
        "crumbs": [
            {"label": module.group, "url": ""},
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": _("Possible doubles"), "url": ""},
        ],
        "url": url,
        "apart_url": f"{url}apart/",
        "merge_url": f"/{module.name}/merge/",
        "most": MOST,
    }


def _groups(access: Access, groups: Sequence[Group]) -> list[dict[str, Any]]:
    ids = [pk for group in groups for pk in group.ids]
    facts = _facts(access)
    rows = {row.pk: row for row in access.rows_of(ids, [access.module.title, "number", *facts])}
    mine = set(access.rows("edit").filter(pk__in=ids).values_list("pk", flat=True))
    gone = set(access.rows("delete").filter(pk__in=ids).values_list("pk", flat=True))
    found = []
    for number, group in enumerate(groups, start=1):
        picked = [pk for pk in group.ids if pk in mine]
        records = [
            {**_record(access, rows[pk], facts), "may": pk in mine, "is_on": pk in picked[:MOST]}
            for pk in group.ids
            if pk in rows
        ]
        found.append(
            {
                "id": f"group-{number}",
                "why": in_a_row(str(why(access, rule)) for rule in group.rules),
                "records": records,
                "may_merge": len(picked) > 1 and bool(gone.intersection(picked)),
                "may_part": len(picked) > 1,
            }
        )
    return found


def _facts(access: Access) -> list[str]:
    """What is told of each record: first what makes records alike, then whose it is."""
    module = access.module
    alike = [name for name in module.fields if name in module.key_fields and name != module.title]
    wanted = [*alike, "owner", "created_at", *module.columns]
    seen = [name for name in dict.fromkeys(wanted) if name in access.visible]
    return [name for name in seen if name != module.title][: MOST_FACTS + len(alike)]


def _record(access: Access, row: Row, facts: Sequence[str]) -> dict[str, Any]:
    texts = [plain_text(access.module.fields[name], row.get(name)) for name in facts]
    return {
        "pk": row.pk,
        "title": title_of(access, row),
        "url": record_url(access.module.name, row.pk),
        "number": row.get("number") or "",
        "facts": " · ".join(text for text in texts if text),
    }


def _apart(access: Access) -> list[dict[str, Any]]:
    pairs = set_apart_pairs(access, MOST_APART)
    ids = {pk for pair in pairs for pk in (pair.low, pair.high)}
    rows = access.rows_of(sorted(ids), [access.module.title, "number"])
    titles = {row.pk: title_of(access, row) for row in rows}
    people = names.people(pair.by_id for pair in pairs)
    return [
        {
            "records": [
                {"title": titles[pk], "url": record_url(access.module.name, pk)}
                for pk in (pair.low, pair.high)
            ],
            "by": people[pair.by_id].label if pair.by_id in people else "",
            "when": show_moment(timezone.localtime(pair.at)),
            "undo_url": f"/{access.module.name}/doubles/{pair.act}/undo/",
        }
        for pair in pairs
    ]


@require_POST
def doubles_apart(request: HttpRequest, module: str) -> HttpResponse:
    """POST /<module>/doubles/apart/ (pk=…&pk=…): these are not the same, whatever looks alike."""
    ids = whole_numbers(request.POST.getlist("pk"))
    if len(set(ids)) < 2:
        raise Invalid(_("Choose at least two records."))
    access = _opened(request, module)
    act = set_apart(actor=request.user, module=module, pks=ids)
    text = ngettext(
        "%d record is not offered as a double any more.",
        "%d records are not offered as doubles of each other any more.",
        len(set(ids)),
    )
    undo = f"/{access.module.name}/doubles/{act}/undo/"
    toast(request, text % len(set(ids)), undo_url=undo)
    return HttpResponseRedirect(_back(request, access, ids))


def _back(request: HttpRequest, access: Access, ids: Sequence[int]) -> str:
    """The page of a record, if it was asked there; else the page of doubles where one was."""
    if request.POST.get("on") == "record":
        return record_url(access.module.name, ids[0])
    page = whole_number(request.POST.get("page", ""))
    return _page_url(access, page) if page else f"/{access.module.name}/doubles/"


@require_POST
def doubles_again(request: HttpRequest, module: str, act: uuid.UUID) -> HttpResponse:
    """POST /<module>/doubles/<act>/undo/: offer them again."""
    access = _opened(request, module)
    take_apart_back(actor=request.user, module=module, act=act)
    toast(request, _("They are offered again."))
    return HttpResponseRedirect(f"/{access.module.name}/doubles/")


def doubles_notice(access: Access, row: Row) -> list[dict[str, Any]]:
    """What the page of a record says to who may merge: which ones may be the same."""
    if not doubles_url(access):
        return []
    found = doubles_of(access, row.pk)
    if not found:
        return []
    rows = access.rows_of(list(found)[:MOST], [access.module.title, "number"])
    return [
        {
            "kind": "warn", "icon": "copy", "title": _("May be here twice"), "aside": "",
            "doubles": [_double(access, row.pk, one, found) for one in rows],
            "apart_url": f"/{access.module.name}/doubles/apart/",
        }
    ]  # fmt: skip


def _double(
    access: Access, pk: int, other: Row, rules: Mapping[int, Sequence[str]]
) -> dict[str, Any]:
    picked = urlencode({"pk": [pk, other.pk]}, doseq=True)
    return {
        "pks": [pk, other.pk],
        "title": title_of(access, other),
        "url": record_url(access.module.name, other.pk),
        "why": in_a_row(str(why(access, rule)) for rule in rules[other.pk]),
        "merge_url": f"/{access.module.name}/merge/?{picked}",
    }
