"""Setup: the rules by which customers move between stages."""

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.views.setup.parts import control, crumbs, form_page, options, typed
from crm.access.errors import Refusal
from crm.access.policy import Access, access_to
from crm.lists.columns import renderer_for
from crm.lists.query import Query, query_from, query_of
from crm.lists.show import in_a_row, show_moment
from crm.views.address import Address, dump
from crm.views.audit import require_administrator
from crm.views.list_parts import chips, filter_fields
from crm.views.new_condition import filter_part, merged_address
from crm.views.shell import toast
from crm.views.words import condition_words
from sales.life.editing import (
    MOST_COUNTED,
    delete_rule,
    raise_rule,
    rule_of,
    save_rule,
    stage_options,
    switch_rule,
    would_move,
)  # fmt: skip
from sales.life.models import StageRule, StageRun
from sales.life.nightly import ask_again
from sales.life.rules import MODULE, compiled


def _title() -> str:
    return _("Stages by rule")


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """GET /setup/stages/."""
    require_administrator(request)
    door = access_to(request.user, MODULE)
    rules = list(StageRule.objects.all())
    broken = compiled(rules).broken
    field = door.module.fields["stage"]
    dial = renderer_for(field, door.module)
    context = {
        "crumbs": crumbs((_title(), "")),
        "new_url": reverse("setup-stage-new"),
        "run_url": reverse("setup-stages-run"),
        "moves_url": reverse("stage-moves"),
        "has_rules_on": any(rule.is_on for rule in rules),
        "last_run": _last_run(),
        "rules": [
            {
                "place": place,
                "stage": dial(rule.stage),
                "words": [condition_words(door, one) for one in _parts(rule.condition)],
                "overrules": rule.overrules,
                "is_on": rule.is_on,
                "broken": broken.get(rule.pk, ""),
                "url": reverse("setup-stage", args=[rule.pk]),
                "switch_url": reverse("setup-stage-switch", args=[rule.pk]),
                "up_url": reverse("setup-stage-up", args=[rule.pk]) if place > 1 else "",
            }
            for place, rule in enumerate(rules, 1)
        ],
    }
    return render(request, "sales/life/rules.html", context)


def _parts(condition: Any) -> list[dict[str, Any]]:
    """The conditions that all must hold, one by one."""
    if isinstance(condition, dict) and set(condition) == {"all"}:
        return list(condition["all"])
    return [condition] if condition else []


def _last_run() -> str:
    run = StageRun.objects.exclude(ended_at=None).order_by("-day").first()
    if run is None or run.ended_at is None:
        return ""
    words = ngettext("%d customer moved", "%d customers moved", run.moved) % run.moved
    return f"{show_moment(run.ended_at)} · {words}"


@require_http_methods(["GET", "POST"])
def rule_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """GET or POST /setup/stages/<id>/ and /setup/stages/new/; the draft stands in the address."""
    require_administrator(request)
    rule = rule_of(pk) if pk is not None else StageRule()
    door = access_to(request.user, MODULE)
    if request.method == "POST":
        return _save(request, door, rule)
    params = request.GET.copy()
    part = params.pop("part", [""])[-1]
    if "add_field" in params and part != "filter":
        _with_stored(params, rule)
        return HttpResponseRedirect(merged_address(request, door, params))
    if part == "filter":
        _with_stored(params, rule)
        return filter_part(request, door, params, "draft")
    query = _draft(door, rule, params)
    if part == "count":
        return HttpResponse(_count_words(door, rule, query))
    return _form(request, door, rule, query)


def _with_stored(params: QueryDict, rule: StageRule) -> None:
    """Put the stored condition where the address says nothing of a draft."""
    view = params.pop("view", [""])[-1]
    if "filter" not in params and view != "draft" and rule.pk:
        params["filter"] = dump(_parts(rule.condition))


def _draft(door: Access, rule: StageRule, params: QueryDict) -> Query:
    """The condition as the address has it; the stored one where the address says nothing."""
    is_draft = params.pop("view", [""])[-1] == "draft" or "filter" in params
    return query_from(params, door) if is_draft else query_of(door, rule.condition)


def _count_words(door: Access, rule: StageRule, query: Query) -> str:
    """How many meet the draft, and how many of them would move."""
    if not query.tree:
        return ""
    count, is_exact = door.count(query.where)
    words = _("%s customers meet it.") % (f"{count:,}" + ("" if is_exact else "+"))
    if rule.pk is None:
        return words
    tried = StageRule(
        pk=rule.pk, position=rule.position, stage=rule.stage, overrules=rule.overrules,
        condition=query.tree,
    )  # fmt: skip
    return f"{words} {_moved_words(would_move(tried))}"


