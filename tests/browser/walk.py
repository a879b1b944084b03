"""Every page of the product with the demo person who would open it, for tests and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from crm.access.policy import access_to

GROUPS = (
    '{"all":[{"field":"owner","op":"in","value":["@me"]},{"any":[{"field":"customer.level","op":"in",'
    '"value":["A","B"]},{"all":[{"field":"created_at","op":"within","value":"last_n_days:90"},'
    '{"field":"job","op":"contains","value":"采购"}]}]}]}'
)
SHAPED = (
    "columns=name,customer,customer.level,customer.city,job&widths=customer:260&density=compact"
)


@dataclass(frozen=True)
class Place:
    """A page: its name, its address, who opens it, what it answers, primary buttons at 1440 px."""

    name: str
    path: str
    who: str | None = "rep"
    status: int = 200
    primary: int = 0
    then: Callable[[Any], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Known:
    """Ids in the demo that addresses are made of."""

    customer: int
    contact: int
    twin: int
    follow_up: int
    group: int
    foreign: int
    person: int
    department: int
    team: int
    field: int
    formula: int
    view: int
    document: int
    position: int
    rule: int
    folder: int
    field_file: int
    option: int


def known() -> Known:
    """Find the records that are shown: a customer with much around it, and what hangs on it."""
    from accounts.models import Department, Position, Team, User
    from crm.customfields.models import FieldDefinition, Option
    from crm.documents.models import Document, FieldFile, Folder
    from crm.lists.models import SavedView

    rep = User.objects.get(username="rep")

    def first(person: Any, module: str, name: str = "", field: str = "name") -> int:
        door = access_to(person, module)
        rows = door.rows().filter(**({field: name} if name else {})).order_by("pk")
        return int(rows.values_list("pk", flat=True)[0])

    admin = User.objects.get(username="admin")
    songzhe = User.objects.get(username="songzhe")
    customer = first(rep, "customers", "松屿制药有限公司")
    return Known(
        customer=customer,
        twin=first(rep, "customers", "松屿制药（扬州）有限公司"),
        contact=first(rep, "contacts", str(customer), "customer_id"),
        follow_up=first(rep, "follow-ups"),
        group=first(admin, "customers", "江苏工源环境科技集团有限公司"),
        foreign=first(songzhe, "customers", str(songzhe.pk), "owner_id"),
        person=rep.pk,
        department=Department.objects.get(name="华东一部").pk,
        team=Team.objects.get(name="半导体行业组").pk,
        field=FieldDefinition.objects.filter(module="customers").earliest("pk").pk,
        formula=FieldDefinition.objects.filter(kind="formula").earliest("pk").pk,
        view=SavedView.objects.get(name="重点客户").pk,
        document=Document.objects.filter(module="customers", record_id=customer).earliest("pk").pk,
        position=Position.objects.earliest("pk").pk,
        rule=_rule(),
        folder=Folder.objects.get(name="价格表").pk,
        option=Option.objects.filter(dictionary="industry").earliest("pk").pk,
        field_file=FieldFile.objects.filter(record_id__isnull=False).earliest("pk").pk,
    )


def _rule() -> int:
    """A rule of stages; the shipped ones are gone where a test has swept the database."""
    from sales.life.models import StageRule
    from sales.life.shipped import RULES

    stage, condition = RULES[0]
    rule = StageRule.objects.first() or StageRule.objects.create(
        stage=stage, condition=condition, position=0
    )
    return rule.pk


def names() -> list[str]:
    """The pages' names, told without a database."""
    return [place.name for place in places(Known(**dict.fromkeys(Known.__annotations__, 0)))]


def places(at: Known) -> list[Place]:
    """All pages, in the order in which one walks through the product."""
    one = f"/customers/{at.customer}/"
    return [*_daily(at, one), *_files(), *_library(at), *_own(), *_setup(at), *_refusals(at)]


