"""Every change of one record, under the field rights of the reader."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.access import names
from crm.access.holders import labels_of
from crm.access.policy import Access, access_to
from crm.access.sharing import EDIT
from crm.customfields.dictionaries import option_label
from crm.customfields.files import FILE
from crm.lists.columns import plain_text, record_url
from crm.lists.show import in_a_row, in_sentence, show_date, show_moment, show_time
from crm.modules.fields import COLLABORATORS, PART
from crm.modules.registry import module_named
from crm.records.changes import Change, Entry, entries_of
from crm.records.sharing import told_of
from crm.records.unmerging import last_merge
from crm.views.lists import title_of

KINDS = {
    "created": ("create", gettext_lazy("Created")),
    "changed": ("update", gettext_lazy("Changed")),
    "assigned": ("assign", gettext_lazy("Owner changed")),
    "deleted": ("delete", gettext_lazy("Deleted")),
    "shared": ("assign", gettext_lazy("Shared")),
    "unshared": ("assign", gettext_lazy("Share taken back")),
    "merged": ("merge", gettext_lazy("Merged into another record")),
    "restored": ("restore", gettext_lazy("Restored")),
    "undone": ("restore", gettext_lazy("Import undone")),
}
SOURCES = {
    "form": gettext_lazy("form"),
    "inline": gettext_lazy("on the page"),
    "board": gettext_lazy("on the board"),
    "calendar": gettext_lazy("in the calendar"),
    "import": gettext_lazy("import"),
    "api": gettext_lazy("API"),
    "merge": gettext_lazy("merge"),
    "undo": gettext_lazy("undo"),
    "demo": gettext_lazy("demo data"),
    "rule": gettext_lazy("rule"),
}


@require_safe
def record_history(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """GET /<module>/<id>/history/."""
    access = access_to(request.user, module_named(module))
    row = access.get(pk)
    title = title_of(access, row)
    url = record_url(module, pk)
    merge = last_merge(access, pk)
    context = {
        "title": title,
        "record_url": url,
        "crumbs": [
            {"label": access.module.group, "url": ""},
            {"label": access.module.label_plural, "url": f"/{module}/"},
            {"label": title, "url": url},
            {"label": _("History"), "url": ""},
        ],
        "undo_url": f"/merges/{merge.pk}/undo/" if merge else "",
        "entries": entry_contexts(access, entries_of(access, pk)),
        "more_url": "",
    }
    return render(request, "crm/history/page.html", context)


def entry_contexts(access: Access, entries: list[Entry]) -> list[dict[str, Any]]:
    """Entries as crm/history/page.html takes them."""
    people = names.people(entry.actor for entry in entries)
    found = []
    for entry in entries:
        kind, word = KINDS.get(entry.kind, ("update", entry.kind))
        by = people.get(entry.actor) if entry.actor else None
        found.append(
            {
                "when": show_time(entry.at),
                "when_title": show_moment(entry.at),
                "day": show_date(timezone.localtime(entry.at).date()),
                "by": by.label if by else _("the system"),
                "source": SOURCES.get(entry.source, entry.source),
                "kind": kind,
                "summary": summary(access, entry, str(word)),
                "changes": [change_context(access, change) for change in entry.changes],
            }
        )
    return found


def summary(access: Access, entry: Entry, word: str) -> str:
    """One line of what an act did."""
    if entry.kind == "changed" and entry.changes:
        labels = in_a_row(in_sentence(_label(change)) for change in entry.changes[:4])
        return _("Changed %s") % labels
    if entry.kind in {"shared", "unshared"} and "|" in entry.reason:
        words = {"done": word, "what": _shared_words(access, entry.reason)}
        return _("%(done)s: %(what)s") % words
    return word


def _shared_words(access: Access, reason: str) -> str:
    """With whom, as what; the part for those who may read who collaborates."""
    holders, more, level, part = told_of(reason)
    words = [in_a_row(labels_of(holders))]
    if more:
        words = [_("%(titles)s and %(count)d more") % {"titles": words[0], "count": more}]
    if level:
        words.append(_("may read and edit") if level == EDIT else _("may read"))
    if part and COLLABORATORS in access.readable:
        words.append(option_label(PART, part))
    return " · ".join(words)


def _label(change: Change) -> Any:
    return change.field.label


def change_context(access: Access, change: Change) -> dict[str, Any]:
    """One change as label, before and after in words."""
    label = access.module.fields[change.name].label
    return {
        "label": label,
        "before": said(access, change.field, change.before),
        "after": said(access, change.field, change.after),
    }


def said(access: Access, field: Any, value: Any) -> str:
    """A stored value in words: ids of people and records become labels where they may be known."""
    if value is None or value == "":
        return ""
    if field.kind == FILE:
        found_files = names.files(access.module.name, value)
        return in_a_row(found_files[pk].name for pk in value)
    if field.kind == "user" and isinstance(value, int):
        return names.people([value])[value].label
    if field.kind == "department" and isinstance(value, int):
        return names.departments([value])[value].label
    if field.kind == "relation" and isinstance(value, int):
        found = access.labels(field.target, {value})
        return found[value].label if value in found else str(_("(no access)"))
    if field.kind in {"any_relation", "relation", "user"}:
        return str(_("(a record)"))
    if isinstance(value, str) and field.kind not in {"choice", "multi_choice"}:
        return value
    return plain_text(field, value)
