"""Samples of forms, sign-in and the account pages."""

from typing import Any

from tests.browser.samples.frame import CUSTOMERS, Context, frame


def control(name: str, label: str, kind: str = "text", value: Any = "", **more: Any) -> Context:
    return {
        "name": name,
        "html_name": name,
        "id": f"f-{name}",
        "label": label,
        "kind": kind,
        "value": value,
        "errors": [],
        **more,
    }


def options(*labels: str, on: str = "") -> list[Context]:
    return [{"value": label, "label": label, "is_on": label == on} for label in labels]


def phone_row(index: Any, number: str, kind: str, pk: int | None = None) -> Context:
    base = f"phones-{index}"
    return {
        "index": index,
        "id": pk,
        "may_remove": True,
        "members": [
            control(
                "kind",
                "类型",
                "choice",
                kind,
                is_narrow=True,
                is_unlabelled=True,
                required=True,
                options=options("手机", "座机", "总机", on=kind),
            )
            | {"html_name": f"{base}-kind", "id": f"f-{base}-kind"},
            control("number", "号码", "phone", number, is_unlabelled=True, placeholder="任意写法")
            | {"html_name": f"{base}-number", "id": f"f-{base}-number"},
        ],
    }


PHONES = control(
    "phones", "电话", "collection", required=False, add_label="再加一个电话", may_add=True
) | {
    "rows": [
        phone_row(0, "138 0000 1234", "手机", 4),
        phone_row(1, "0512-6600 1188", "总机", 5),
    ],
    "blank_row": phone_row("__n__", "", "手机"),
}

SECTIONS = [
    {
        "title": "基本资料",
        "fields": [
            control(
                "kind",
                "类型",
                "choice",
                "公司",
                required=True,
                options=options("公司", "个人", on="公司"),
            ),
            control("level", "等级", "choice", "A", options=options("A", "B", "C", "D", on="A")),
            control(
                "trade",
                "行业",
                "choice",
                "医药制造",
                options=options("医药制造", "食品饮料", "水务", on="医药制造"),
            ),
            control(
                "source",
                "来源",
                "choice",
                "展会",
                options=options("展会", "转介绍", "官网", on="展会"),
            ),
            control("owner", "负责人", "user", 3, lookup_url="#", text="陈思远", required=True),
            control("parent", "上级公司", "relation", "", lookup_url="#", text=""),
        ],
    },
    {
        "title": "联系方式",
        "fields": [
            PHONES,
            control("website", "网站", "url", "https://songyu.example"),
            control(
                "email", "邮箱", "email", "info@songyu.example", help="报价和对账单默认发到这里"
            ),
            control("address", "地址", "text", "苏州市昆潮区松屿路 88 号", is_wide=True),
        ],
    },
    {
        "title": "往来",
        "fields": [
            control(
                "credit",
                "信用额度",
                "money",
                "600000",
                unit="元",
                readonly=True,
                text_value="600,000",
                reason="财务可以改",
            ),
            control("next", "下次联系", "datetime", "2026-11-25T10:00"),
            control(
                "tags",
                "标签",
                "multi_choice",
                options=options("GMP", "集团采购", "要中英双语报告", "先款后货", on="GMP"),
            ),
            control("important", "重点客户", "boolean", True),
            control("remark", "备注", "long_text", "二期点位 18 个，12 月 10 日前要正式方案。"),
        ],
    },
]


def sections(wrong: bool = False) -> list[Context]:
    """The form's sections; `wrong` puts an error on two fields."""
    number = "91320500MA0000X0XK"
    name = control("name", "客户名称", value="松屿制药", required=True, checks_duplicates=True)
    code = control("code", "统一社会信用代码", "credit_code", number)
    if wrong:
        name["errors"] = ["已有「松屿制药有限公司」，归华东一部"]
        code |= {"value": number[:-1] + "J", "errors": ["最后一位应是 K"]}
        code["fix"] = {"label": "改成 K", "value": number}
    first, *rest = SECTIONS
    return [{**first, "fields": [name, code, *first["fields"]]}, *rest]


def form(wrong: bool = False) -> Context:
    return {
        **frame("客户", "销售", "客户", "新建"),
        "module": CUSTOMERS,
        "title": "新建客户",
        "action_url": "#",
        "cancel_url": "list.html",
        "version": None,
        "key": "k",
        "sections": sections(wrong),
        "errors": [
            {"label": "客户名称", "messages": ["和已有的撞了"], "anchor": "f-name"},
            {"label": "信用代码", "messages": ["校验位不对"], "anchor": "f-code"},
        ]
        if wrong
        else [],
        "duplicates_url": "",
        "duplicates": [
            {
                "title": "松屿制药有限公司",
                "url": "",
                "why": "名称相近，电话相同",
                "owner": "华东一部",
                "ask_url": "#",
            }
        ]
        if wrong
        else [],
        "may_create_anyway": wrong,
        "submit_label": "保存",
        "again_label": "保存并再建一个",
    }


def login() -> Context:
    return {
        "csrf_token": "sample",
        "company": "岚泊仪器（苏州）有限公司",
        "error": "账号或密码不对，再错 3 次会锁 15 分钟",
        "username": "chen.siyuan",
        "reset_url": "#",
        "may_remember": True,
        "preferences_url": "#",
        "languages": [
            {"code": "zh-hans", "name": "简体中文", "is_current": True},
            {"code": "en", "name": "English", "is_current": False},
        ],
        "shell": {"theme": "light"},
    }