def _moved_words(moved: Counter[str]) -> str:
    """12 customers would move: 10 from New, 2 from Repeat."""
    total = sum(moved.values())
    if not total:
        return _("None would move now.")
    labels = dict(stage_options(with_retired=True))
    parts = in_a_row(
        _("%(n)s from %(stage)s") % {"n": f"{count:,}", "stage": labels.get(stage, stage)}
        for stage, count in moved.most_common()
    )
    shown = f"{total:,}" + ("+" if total >= MOST_COUNTED else "")
    return _("%(total)s would move now: %(parts)s.") % {"total": shown, "parts": parts}


def _form(
    request: HttpRequest, door: Access, rule: StageRule, query: Query, refusal: Any = None
) -> HttpResponse:
    address = Address(request.path, query, "", "draft")
    data = request.POST if request.method == "POST" else None
    stage = data.get("stage", "") if data else rule.stage
    overrules = "overrules" in data if data else rule.overrules
    controls = [
        control("stage", _("Becomes"), "choice", stage, required=True,
                options=options(stage_options(), [stage])),
        control("overrules", _("Also moves customers whose stage was set by hand"), "boolean",
                overrules,
                help=_("Otherwise they stay where a person has put them.")),
    ]  # fmt: skip
    title = _("Rule") if rule.pk else _("New rule")
    return form_page(
        request,  # type: ignore[arg-type]
        title=title,
        way=crumbs((_title(), reverse("setup-stages")), (title, "")),
        sections=[(_("What becomes of them"), controls)],
        cancel_url=reverse("setup-stages"),
        refusal=refusal,
        template="sales/life/rule.html",
        chips=chips(door, address),
        clear_url=address.with_(filter=""),
        condition=dump(query.conditions),
        count_url=address.with_(part="count") if query.tree else "",
        delete_url=reverse("setup-stage-delete", args=[rule.pk]) if rule.pk else "",
        **filter_fields(door, address),
    )


def _save(request: HttpRequest, door: Access, rule: StageRule) -> HttpResponse:
    params = QueryDict(mutable=True)
    params["filter"] = typed(request, "condition", 20_000) or '{"all":[]}'  # type: ignore[arg-type]
    query = query_from(params, door)
    try:
        save_rule(
            actor=request.user, pk=rule.pk, stage=request.POST.get("stage", ""),
            condition={"all": query.conditions}, overrules="overrules" in request.POST,
        )  # fmt: skip
    except Refusal as refusal:
        return _form(request, door, rule, query, refusal)
    toast(request, _("Saved."))
    return HttpResponseRedirect(reverse("setup-stages"))


@require_http_methods(["GET", "POST"])
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule off at once, or on after showing how many customers would move."""
    require_administrator(request)
    rule = rule_of(pk)
    if request.method == "POST":
        switch_rule(actor=request.user, pk=pk, is_on=request.POST.get("on", "1") == "1")
        return HttpResponseRedirect(reverse("setup-stages"))
    stage = dict(stage_options(with_retired=True)).get(rule.stage, rule.stage)
    when = _("They move when something is written of them, all others in the coming night.")
    return _dialog(
        request,
        title=_("Switch on the rule for “%s”?") % stage,
        text=f"{_moved_words(would_move(rule))} {when}",
        submit_label=_("Switch on"),
    )


def _dialog(request: HttpRequest, **more: Any) -> HttpResponse:
    is_part = "HX-Request" in request.headers
    context = {
        "action_url": request.path, "cancel_url": reverse("setup-stages"), "fields": [],
        "is_page": not is_part, **more,
    }  # fmt: skip
    return render(request, "crm/bulk/dialog.html" if is_part else "crm/bulk/page.html", context)


@require_http_methods(["GET", "POST"])
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take a rule away."""
    require_administrator(request)
    rule_of(pk)
    if request.method == "POST":
        delete_rule(actor=request.user, pk=pk)
        return HttpResponseRedirect(reverse("setup-stages"))
    return _dialog(
        request, title=_("Delete this rule?"), text=_("The moves that it made stay counted."),
        submit_label=_("Delete"), is_danger=True,
    )  # fmt: skip


@require_POST
def rule_up(request: HttpRequest, pk: int) -> HttpResponse:
    """POST: one place further up."""
    require_administrator(request)
    raise_rule(actor=request.user, pk=pk)
    return HttpResponseRedirect(reverse("setup-stages"))


@require_POST
def run_again(request: HttpRequest) -> HttpResponse:
    """POST: apply the rules to all customers now, not only tonight."""
    require_administrator(request)
    ask_again()
    toast(request, _("The rules are being applied to all customers."))
    return HttpResponseRedirect(reverse("setup-stages"))
