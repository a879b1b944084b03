"""What the frame of every signed-in page shows: navigation, person, what may be created."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from crm.access.policy import access_to
from crm.modules.registry import all_modules
from crm.operation.pause import is_paused
from crm.views.jobs import shell_jobs
from crm.views.shortcuts import key_groups

GO_KEYS = {"customers": "c", "contacts": "p", "follow-ups": "f"}
LANGUAGE_NAMES = {code: get_language_info(code)["name_local"] for code, _name in settings.LANGUAGES}


def _modules(request: HttpRequest) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    create = []
    here = request.path.split("/")[1]
    for module in all_modules():
        access = access_to(request.user, module)
        if access.grants.scope("view"):
            groups.setdefault(str(module.group), []).append(
                {
                    "label": module.label_plural,
                    "url": f"/{module.name}/",
                    "icon": module.icon,
                    "count": None,
                    "is_current": here == module.name,
                    "key": GO_KEYS.get(module.name, ""),
                }
            )
        if access.grants.scope("create") and not module.is_only_inside:
            new = f"/{module.name}/new/"
            create.append(
                {
                    "label": module.label, "url": new, "quick_url": f"{new}quick/",
                    "icon": module.icon,
                }
            )  # fmt: skip
    return [{"label": label, "items": items} for label, items in groups.items()], create


def _person(user: Any) -> dict[str, Any]:
    position = getattr(user, "position", None)
    return {"pk": user.pk, "name": user.display_name, "role": str(position or "")}


def _home(request: HttpRequest) -> dict[str, Any]:
    return {
        "label": _("Home"), "url": "/", "icon": "home", "count": None,
        "is_current": request.path == "/", "key": "h",
    }  # fmt: skip


def _library(request: HttpRequest) -> dict[str, Any]:
    return {
        "label": _("Library"), "url": "/library/", "icon": "folder", "count": None,
        "is_current": request.path.startswith("/library/"), "key": "l",
    }  # fmt: skip


def _languages() -> list[dict[str, Any]]:
    current = get_language()
    return [
        {"code": code, "name": LANGUAGE_NAMES[code], "is_current": code == current}
        for code, _name in settings.LANGUAGES
    ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the frame; nothing but theme and company for those who are not signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"company": settings.COMPANY_NAME}
    groups, create = _modules(request)
    is_setup = request.path.startswith("/setup/")
    is_administrator = bool(groups) and access_to(user, all_modules()[0]).grants.administer
    return {
        "company": settings.COMPANY_NAME,
        "shell": {
            "theme": user.theme,
            "density": user.density,
            "nav": user.navigation,
            "viewing": getattr(request, "viewing", None),
            "paused_url": _paused_url(is_administrator),
            "person": _person(user),
            "company": settings.COMPANY_NAME,
            "groups": [{"label": "", "items": [_home(request), _library(request)]}, *groups],
            "setup": {"url": "/setup/", "is_current": is_setup} if is_administrator else None,
            "tab": groups[0]["items"][0] if groups else None,
            "create": create,
            "urls": {
                "home": "/",
                "search": "/search/",
                "palette": "/palette/",
                "preferences": reverse("preferences"),
                "profile": reverse("me"),
                "jobs": "/jobs/",
                "logout": reverse("logout"),
            },
            "languages": _languages(),
            "keys": key_groups(),
            "toasts": [_toast(message) for message in messages.get_messages(request)],
            "jobs": shell_jobs(user),
        },
    }


def _paused_url(is_administrator: bool) -> str:
    """Where an administrator releases the background, while it is paused."""
    return reverse("setup-operation") if is_administrator and is_paused() else ""


def _toast(message: Any) -> dict[str, str]:
    undo = message.extra_tags if str(message.extra_tags).startswith("/") else ""
    kind = "alert" if message.level >= messages.WARNING else ""
    return {"text": str(message), "undo_url": undo, "kind": kind}


def toast(request: HttpRequest, text: str, undo_url: str = "", is_alert: bool = False) -> None:
    """Show a message on the next page, with a way back where there is one."""
    level = messages.WARNING if is_alert else messages.INFO
    messages.add_message(request, level, text, extra_tags=undo_url)


def sent_to(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to another page, also from a dialog that htmx has sent."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
