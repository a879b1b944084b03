"""The audit log for administrators: changes of records and everything else that was done."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.access import names
from crm.access.errors import NotAllowed
from crm.access.policy import access_to
from crm.documents.library import LIBRARY
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.lists.show import in_a_row, show_moment
from crm.lists.values import day_start
from crm.modules.fields import Field
from crm.modules.registry import UnknownModule, all_modules, module_named
from crm.records.beside import AuditEntry, Event
from crm.views.audit_words import detail_words
from crm.views.pages import page_links, page_number

PAGE = 50
DEEPEST = 40
BAD = frozenset({"sign_in_failed", "deleted", "purged", "locked_out"})
KINDS = {
    "": gettext_lazy("All"),
    "changes": gettext_lazy("Changes"),
    "actions": gettext_lazy("Actions"),
}
ACTIONS = {
    "created": gettext_lazy("Created"),
    "changed": gettext_lazy("Changed"),
    "assigned": gettext_lazy("Owner changed"),
    "shared": gettext_lazy("Shared"),
    "unshared": gettext_lazy("Share taken back"),
    "doubles.apart": gettext_lazy("Said not to be doubles"),
    "doubles.again": gettext_lazy("Offered as doubles again"),
    "deleted": gettext_lazy("Deleted"),
    "restored": gettext_lazy("Restored"),
    "purged": gettext_lazy("Removed for good"),
    "undone": gettext_lazy("Undone"),
    "uncover": gettext_lazy("Masked value shown"),
    "duplicate_check": gettext_lazy("Asked whether a record is known"),
    "screen_pop": gettext_lazy("Calling number looked up"),
    "export": gettext_lazy("Exported"),
    "import": gettext_lazy("Imported"),
    "document.add": gettext_lazy("Document uploaded"),
    "document.describe": gettext_lazy("Document renamed or described"),
    "document.version": gettext_lazy("Older version of a document made current"),
    "document.delete": gettext_lazy("Document deleted"),
    "document.restore": gettext_lazy("Document restored"),
    "document.move": gettext_lazy("Document moved"),
    "folder.create": gettext_lazy("Folder made"),
    "folder.rename": gettext_lazy("Folder renamed"),
    "folder.move": gettext_lazy("Folder moved"),
    "folder.rights": gettext_lazy("Rights of a folder changed"),
    "folder.delete": gettext_lazy("Folder deleted"),
    "folder.restore": gettext_lazy("Folder restored"),
    "folder.download": gettext_lazy("Folder downloaded"),
    "dictionary": gettext_lazy("Dictionary changed"),
    "dictionary.merge": gettext_lazy("Choices merged"),
    "field.create": gettext_lazy("Field made"),
    "field.change": gettext_lazy("Field changed"),
    "field.delete": gettext_lazy("Field deleted"),
    "field.restore": gettext_lazy("Field restored"),
    "field.purge": gettext_lazy("Deleted field removed for good"),
    "field.converting": gettext_lazy("Conversion of a field begun"),
    "field.convert": gettext_lazy("Field converted"),
    "layout.change": gettext_lazy("Layout changed"),
    "layout.reset": gettext_lazy("Layout put back"),
    "background.pause": gettext_lazy("Background paused"),
    "background.release": gettext_lazy("Background released"),
    "rights.prove": gettext_lazy("Proof of rights asked for"),
    "company.setting": gettext_lazy("Company setting changed"),
    "stage_rule": gettext_lazy("Rule of stages changed"),
    "stage_run": gettext_lazy("Rules of stages applied"),
    "sign_in": gettext_lazy("Signed in"),
    "sign_in_failed": gettext_lazy("Sign-in failed"),
    "sign_out": gettext_lazy("Signed out"),
    "sign_out.everywhere": gettext_lazy("Signed out everywhere"),
    "session.end": gettext_lazy("Device signed out"),
    "view_as.start": gettext_lazy("Began to view as"),
    "view_as.page": gettext_lazy("Page opened while viewing as"),
    "view_as.end": gettext_lazy("Stopped viewing as"),
    "token.create": gettext_lazy("Token made"),
    "token.revoke": gettext_lazy("Token revoked"),
    "totp.on": gettext_lazy("Second factor switched on"),
    "totp.off": gettext_lazy("Second factor switched off"),
    "totp.codes": gettext_lazy("New recovery codes made"),
    "totp.remove": gettext_lazy("Second factor taken off"),
    "password.change": gettext_lazy("Password changed"),
    "password.temporary": gettext_lazy("Temporary password given"),
    "user.create": gettext_lazy("Account made"),
    "user.change": gettext_lazy("Account changed"),
    "user.move": gettext_lazy("Moved to another department"),
    "user.departments": gettext_lazy("Further departments changed"),
    "user.deactivate": gettext_lazy("Account closed"),
    "user.reactivate": gettext_lazy("Account opened again"),
    "role.create": gettext_lazy("Role made"),
    "role.change": gettext_lazy("Role changed"),
    "role.delete": gettext_lazy("Role deleted"),
    "role.give": gettext_lazy("Role given"),
    "role.take": gettext_lazy("Role taken away"),
    "rights.change": gettext_lazy("Rights changed"),
    "department.create": gettext_lazy("Department made"),
    "department.change": gettext_lazy("Department changed"),
    "department.move": gettext_lazy("Department moved"),
    "department.delete": gettext_lazy("Department deleted"),
    "position.create": gettext_lazy("Position made"),
    "position.change": gettext_lazy("Position changed"),
    "position.delete": gettext_lazy("Position deleted"),
    "team.create": gettext_lazy("Team made"),
    "team.change": gettext_lazy("Team changed"),
    "team.members": gettext_lazy("Team members changed"),
    "team.delete": gettext_lazy("Team deleted"),
}
MOMENT = Field("at", "datetime", "")


@dataclass
class Line:
    """One thing that somebody did."""

    at: dt.datetime
    actor: int | None
    action: str
    module: str
    record_id: int | None
    detail: dict[str, Any] = field(default_factory=dict)
    address: str = ""


def require_administrator(request: HttpRequest) -> None:
    """Raise NotAllowed unless the person administers the product."""
    if not request.user.grants(all_modules()[0].name).administer:  # type: ignore[union-attr]
        raise NotAllowed(_("Only administrators open this page."))


@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """GET /setup/audit/?kind=&q=&from=&to=&page=."""
    require_administrator(request)
    asked = {
        name: request.GET.get(name, "").replace("\x00", "") for name in ("kind", "q", "from", "to")
    }
    page = page_number(request.GET.get("page", "1"), DEEPEST)
    lines = _lines(asked, page * PAGE + 1)
    shown = lines[(page - 1) * PAGE : page * PAGE]
    base = {name: value for name, value in asked.items() if value}

    def url(**changes: Any) -> str:
        return f"{request.path}?{urlencode({**base, **changes})}"

    has_next = len(lines) > page * PAGE and page < DEEPEST
    context = {
        "crumbs": [{"label": _("Setup"), "url": "/setup/"}, {"label": _("Audit log"), "url": ""}],
        "kinds": [
            {"label": label, "url": url(kind=kind), "is_current": kind == asked["kind"]}
            for kind, label in KINDS.items()
        ],
        "search": {
            "value": asked["q"],
            "url": request.path,
            "keep": [{"name": "kind", "value": asked["kind"]}],
        },
        "period": {"from": asked["from"], "to": asked["to"]},
        "entries": list(_entries(request, shown)),
        "pager": page_links(page, PAGE, len(shown), has_next, lambda number: url(page=number)),
        "export_url": "",
    }  # fmt: skip
    return render(request, "setup/audit.html", context)


def _lines(asked: dict[str, str], most: int) -> list[Line]:
    """The newest lines of both sources, merged."""
    where = _period(asked)
    text = asked["q"].strip()
    found: list[Line] = []
    if asked["kind"] != "actions":
        events = Event.objects.filter(where & _who_or_what(text, "kind"))
        columns = ("at", "actor_id", "kind", "module", "record_id", "changed", "address")
        for at, actor, kind, module, pk, changed, address in events.order_by(
            "-at", "-id"
        ).values_list(*columns)[:most]:
            found.append(Line(at, actor, kind, module, pk, {"fields": changed}, address or ""))
    if asked["kind"] != "changes":
        entries = AuditEntry.objects.filter(where & _who_or_what(text, "action"))
        for entry in entries.order_by("-at", "-id")[:most]:
            found.append(
                Line(
                    entry.at,
                    entry.actor_id,
                    entry.action,
                    entry.module,
                    entry.record_id,
                    entry.detail,
                    entry.address or "",
                )
            )
    found.sort(key=lambda line: line.at, reverse=True)
    return found[:most]


def _period(asked: dict[str, str]) -> Q:
    where = Q()
    for name, lookup, days in (("from", "at__gte", 0), ("to", "at__lt", 1)):
        try:
            day = dt.date.fromisoformat(asked[name])
        except ValueError:
            continue
        where &= Q(**{lookup: day_start(MOMENT, day + dt.timedelta(days=days))})
    return where


def _who_or_what(text: str, action: str) -> Q:
    if not text:
        return Q()
    people = get_user_model()._default_manager
    named = people.filter(Q(display_name__icontains=text) | Q(username__icontains=text))
    actions = [key for key, label in ACTIONS.items() if text.casefold() in str(label).casefold()]
    where = Q(actor_id__in=list(named.values_list("pk", flat=True)[:200]))
    where |= Q(**{f"{action}__in": [*actions, text]}) | Q(module=text)
    number = whole_number(text)
    return where if number is None else where | Q(record_id=number)


def _entries(request: HttpRequest, lines: list[Line]) -> Iterator[dict[str, Any]]:
    people = names.people(line.actor for line in lines)
    labels: dict[tuple[str, int], str] = {}
    by_module: dict[str, set[int]] = {}
    for line in lines:
        if line.record_id and line.module:
            by_module.setdefault(line.module, set()).add(line.record_id)
    for module, ids in by_module.items():
        try:
            door = access_to(request.user, module_named(module))
        except UnknownModule:
            continue
        labels.update({(module, pk): ref.label for pk, ref in door.labels(module, ids).items()})
    for line in lines:
        who = people.get(line.actor) if line.actor else None
        yield {
            "when": show_moment(line.at),
            "when_title": line.at.isoformat(timespec="seconds"),
            "who": who.label if who else "",
            "what": ACTIONS.get(line.action, line.action.replace("_", " ")),
            "module": _module_label(line.module),
            "record": _record(line, labels),
            "detail": _detail(request, line),
            "ip": line.address,
            "is_bad": line.action in BAD,
        }


def _module_label(name: str) -> Any:
    if name == LIBRARY:
        return _("Library")
    try:
        return module_named(name).label_plural if name else ""
    except UnknownModule:
        return name


def _record(line: Line, labels: dict[tuple[str, int], str]) -> dict[str, str] | None:
    if not line.record_id:
        return None
    if line.module == LIBRARY:
        return {"label": _("Folder %d") % line.record_id, "url": f"/library/{line.record_id}/"}
    label = labels.get((line.module, line.record_id))
    if label is None:
        return {"label": f"{_module_label(line.module)} {line.record_id}", "url": ""}
    return {"label": label[:60], "url": record_url(line.module, line.record_id)}


def _detail(request: HttpRequest, line: Line) -> str:
    """Names of changed fields that the reader may see; otherwise what the entry says of itself."""
    if line.action == "created":
        return ""
    try:
        module = module_named(line.module) if line.module not in ("", LIBRARY) else None
    except UnknownModule:
        return ""
    changed = line.detail.get("fields")
    if module is None or not isinstance(changed, list):
        return detail_words(line.detail, line.actor, module)
    visible = access_to(request.user, module).visible
    fields = module.fields
    return in_a_row(fields[name].label for name in changed if name in fields and name in visible)
