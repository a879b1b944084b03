"""The frame of the sample pages: navigation, person, crumbs. Invented names only."""

from typing import Any

from django.utils.safestring import mark_safe

from crm.views.shortcuts import key_groups

Context = dict[str, Any]


def html(text: str) -> str:
    """Sample markup as a renderer would hand it over."""
    return mark_safe(text)  # written here by hand


def item(label: str, icon: str, url: str = "#", **more: Any) -> Context:
    return {"label": label, "icon": icon, "url": url, **more}


GROUPS = [
    (
        "",
        [
            item("首页", "home", "home.html", key="h"),
            item("任务与日程", "todo", count=7),
            item("审批", "seal", count=4),
        ],
    ),
    ("收藏", [item("A 级快到期", "star", count=9), item("华东在谈", "star", count=30)]),
    (
        "销售",
        [
            item("线索", "target", count=3),
            item("客户", "building", "list.html", key="u"),
            item("联系人", "person", key="p"),
            item("商机", "deal"),
            item("报价单", "quote"),
            item("合同", "contract"),
            item("订单", "order"),
            item("回款", "money"),
            item("公海", "waves"),
        ],
    ),
    ("服务", [item("工单", "headset"), item("解决方案", "book")]),
    ("市场", [item("市场活动", "megaphone")]),
    ("报表", [item("仪表盘", "chart")]),
]


def shell(current: str, person: str = "陈思远", **more: Any) -> Context:
    """What crm.views.shell gives every page."""
    return {
        "theme": "light",
        "density": "normal",
        "nav": "full",
        "company": "岚泊仪器（苏州）有限公司",
        "person": {"name": person, "role": "销售 · 华东一部"},
        "groups": [
            {
                "label": label,
                "items": [{**one, "is_current": one["label"] == current} for one in items],
            }
            for label, items in GROUPS
        ],
        "setup": {"url": "setup.html", "is_current": current == "设置"},
        "tab": item("客户", "building", "list.html", is_current=current == "客户"),
        "create": [item("客户", "building", "form.html"), item("联系人", "person")],
        "urls": {
            name: f"#{name}"
            for name in ("home", "search", "preferences", "profile", "jobs", "logout")
        }
        | {"palette": "found.html"},
        "languages": [
            {"code": "zh-hans", "name": "简体中文", "is_current": True},
            {"code": "en", "name": "English", "is_current": False},
        ],
        "keys": key_groups(),
        "toasts": [],
        "jobs": [],
        **more,
    }


def frame(current: str, *crumbs: str, **more: Any) -> Context:
    """Shell and crumbs together."""
    person = more.pop("person", "陈思远")
    return {
        "shell": shell(current, person, **more),
        "crumbs": [{"label": text, "url": "#"} for text in crumbs],
        "csrf_token": "sample",
    }


CUSTOMERS = {"name": "customers", "label": "客户", "label_plural": "客户", "icon": "building"}
