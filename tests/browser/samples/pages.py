"""The gallery's table: name → template and the sample it is drawn from."""

from collections.abc import Callable

from tests.browser.samples import (
    exchange,
    forms,
    lists,
    mine,
    office,
    records,
    rights,
    trail,
)
from tests.browser.samples.frame import Context

LIST = "crm/list/page.html"
PAGES: dict[str, tuple[str, Callable[[], Context]]] = {
    "list": (LIST, lists.customer_list),
    "list-plain": (LIST, lists.plain_list),
    "record": ("crm/detail/page.html", records.record),
    "form": ("crm/edit/page.html", forms.form),
    "form-wrong": ("crm/edit/page.html", lambda: forms.form(wrong=True)),
    "conflict": ("crm/edit/conflict.html", office.conflict),
    "login": ("accounts/login.html", forms.login),
    "code": ("accounts/code.html", office.door),
    "forgot": ("accounts/forgot.html", office.door),
    "reset": ("accounts/reset.html", lambda: office.door(errors={"password": ["至少 10 个字"]})),
    "me": ("accounts/me.html", mine.me),
    "password": (
        "accounts/password.html",
        lambda: mine.mine("密码", errors={"old": ["密码不对"]}),
    ),
    "second-factor": (
        "accounts/second_factor.html",
        lambda: mine.mine(
            "第二道验证",
            is_on=True,
            codes_left=8,
            codes=["4f8k-22mq", "9xw1-7ppd", "k2ve-u8a3", "77ty-qq0b"],
        ),
    ),
    "sessions": ("accounts/sessions.html", mine.sessions),
    "tokens": ("accounts/tokens.html", mine.tokens),
    "home": ("home/page.html", lambda: mine.HOME),
    "import-upload": ("crm/import/upload.html", exchange.upload),
    "import": ("crm/import/map.html", lambda: exchange.MAPPING),
    "import-duplicates": ("crm/import/duplicates.html", exchange.policy),
    "import-run": ("crm/import/run.html", exchange.running),
    "import-done": ("crm/import/run.html", exchange.imported),
    "export": ("crm/export/page.html", exchange.export),
    "jobs": ("crm/jobs/page.html", trail.jobs),
    "history": ("crm/history/page.html", trail.history),
    "bin": ("crm/bin/page.html", trail.recycle_bin),
    "bulk": ("crm/bulk/page.html", office.actions_dialog),
    "empty-first": (
        LIST,
        lambda: trail.nothing(
            "first", about="客户是和我们做生意的公司和个人：谁、在哪、谈到哪一步。"
        ),
    ),
    "empty-nomatch": (
        LIST,
        lambda: trail.nothing(
            "nomatch", hint={"text": "去掉「等级 是 A」就有", "count": 38, "url": "#"}
        ),
    ),
    "empty-noright": (
        LIST,
        lambda: trail.nothing(
            "noright",
            reason="角色「客服」没有查看客户的权限。",
            whom="需要的话找 周启明 或管理员 王磊。",
            ask_url="#",
            ask_label="请周启明共享给我",
        ),
    ),
    "search": (
        "crm/palette/page.html",
        lambda: {**trail.nothing("first"), **trail.PALETTE},
    ),
    "found": ("crm/palette/results.html", lambda: trail.PALETTE),
    "peek": ("crm/list/peek.html", lambda: {"peek": lists.PEEK}),
    "card": ("crm/jobs/card.html", lambda: {"job": trail.job()}),
    "field": (
        "crm/detail/field.html",
        lambda: {
            "field": records.field(
                "address", "送货地址", "苏州市昆潮区松屿路 99 号", is_wide=True, just_saved=True
            )
        },
    ),
    "field-edit": ("crm/detail/field_edit.html", records.field_edit),
    "field-conflict": (
        "crm/detail/field_edit.html",
        lambda: records.field_edit(
            conflict={"theirs": "松屿路 90 号", "by": "赵一鸣", "when": "10:42"}
        ),
    ),
    "filter": ("crm/list/filter_value.html", lists.condition),
    "dialog": ("crm/bulk/dialog.html", office.actions_dialog),
    "setup": ("setup/page.html", office.setup),
    "rights": ("setup/rights.html", lambda: rights.RIGHTS),
    "people": ("setup/people.html", office.people),
    "departments": ("setup/departments.html", office.department_page),
    "audit": ("setup/audit.html", office.audit),
    "dictionaries": ("setup/dictionaries.html", office.dictionaries),
    "error-404": ("404.html", dict),
    "error-500": ("500.html", lambda: {"request_id": "7F3A-20"}),
}
FRAGMENTS = {"found", "peek", "card", "field", "field-edit", "field-conflict", "filter", "dialog"}
