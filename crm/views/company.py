"""/setup/company/: what administrators decide for the whole company, and what came of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.access.policy import access_to
from crm.customfields.company import answer_of
from crm.jobs.rekeying import collisions, last_job, set_answer
from crm.lists.columns import record_url
from crm.modules.module import Module, Setting
from crm.modules.registry import all_modules
from crm.records.errors import Refusal
from crm.views.audit import require_administrator
from crm.views.jobs import card
from crm.views.shell import toast

MOST_SHOWN = 100


@require_http_methods(["GET", "POST"])
def company(request: HttpRequest) -> HttpResponse:
    """/setup/company/."""
    require_administrator(request)
    errors: list[dict[str, Any]] = []
    if request.method == "POST":
        errors = _save(request)
        if not errors:
            toast(request, _("Saved."))
            return HttpResponseRedirect(request.path)
    context = {
        "title": _("Company settings"),
        "crumbs": [
            {"label": _("Setup"), "url": "/setup/"},
            {"label": _("Company settings"), "url": ""},
        ],
        "action_url": request.path,
        "cancel_url": "/setup/",
        "errors": errors,
        "sections": [
            {
                "title": module.label_plural,
                "fields": [_field(module, setting) for setting in module.settings],
                "reports": [_report(request, module, setting) for setting in module.settings],
            }
            for module in all_modules()
            if module.settings
        ],
    }
    return render(request, "setup/company.html", context, status=400 if errors else 200)


def _save(request: HttpRequest) -> list[dict[str, Any]]:
    """Decide what was posted; errors of those that could not be."""
    errors = []
    for module in all_modules():
        for setting in module.settings:
            value = request.POST.get(_html_name(module, setting))
            if value is None:
                continue
            try:
                set_answer(actor=request.user, module=module, name=setting.name, value=value)
            except Refusal as refusal:
                said = [word for found in refusal.fields.values() for word in found]
                errors.append(
                    {
                        "label": setting.label,
                        "messages": said or [refusal.message],
                        "anchor": f"id-{_html_name(module, setting)}",
                    }
                )
    return errors


def _html_name(module: Module, setting: Setting) -> str:
    return f"{module.name}.{setting.name}"


def _field(module: Module, setting: Setting) -> dict[str, Any]:
    """A setting as crm/edit/field.html takes it."""
    name, now = _html_name(module, setting), answer_of(module, setting.name)
    return {
        "name": setting.name, "html_name": name, "id": f"id-{name}", "label": setting.label,
        "kind": "choice", "value": now, "required": True, "errors": [], "help": setting.help,
        "is_wide": True,
        "options": [
            {"value": value, "label": label, "is_on": value == now}
            for value, label in setting.choices
        ],
    }  # fmt: skip


def _report(request: HttpRequest, module: Module, setting: Setting) -> dict[str, Any] | None:
    """How far the records have followed the last decision, and which of them meet another."""
    job = last_job(module, setting)
    if job is None:
        return None
    pairs = collisions(job)[:MOST_SHOWN]
    ids = {pk for pair in pairs for pk in pair if pk}
    labels = access_to(request.user, module).labels(module.name, ids)
    return {
        "job": card(job, is_flat=True),
        "collisions": [[_named(module, labels, pk) for pk in pair] for pair in pairs],
    }


def _named(module: Module, labels: Any, pk: int | None) -> dict[str, str]:
    """A record by its title for those who may see it, else by its id alone."""
    if pk is not None and pk in labels:
        return {"label": str(labels[pk].label), "url": record_url(module.name, pk)}
    return {"label": f"{module.label} #{pk}" if pk else "", "url": ""}