def _daily(at: Known, one: str) -> list[Place]:
    return [
        Place("login", "/login/", None, primary=1),
        Place("forgot", "/password/forgot/", None, primary=1),
        Place("reset-dead", "/password/reset/gone/", None, status=404),
        Place("offline", "/offline/", None),
        Place("home", "/"),
        Place("tour", "/?tour=1", primary=1),
        Place("list", "/customers/", primary=1),
        Place("list-manager", "/customers/?view=all", "manager", primary=1),
        Place("list-filtered", "/customers/?level=A&sort=-revenue", primary=1),
        Place("list-nothing", "/customers/?q=没有这样的客户"),
        Place("list-panel", "/customers/", primary=1, then=_open_panel),
        Place("list-picked", "/customers/", "manager", primary=1, then=_pick_two),
        Place("list-views", "/customers/", primary=1, then=_open_views),
        Place("board", "/customers/board/", "manager", primary=1),
        Place("board-moving", "/customers/board/?by=level", primary=1, then=_open_move),
        Place("calendar", "/customers/calendar/", "manager", primary=1),
        Place("calendar-week", "/follow-ups/calendar/?scale=week&card=subject"),
        Place("views", "/customers/views/", "admin"),
        Place("view", f"/customers/views/{at.view}/", "admin", primary=1),
        Place("bulk-edit", f"/customers/bulk/edit/?pk={at.customer}", primary=1),
        Place("merge", f"/customers/merge/?pk={at.customer}&pk={at.twin}", "manager", primary=1),
        Place("doubles", "/customers/doubles/", "manager"),
        Place("doubles-apart", "/customers/doubles/?apart=1", "manager"),
        Place("merge-with", f"/customers/merge/?pk={at.customer}", "manager", primary=1),
        Place("list-filter", "/customers/", primary=1, then=_open_filter),
        Place("list-builder", f"/contacts/?filter={quote(GROUPS)}", primary=1, then=_open_builder),
        Place("list-sort", "/customers/?sort=level,-revenue", primary=1, then=_open_sort),
        Place("palette", "/customers/", primary=1, then=_open_palette),
        Place("contacts", "/contacts/", primary=1),
        Place("contacts-shaped", f"/contacts/?{SHAPED}", primary=1),
        Place("follow-ups", "/follow-ups/", "manager"),
        Place("team", "/follow-ups/team/?period=month", "manager"),
        *_records(at, one),
        Place("history", f"{one}history/"),
        Place("search", "/search/?q=泊川"),
        Place("bin", "/bin/", "manager"),
        *_others(at),
    ]


def _records(at: Known, one: str) -> list[Place]:
    """One record from all sides, and what makes a new one."""
    return [
        Place("record", one, primary=1),
        Place("record-group", f"/customers/{at.group}/", "director", primary=1),
        Place("record-contacts", f"{one}?tab=contacts"),
        Place("shares", f"{one}shares/", primary=1),
        Place("record-documents", f"{one}?tab=documents"),
        Place("document", f"/documents/{at.document}/versions/"),
        Place("field-file", f"/files/fields/{at.field_file}/preview/", "director", primary=1),
        Place("bulk-tag", f"/customers/bulk/tag/?pk={at.customer}", "manager", primary=1),
        Place("bulk-assign", f"/customers/bulk/assign/?pk={at.customer}", "manager"),
        Place("bulk-share", f"/customers/bulk/share/?pk={at.customer}", "manager"),
        Place("bulk-delete", f"/customers/bulk/delete/?pk={at.customer}", "manager"),
        Place("people-chart", f"{one}people/"),
        Place("contact", f"/contacts/{at.contact}/", primary=1),
        Place("follow-up", f"/follow-ups/{at.follow_up}/"),
        Place("edit", f"{one}edit/", primary=1),
        Place("new", "/customers/new/", primary=1),
        Place("new-contact", "/contacts/new/", primary=1),
        Place("quick", "/customers/", then=_open_quick),
        Place("quick-of-record", one, then=_open_quick),
        Place("keys", "/customers/", primary=1, then=_open_keys),
        Place("new-pasted", "/customers/new/?paste=1", primary=1, then=_paste_card),
    ]


