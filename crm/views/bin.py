"""The recycle bin: what was deleted, by module; a restore brings back what one act deleted."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access import names
from crm.access.paging import Key, Slice
from crm.access.policy import Access, access_to
from crm.lists.columns import record_url
from crm.lists.show import in_a_row, show_moment
from crm.modules.fields import Field
from crm.modules.registry import UnknownModule, all_modules, module_named
from crm.records.errors import DuplicateFound, Invalid, NotAllowed, NotVisible
from crm.records.lifecycle import deletions_of, purge_records, purgeable, restore_record
from crm.views.lists import title_of
from crm.views.pages import page_links, page_number
from crm.views.shell import toast

PAGE = 50
DEEPEST = 199
MOST_ERASED = 300
NEWEST_FIRST = (Key(Field("deleted_at", "datetime", "", column="deleted_at"), is_descending=True),)


@require_safe
def bin_page(request: HttpRequest) -> HttpResponse:
    """GET /bin/?module=…&page=…: deleted records that the person might have deleted himself."""
    doors = [access_to(request.user, module) for module in all_modules()]
    doors = [door for door in doors if door.grants.scope("delete")]
    wanted = request.GET.get("module", "")
    access = next(
        (door for door in doors if door.module.name == wanted), doors[0] if doors else None
    )
    if access is None:
        return render(request, "403.html", {"reason": _("Your roles delete nothing.")}, status=403)
    page = page_number(request.GET.get("page", "1"), DEEPEST)
    deleted = access.in_bin()
    rows = deleted.page(Slice(order=NEWEST_FIRST, offset=(page - 1) * PAGE, size=PAGE + 1))
    count, exact = deleted.count(deleted.everything)
    module = access.module
    base = f"/bin/?module={module.name}"
    shown = rows[:PAGE]
    context = {
        "module": {"label": module.label, "label_plural": module.label_plural, "name": module.name},
        "crumbs": [
            {"label": _("Recycle bin"), "url": ""},
            {"label": module.label_plural, "url": ""},
        ],
        "kinds": [
            {
                "label": door.module.label_plural, "url": f"/bin/?module={door.module.name}",
                "is_current": door is access,
            }
            for door in doors
        ],
        "count": {"value": count, "exact": exact},
        "rows": _rows(deleted, shown),
        "keep_days": settings.BIN_DAYS,
        "erase_url": f"/bin/erase/?module={module.name}" if purgeable(access, 1) else "",
        "pager": page_links(
            page, PAGE, len(shown), len(rows) > PAGE, lambda number: f"{base}&page={number}"
        ),
    }  # fmt: skip
    return render(request, "crm/bin/page.html", context)


def _rows(access: Access, rows: list[Any]) -> list[dict[str, Any]]:
    deletions = deletions_of(access, [row.pk for row in rows])
    people = names.people(one.actor for one in deletions.values())
    found = []
    for row in rows:
        deletion = deletions[row.pk]
        left = settings.BIN_DAYS - (timezone.now() - deletion.at).days
        by = people.get(deletion.actor or 0)
        owner = row.get("owner")
        found.append(
            {
                "pk": row.pk,
                "title": title_of(access, row),
                "owner": owner.label if owner else "",
                "deleted_by": by.label if by else "",
                "deleted_at": show_moment(deletion.at),
                "left": str(max(left, 0)),
                "also": in_a_row(f"{label} {count}" for label, count in deletion.along),
                "restore_url": f"/{access.module.name}/{row.pk}/restore/",
            }
        )
    return found


@require_POST
def restore(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/<id>/restore/."""
    try:
        restore_record(actor=request.user, module=module_named(module).name, pk=pk)
    except (DuplicateFound, NotAllowed) as refusal:
        said = [str(word) for found in refusal.fields.values() for word in found]
        toast(request, _("Not restored. %s") % (" ".join(said) or refusal.message), is_alert=True)
        return HttpResponseRedirect(f"/bin/?module={module}")
    toast(request, _("Restored."))
    return HttpResponseRedirect(record_url(module, pk))


@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """/bin/erase/?module=…: remove for good what lay there long enough, asked for by its count."""
    wanted = request.GET.get("module", "")
    try:
        access = access_to(request.user, module_named(wanted))
    except UnknownModule:
        raise NotVisible from None
    if not access.grants.administer:
        raise NotAllowed(_("Only administrators empty the recycle bin."))
    ids = purgeable(access, MOST_ERASED)
    errors: list[dict[str, Any]] = []
    if request.method == "POST":
        errors = _erased(request, access, ids)
        if not errors:
            return HttpResponseRedirect(f"/bin/?module={wanted}")
    base = f"/bin/?module={access.module.name}"
    title = ngettext("Remove %d record for good?", "Remove %d records for good?", len(ids))
    context = {
        "title": title % len(ids),
        "text": access.module.label_plural,
        "pks": [],
        "crumbs": [{"label": _("Recycle bin"), "url": base}],
        "action_url": f"/bin/erase/?module={access.module.name}",
        "cancel_url": base,
        "warning": _("This cannot be undone. Their history stays."),
        "confirm": {
            "label": _("Type the number of records: %d") % len(ids), "expected": str(len(ids)),
        },
        "errors": errors,
        "submit_label": _("Remove for good"),
        "is_danger": True,
    }  # fmt: skip
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/bulk/dialog.html" if is_part else "crm/bulk/page.html"
    return render(request, name, context, status=400 if errors else 200)


def _erased(request: HttpRequest, access: Access, ids: list[int]) -> list[dict[str, Any]]:
    """Remove these records if their number was typed; errors otherwise."""
    if not ids or request.POST.get("confirm", "").strip() != str(len(ids)):
        text = _("Type the number of records: %d") % len(ids)
    else:
        try:
            purge_records(actor=request.user, module=access.module.name, pks=ids)
        except Invalid as refusal:
            text = str(refusal.message)
        else:
            done = ngettext("%d record was removed.", "%d records were removed.", len(ids))
            toast(request, done % len(ids))
            return []
    return [{"label": "", "messages": [text], "anchor": "confirm"}]
