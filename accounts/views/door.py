"""The pages before somebody is in: sign-in, second factor, new password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import LONGEST_SECRET, NewPasswordForm, SignInForm
from accounts.models import User
from accounts.signin import flow
from accounts.signin.devices import set_device_cookie
from accounts.signin.resets import ask_for_reset, person_of_reset, use_reset
from accounts.signin.throttle import Result
from accounts.signin.visitors import visitor_of
from accounts.tasks import send_reset
from crm.celery import send_soon
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from crm.views.shell import LANGUAGE_NAMES

THEME_COOKIE = "keyuan_theme"  # before sign-in
STATUS: dict[str, int] = {Result.THROTTLED: 429, Result.NETWORK: 403}


def safe_next(request: HttpRequest) -> str:
    """The page to go to afterwards: a local path, whatever was asked for."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_local = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None, require_https=request.is_secure()
    )
    return wanted if is_local else settings.LOGIN_REDIRECT_URL


def door_page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page without the frame: languages and theme can be chosen on it."""
    languages = [
        {
            "code": code,
            "name": LANGUAGE_NAMES[code],
            "is_current": code == get_language(),
        }
        for code, _label in settings.LANGUAGES
    ]
    theme = request.COOKIES.get(THEME_COOKIE, "")
    door = {
        "shell": {"theme": theme if theme in User.Theme.values else User.Theme.AUTO},
        "company": settings.COMPANY_NAME,
        "languages": languages,
        "preferences_url": reverse("preferences"),
    }
    return render(request, template, {**door, **context}, status=status)


def say(outcome: flow.Outcome) -> str:
    """The outcome as a sentence that tells nobody which names exist."""
    if outcome.result == Result.THROTTLED:
        return wait_text(outcome.wait_seconds)
    if outcome.result == Result.NETWORK:
        return _("Your roles do not allow sign-in from this network.")
    if outcome.tries_left:
        return ngettext(
            "Account or password is wrong. %(count)d more try before you have to wait.",
            "Account or password is wrong. %(count)d more tries before you have to wait.",
            outcome.tries_left,
        ) % {"count": outcome.tries_left}
    return _("Account or password is wrong.")


def wait_text(seconds: int) -> str:
    """How long to wait, in seconds or minutes."""
    if seconds < 90:
        return ngettext(
            "Too many tries. Try again in %(count)d second.",
            "Too many tries. Try again in %(count)d seconds.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many tries. Try again in %(count)d minute.",
        "Too many tries. Try again in %(count)d minutes.",
        minutes,
    ) % {"count": minutes}


@login_not_required
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Name and password."""
    goal = safe_next(request)
    context = {
        "next": goal,
        "username": "",
        "error": "",
        "message": "",
        "may_remember": True,
        "ask_code": False,
        "reset_url": reverse("password-forgot"),
    }
    if request.method == "GET":
        if request.user.is_authenticated:
            return HttpResponseRedirect(goal)
        return door_page(request, "accounts/login.html", context)
    form = SignInForm(request.POST)
    context["username"] = str(form.data.get("username", ""))[:254]
    if not form.is_valid():
        context["error"] = _("Enter your account and your password.")
        return door_page(request, "accounts/login.html", context, status=400)
    typed, remember = form.cleaned_data, form.cleaned_data["remember"]
    outcome = flow.check_password(
        visitor_of(request), typed["username"], typed["password"], typed["code"]
    )
    if outcome.user is not None and outcome.is_in:
        return _let_in(request, outcome.user, goal, remember)
    if outcome.user is not None and outcome.result == Result.CODE_NEEDED:
        flow.await_code(request.session, outcome.user, remember=remember)
        request.session["_next"] = goal
        return HttpResponseRedirect(reverse("login-code"))
    context["error"] = say(outcome)
    context["ask_code"] = outcome.result == Result.THROTTLED
    return door_page(
        request, "accounts/login.html", context, status=STATUS.get(outcome.result, 401)
    )


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """The second factor; without a right password before it there is no such page."""
    awaited = flow.awaited_person(request.session)
    if awaited is None:
        return HttpResponseRedirect(reverse("login"))
    user, remember = awaited
    context = {"error": "", "back_url": reverse("login")}
    if request.method == "GET":
        return door_page(request, "accounts/code.html", context)
    code = request.POST.get("code", "")[:LONGEST_SECRET]
    outcome = flow.check_code(visitor_of(request), user, code)
    if outcome.is_in:
        goal = request.session.pop("_next", settings.LOGIN_REDIRECT_URL)
        return _let_in(request, user, goal, remember or "remember" in request.POST)
    if outcome.result == Result.THROTTLED:
        context["error"] = wait_text(outcome.wait_seconds)
    else:
        context["error"] = _("This code is wrong, used or no longer valid.")
    return door_page(request, "accounts/code.html", context, status=STATUS.get(outcome.result, 401))


def _let_in(request: HttpRequest, user: User, goal: str, remember: bool) -> HttpResponse:
    token = flow.enter(request, user, remember=remember)
    response = HttpResponseRedirect(reverse("me-password") if user.must_change_password else goal)
    set_device_cookie(response, token)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session on the server."""
    record_audit(actor=request.user, action="sign_out", request=request)
    logout(request)
    return HttpResponseRedirect(reverse("login"))


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def password_forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail; says the same whoever asks for whomever."""
    context = {"error": "", "is_sent": False, "login_url": reverse("login")}
    if request.method == "POST":
        typed = request.POST.get("username", "").replace("\0", "").strip()
        if typed:
            poke(ask_for_reset(visitor_of(request), typed).pk)
            context["is_sent"] = True
        else:
            context["error"] = _("Enter your account, phone or mail.")
    return door_page(request, "accounts/forgot.html", context)


def poke(reset_id: int) -> None:
    """Wake a worker; without a broker, or with one that hangs, the periodic task finds the row."""
    send_soon(send_reset.name, [reset_id])


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a new password with a link; opening it changes nothing."""
    context: dict[str, Any] = {"errors": {}, "login_url": reverse("login")}
    user = person_of_reset(token)
    if user is None:
        return door_page(request, "accounts/reset_dead.html", context, status=404)
    if request.method == "GET":
        return door_page(request, "accounts/reset.html", context)
    form = NewPasswordForm(request.POST)
    if not form.is_valid():
        return door_page(
            request, "accounts/reset.html", {**context, "errors": form.errors}, status=400
        )
    try:
        done = use_reset(token, form.cleaned_data["password"])
    except Invalid as error:
        return door_page(
            request, "accounts/reset.html", {**context, "errors": error.fields}, status=400
        )
    if done is None:
        return door_page(request, "accounts/reset_dead.html", context, status=404)
    logout(request)
    return HttpResponseRedirect(reverse("login"))
