"""One's own pages: look, password, second factor, sessions, API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import LONGEST_SECRET, ChangePasswordForm, PreferencesForm, TokenForm
from accounts.grants import rights_of
from accounts.models import Role, User, UserSession
from accounts.models.people import new_stamp
from accounts.phones import shown_phone
from accounts.services.act import save_as
from accounts.services.passwords import change_password, end_everything
from accounts.signin import flow, second_factor
from accounts.signin.devices import set_device_cookie
from accounts.signin.throttle import Result
from accounts.signin.visitors import visitor_of
from accounts.tokens import create_token, live_tokens, revoke_token
from accounts.views.asking import Asking
from accounts.views.door import THEME_COOKIE, safe_next, say
from crm.lib.whole import whole_numbers
from crm.modules.registry import all_modules
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from crm.views.shell import LANGUAGE_NAMES

YEAR_SECONDS = 365 * 24 * 3600
SESSION_KEY_SHOWN = 16


def page(
    request: Asking, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """One of the pages about oneself, with the way to the others."""
    tabs = [
        ("me", _("Me")),
        ("me-password", _("Password")),
        ("me-second-factor", _("Second factor")),
        ("me-sessions", _("Signed-in devices")),
        ("me-tokens", _("API tokens")),
    ]
    current = request.resolver_match.url_name if request.resolver_match else ""
    shown = [
        {"label": label, "url": reverse(name), "is_current": name == current}
        for name, label in tabs
    ]
    crumbs = [{"label": label} for name, label in tabs if name == current]
    return render(request, template, {"tabs": shown, "crumbs": crumbs, **context}, status=status)


def profile(request: Asking) -> HttpResponse:
    """Who I am here and how the product looks for me."""
    user = request.user
    roles = Role.objects.filter(pk__in=rights_of(user.pk).roles)
    context = {
        "person": {
            "name": user.display_name,
            "username": user.username,
            "mail": user.email,
            "phone": shown_phone(user.phone),
            "department": str(user.department or ""),
            "position": str(user.position or ""),
            "language": user.language,
            "theme": user.theme,
            "density": user.density,
            "time_zone": user.time_zone,
        },
        "roles": [role.label for role in roles],
        "languages": list(LANGUAGE_NAMES.items()),
        "themes": User.Theme.choices,
        "densities": User.Density.choices,
        "preferences_url": reverse("preferences"),
    }
    return page(request, "accounts/me.html", context)


@login_not_required
@require_POST
def preferences(request: Asking) -> HttpResponse:
    """Choose language, theme, density, navigation or zone; before sign-in it stays in cookies."""
    data = request.POST.dict()
    if "nav" in data:
        data["navigation"] = data["nav"]
    user = request.user
    form = PreferencesForm(data, instance=user if user.is_authenticated else User())
    if not form.fields or not form.is_valid():
        return HttpResponse(status=400)
    is_quiet = "HX-Request" in request.headers or "X-Requested-With" in request.headers
    response = HttpResponse(status=204) if is_quiet else HttpResponseRedirect(safe_next(request))
    if user.is_authenticated:
        save_as(user, form.instance, *form.cleaned_data)
        return response
    names = {"language": settings.LANGUAGE_COOKIE_NAME, "theme": THEME_COOKIE}
    for field, cookie in names.items():
        if field in form.cleaned_data:
            response.set_cookie(
                cookie, form.cleaned_data[field], max_age=YEAR_SECONDS, samesite="Lax"
            )
    return response


@require_POST
def tour_over(request: Asking) -> HttpResponse:
    """The tour was taken or refused: it is not offered again."""
    User.objects.filter(pk=request.user.pk).update(toured_at=timezone.now())
    return HttpResponse(status=204)


@sensitive_post_parameters("old", "password", "again")
@require_http_methods(["GET", "POST"])
def password(request: Asking) -> HttpResponse:
    """Change one's password; all other sessions, known devices and tokens end."""
    user = request.user
    context: dict[str, Any] = {"errors": {}, "is_forced": user.must_change_password}
    if request.method == "GET":
        return page(request, "accounts/password.html", context)
    form = ChangePasswordForm(request.POST)
    errors: dict[str, Any] = {} if form.is_valid() else dict(form.errors)
    if not errors:
        outcome = flow.confirm_password(visitor_of(request), user, form.cleaned_data["old"])
        if not outcome.is_in:
            errors = {"old": [say(outcome)]}
    if not errors:
        try:
            change_password(actor=user, user=user, password=form.cleaned_data["password"])
        except Invalid as error:
            errors = error.fields
    if errors:
        context["errors"] = errors
        return page(request, "accounts/password.html", context, status=400)
    return _come_back_in(request, user, reverse("me-password") + "?done=1")


def _come_back_in(request: Asking, user: User, goal: str) -> HttpResponse:
    """Sign in anew after everything of this person was ended."""
    request.session.flush()
    token = flow.enter(request, user)
    response = HttpResponseRedirect(goal)
    set_device_cookie(response, token)
    return response