def _others(at: Known) -> list[Place]:
    """The day of those who neither sell nor administer."""
    one = f"/customers/{at.customer}/"
    return [
        Place("home-agent", "/", "agent"),
        Place("list-agent", "/customers/", "agent"),
        Place("list-shared", "/customers/?view=shared&scope=shared", "agent"),
        Place("record-agent", one, "agent", primary=1),
        Place("follow-ups-agent", "/follow-ups/", "agent"),
        Place("home-marketer", "/", "marketer"),
        Place("list-finance", "/customers/", "finance"),
        Place("record-finance", one, "finance", primary=1),
        Place("home-manager", "/", "manager"),
        Place("home-admin", "/", "admin"),
        Place("feed", "/feed/"),
        Place("stage-moves", "/customers/stages/", "manager"),
    ]


def _files() -> list[Place]:
    return [
        Place("import", "/customers/import/", primary=1),
        Place("import-contacts", "/contacts/import/", primary=1),
        Place("export", "/customers/export/", "manager", primary=1),
        Place("jobs", "/jobs/", "rep"),
    ]


def _library(at: Known) -> list[Place]:
    one = f"/library/{at.folder}/"
    return [
        Place("library", "/library/", "admin", primary=1),
        Place("folder", one, "manager", primary=1),
        Place("folder-rep", one),
        Place("folder-rights", f"{one}rights/", "manager", primary=1),
        Place("folder-move", f"{one}move/", "manager", primary=1),
        Place("library-found", "/library/?q=jiage", "manager"),
        Place("library-bin", "/library/bin/", "admin"),
    ]


def _own() -> list[Place]:
    return [
        Place("me", "/me/"),
        Place("me-password", "/me/password/"),
        Place("me-second-factor", "/me/second-factor/"),
        Place("me-sessions", "/me/sessions/"),
        Place("me-tokens", "/me/tokens/"),
    ]


def _setup(at: Known) -> list[Place]:
    return [
        Place("setup", "/setup/", "admin"),
        Place(
            "inspector",
            f"/setup/inspector/?who={at.person}&what=customers/{at.customer}&field=customers.level",
            "admin",
            primary=1,
        ),
        Place("people", "/setup/people/", "admin"),
        Place("people-import", "/setup/people/import/", "admin", primary=1),
        Place("company", "/setup/company/", "admin"),
        Place("operation", "/setup/operation/", "admin"),
        Place("stages", "/setup/stages/", "admin"),
        Place("stage-new", "/setup/stages/new/", "admin"),
        Place("stage", f"/setup/stages/{at.rule}/", "admin"),
        Place("stage-switch", f"/setup/stages/{at.rule}/switch/", "admin"),
        Place("stage-delete", f"/setup/stages/{at.rule}/delete/", "admin"),
        Place("person", f"/setup/people/{at.person}/", "admin"),
        Place("person-new", "/setup/people/new/", "admin", primary=1),
        *_structure(at),
        Place("roles", "/setup/roles/", "admin", primary=1),
        Place("rights", "/setup/roles/rep/?module=customers", "admin", primary=1),
        Place("role", "/setup/roles/rep/edit/", "admin", primary=1),
        Place("role-new", "/setup/roles/new/", "admin", primary=1),
        Place("proof", "/setup/proof/", "admin"),
        Place("sign-ins", "/setup/sign-ins/", "admin"),
        Place("audit", "/setup/audit/", "admin"),
        *_fields(at),
        Place("dictionaries", "/setup/dictionaries/", "admin"),
        Place("dictionary", "/setup/dictionaries/industry/", "admin"),
        Place(
            "choice-merge", f"/setup/dictionaries/industry/merge/{at.option}/", "admin", primary=1
        ),
    ]


