"""The choices of fields, with a label per language, kept by administrators."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from crm.access.errors import NotVisible
from crm.access.policy import access_to
from crm.customfields.labels import label_in
from crm.customfields.models import Option
from crm.customfields.usage import is_used, uses_of
from crm.lib.whole import whole_number, whole_numbers
from crm.modules.fields import PART, PARTS
from crm.modules.module import Module
from crm.modules.registry import all_modules
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.views.audit import require_administrator
from crm.views.choice_merging import merge_cards
from crm.views.shell import LANGUAGE_NAMES, toast

MOST_OPTIONS = 500
LONGEST = 80


def _labels() -> dict[str, str]:
    """What each dictionary is for: the labels of the fields that use it."""
    found: dict[str, list[str]] = {}
    for module in all_modules():
        for name in module.right_names():
            field = module.field_at(name)
            if field is not None and field.dictionary:
                collection, dot, _member = name.partition(".")
                of_rows = f" · {module.fields[collection].label}" if dot else ""
                label = f"{module.label}{of_rows} · {field.label}"
                found.setdefault(field.dictionary, []).append(label)
    if any(module.user_shares is not None for module in all_modules()):
        found[PARTS] = [" · ".join((_("Collaborators"), str(PART.label)))]
    return {name: labels[0] for name, labels in found.items()}


@require_http_methods(["GET", "POST"])
def dictionaries(request: HttpRequest, name: str = "") -> HttpResponse:
    """/setup/dictionaries/<name>/."""
    require_administrator(request)
    labels = _labels()
    known = sorted(labels, key=lambda key: labels[key])
    if not name and known:
        return HttpResponseRedirect(f"/setup/dictionaries/{known[0]}/")
    if name not in labels:
        raise NotVisible
    errors: list[dict[str, Any]] = []
    if request.method == "POST":
        errors = save(request, name)
        if not errors:
            toast(request, _("Saved."))
            return HttpResponseRedirect(request.path)
    options = list(Option.objects.filter(dictionary=name))
    if request.method == "GET" and request.GET.get("part") == "uses":
        return _uses(request, name, options)
    context = {
        "crumbs": [
            {"label": _("Setup"), "url": "/setup/"},
            {"label": _("Dictionaries"), "url": "/setup/dictionaries/"},
            {"label": labels[name], "url": ""},
        ],
        "dictionaries": _menu(labels, known, name),
        "current": {"label": labels[name], "about": labels[name], "action_url": request.path},
        "languages": [
            {"code": code, "name": LANGUAGE_NAMES[code]} for code, _label in settings.LANGUAGES
        ],
        "items": [_item(option) for option in options],
        "uses_url": f"{request.path}?part=uses",
        "merges": merge_cards(request, name),
        "errors": errors,
    }  # fmt: skip
    return render(request, "setup/dictionaries.html", context, status=400 if errors else 200)


def _menu(labels: dict[str, str], known: list[str], current: str) -> list[dict[str, Any]]:
    """All dictionaries, each with the number of choices that it offers."""
    active = Option.objects.filter(is_active=True).values_list("dictionary", flat=True)
    counts = Counter(active)
    return [
        {
            "label": labels[key], "url": f"/setup/dictionaries/{key}/",
            "count": counts[key], "is_current": key == current,
        }
        for key in known
    ]  # fmt: skip


def _uses(request: HttpRequest, name: str, options: list[Option]) -> HttpResponse:
    """…?part=uses: by how many records each choice is used, counted after the page stands.

    A field that the administrator's own roles hide is not counted; if all are hidden, none is.
    """

    def may_read(module: Module, path: str) -> bool:
        return path in access_to(request.user, module).readable

    found = uses_of(name, [option.value for option in options], may_read)
    items = [{"pk": option.pk, "count": found.get(option.value)} for option in options]
    return render(request, "setup/dictionary_uses.html", {"items": items})


def _item(option: Option) -> dict[str, Any]:
    return {
        "pk": option.pk,
        "value": option.value,
        "position": option.position,
        "labels": [
            {
                "html_name": f"label-{option.pk}-{code}",
                "text": option.labels.get(code, ""),
                "shown": _shown(option, code),
                "language": code,
            }
            for code, _name in settings.LANGUAGES
        ],
        "is_active": option.is_active,
        "merge_url": f"/setup/dictionaries/{option.dictionary}/merge/{option.pk}/",
    }


@transaction.atomic
def save(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """Write what was posted; answers errors, and then nothing is changed."""
    post = request.POST
    options = list(Option.objects.select_for_update().filter(dictionary=name))
    errors: list[dict[str, Any]] = []
    gone = post.get("delete", "")
    for option in options:
        if str(option.pk) == gone:
            if is_used(name, option.value):
                errors.append(_error(_("“%s” is in use; stop offering it instead.") % option.value))
            continue
        labels = _posted_labels(post, f"label-{option.pk}-")
        if not any(labels.values()):
            errors.append(_error(_("“%s” needs a label.") % option.value))
        option.labels = {**option.labels, **labels}
        option.is_active = f"active-{option.pk}" in post
        position = whole_number(post.get(f"position-{option.pk}", ""))
        if position is not None and position < 10_000:
            option.position = position
    fresh = _posted_labels(post, "new-")
    if len(options) >= MOST_OPTIONS and any(fresh.values()):
        errors.append(_error(_("At most %d choices.") % MOST_OPTIONS))
    if errors:
        return errors
    Option.objects.filter(dictionary=name, pk__in=whole_numbers([gone])).delete()
    kept = [option for option in options if str(option.pk) != gone]
    Option.objects.bulk_update(kept, ["labels", "is_active", "position"])
    if any(fresh.values()):
        _add(name, fresh, kept)
    raise_definitions_version()
    record_audit(
        actor=request.user, action="dictionary", detail={"dictionary": name}, request=request
    )
    return []


def _shown(option: Option, language: str) -> str:
    """What a reader of this language sees as long as it has no text of its own."""
    with override(language):
        return label_in(option.labels, option.value)


def _posted_labels(post: QueryDict, start: str) -> dict[str, str]:
    return {
        code: post.get(f"{start}{code}", "").replace("\x00", "").strip()[:LONGEST]
        for code, _name in settings.LANGUAGES
    }


def _add(name: str, labels: dict[str, str], options: list[Option]) -> None:
    taken = {option.value for option in options}
    number = len(options) + 1
    while f"choice_{number}" in taken:
        number += 1
    position = max((option.position for option in options), default=0) + 1
    filled = {code: text for code, text in labels.items() if text}
    Option.objects.create(
        dictionary=name, value=f"choice_{number}", labels=filled, position=position
    )


def _error(text: str) -> dict[str, Any]:
    return {"label": "", "messages": [text], "anchor": ""}