@sensitive_post_parameters("code", "password")
@require_http_methods(["GET", "POST"])
def second_factor_page(request: Asking) -> HttpResponse:
    """Switch the second factor on or off, or get new recovery codes."""
    user = request.user
    context: dict[str, Any] = {"error": "", "codes": []}
    act = request.POST.get("act", "") if request.method == "POST" else ""
    status = 200
    if act:
        context["codes"], context["error"] = _second_factor_act(request, act)
        status = 400 if context["error"] else 200
    context["is_on"] = second_factor.has_second_factor(user)
    context["codes_left"] = second_factor.codes_left(user)
    if not context["is_on"] and act in {"start", "confirm"}:
        device = second_factor.start_totp(user)
        context["qr"] = second_factor.qr_code(device)
        context["key"] = second_factor.typed_key(device)
    return page(request, "accounts/second_factor.html", context, status=status)


def _second_factor_act(request: Asking, act: str) -> tuple[list[str], str]:
    """Do one thing; answers with recovery codes to show and an error, either may be empty."""
    user = request.user
    if act == "start":
        return [], ""
    if act == "confirm":
        codes = second_factor.confirm_totp(user, request.POST.get("code", ""))
        if codes is None:
            return [], _("This code is wrong, used or no longer valid.")
        record_audit(actor=user, action="totp.on", request=request)
        return codes, ""
    secret = request.POST.get("password", "")[:LONGEST_SECRET]
    outcome = flow.confirm_password(visitor_of(request), user, secret)
    if not outcome.is_in:
        return [], say(outcome)
    if act == "codes" and second_factor.has_second_factor(user):
        record_audit(actor=user, action="totp.codes", request=request)
        return second_factor.new_recovery_codes(user), ""
    if act == "remove":
        second_factor.remove_totp(user)
        record_audit(actor=user, action="totp.off", request=request)
        return [], ""
    raise Http404


@require_http_methods(["GET", "POST"])
def sessions(request: Asking) -> HttpResponse:
    """Where I am signed in; end one of them or all."""
    user = request.user
    if request.method == "POST":
        if "all" in request.POST:
            return _sign_out_everywhere(request, user)
        key = request.POST.get("end", "")
        if len(key) == SESSION_KEY_SHOWN:
            UserSession.objects.filter(user=user, session_key__startswith=key).delete()
            record_audit(actor=user, action="session.end", request=request)
        return HttpResponseRedirect(reverse("me-sessions"))
    idle = timezone.now() - timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    living = user.sessions.filter(expire_date__gt=timezone.now(), seen_at__gt=idle)
    mine = request.session.row.session_key if request.session.row else ""
    shown = [
        {
            "key": one.session_key[:SESSION_KEY_SHOWN],
            "agent": one.agent,
            "address": one.address,
            "created_at": one.created_at,
            "seen_at": one.seen_at,
            "is_this": one.session_key == mine,
        }
        for one in living.order_by("-seen_at")
    ]
    attempts = [
        {
            "at": one.at,
            "kind": one.get_kind_display(),
            "result": one.get_result_display(),
            "is_bad": one.result not in (Result.SUCCESS, Result.CODE_NEEDED, Result.SENT),
            "address": one.address,
            "agent": one.agent,
        }
        for one in user.attempts.all()[:20]
    ]
    return page(request, "accounts/sessions.html", {"sessions": shown, "attempts": attempts})


def _sign_out_everywhere(request: Asking, user: User) -> HttpResponse:
    """End every session, device and token, this one included."""
    user.security_stamp = new_stamp()
    save_as(user, user, "security_stamp")
    end_everything(user)
    record_audit(actor=user, action="sign_out.everywhere", request=request)
    request.session.flush()
    return HttpResponseRedirect(reverse("login"))


@require_http_methods(["GET", "POST"])
def tokens(request: Asking) -> HttpResponse:
    """My API tokens; a new one is shown once."""
    user = request.user
    modules = [(one.name, one.label_plural) for one in all_modules()]
    context: dict[str, Any] = {"secret": "", "errors": {}, "modules": modules}
    status = 200
    if "revoke" in request.POST:
        for number in whole_numbers([request.POST["revoke"]]):
            revoke_token(actor=user, token_id=number)
        return HttpResponseRedirect(reverse("me-tokens"))
    if request.method == "POST":
        context["secret"], context["errors"] = _make_token(request, modules)
        status = 400 if context["errors"] else 200
    context["tokens"] = [
        {
            "id": one.pk,
            "name": one.name,
            "prefix": one.prefix,
            "scope": one.get_scope_display(),
            "modules": one.modules or [],
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "last_used_at": one.last_used_at,
        }
        for one in live_tokens(user)
    ]
    return page(request, "accounts/tokens.html", context, status=status)


def _make_token(request: Asking, modules: list[tuple[str, Any]]) -> tuple[str, dict[str, Any]]:
    form = TokenForm(request.POST, modules=modules)
    if not form.is_valid():
        return "", dict(form.errors)
    wanted = form.cleaned_data
    days = wanted["days"]
    try:
        _token, secret = create_token(
            actor=request.user,
            name=wanted["name"],
            scope=wanted["scope"],
            modules=wanted["modules"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
    except Invalid as error:
        return "", error.fields or {"name": [error.message]}
    return secret, {}