def _fields(at: Known) -> list[Place]:
    """Fields that were added, formulas, choices that depend on others."""
    return [
        Place("fields-index", "/setup/fields/", "admin", primary=1),
        Place("fields", "/setup/fields/customers/", "admin", primary=1),
        Place("fields-none", "/setup/fields/contacts/", "admin", primary=1),
        Place("field-new", "/setup/fields/customers/new/?kind=choice", "admin", primary=1),
        Place("field", f"/setup/fields/customers/{at.field}/", "admin", primary=1),
        Place("formula-new", "/setup/fields/customers/new/?kind=formula", "admin", primary=1),
        Place("formula", f"/setup/fields/customers/{at.formula}/", "admin", primary=1),
        Place(
            "choice-rule",
            f"/setup/fields/customers/{at.field}/choices/?parent=level",
            "admin",
            primary=1,
        ),
        Place(
            "field-life", f"/setup/fields/customers/{at.field}/life/?kind=text", "admin", primary=1
        ),
        Place("field-delete", f"/setup/fields/customers/{at.field}/delete/", "admin"),
        Place("layouts", "/setup/layouts/", "admin", primary=1),
        Place("layouts-role", "/setup/layouts/customers/?role=agent", "admin", primary=1),
    ]


def _structure(at: Known) -> list[Place]:
    """Departments, teams and positions."""
    return [
        Place("department-members", f"/setup/departments/?department={at.department}", "admin"),
        Place("departments", "/setup/departments/", "admin"),
        Place("department", f"/setup/departments/{at.department}/", "admin", primary=1),
        Place("team-form", f"/setup/teams/{at.team}/", "admin", primary=1),
        Place("department-new", "/setup/departments/new/", "admin", primary=1),
        Place("department-delete", f"/setup/departments/{at.department}/delete/", "admin"),
        Place("teams", "/setup/teams/", "admin"),
        Place("team-new", "/setup/teams/new/", "admin", primary=1),
        Place("positions", "/setup/positions/", "admin"),
        Place("position", f"/setup/positions/{at.position}/", "admin"),
    ]


def _refusals(at: Known) -> list[Place]:
    return [
        Place("refused-400", "/customers/?filter=%7B", status=400, primary=1),
        Place("refused-403", "/setup/people/", status=403, primary=1),
        Place("refused-404", f"/customers/{at.foreign}/", status=404, primary=1),
    ]


def _open_panel(page: Any) -> None:
    if page.viewport_size["width"] > 767:
        page.keyboard.press("j")
        page.keyboard.press(" ")
        page.locator("#peek h2").wait_for()


def _pick_two(page: Any) -> None:
    if page.viewport_size["width"] > 767:
        for place in (1, 3):
            page.locator("#rows .pick input").nth(place).check()


def _open_move(page: Any) -> None:
    page.locator(".card[data-movable] a").first.focus()
    page.keyboard.press("m")
    page.locator("#move-menu:popover-open").wait_for()


def _open_views(page: Any) -> None:
    page.locator("[popovertarget=views-menu]").click()
    page.locator("#views-menu").wait_for()


def _open_filter(page: Any) -> None:
    page.locator("[data-filter]").click()
    page.locator("#filter-panel").wait_for()


def _open_builder(page: Any) -> None:
    page.locator("[data-line-at]").last.click()
    page.locator("#builder-says b").wait_for()


def _open_sort(page: Any) -> None:
    page.locator("[popovertarget=sort-panel]:visible").click()
    page.locator("#sort-panel").wait_for()


def _paste_card(page: Any) -> None:
    page.locator("#paste-text").fill(
        "王建国 采购经理\n无锡芷汀石材有限公司\n13800138000\n无锡市滨湖区太湖大道9号"
    )
    page.locator("[data-paste] button").click()
    page.locator("[data-fill]").first.wait_for()


def _open_quick(page: Any) -> None:
    if page.viewport_size["width"] > 767:
        page.keyboard.press("c")
    else:
        page.locator(".tabbar [popovertarget=create-menu]").click()
        page.locator("#create-menu [data-quick]").last.click()
    page.locator("#quick[open] #qid-name").wait_for()


def _open_keys(page: Any) -> None:
    page.keyboard.press("?")
    page.locator("#help[open]").wait_for()


def _open_palette(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("songyu")
    page.locator("#palette-found [role=option] b", has_text="松屿").first.wait_for()
