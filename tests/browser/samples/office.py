"""Samples of home, profile and setup."""

from typing import Any

from tests.browser.samples.forms import login
from tests.browser.samples.frame import Context, frame, html, item


def departments() -> list[Context]:
    def one(label: str, count: int, *children: Context, **more: Any) -> Context:
        return {"label": label, "count": count, "url": "#", "children": list(children), **more}

    return [
        one(
            "岚泊仪器",
            49,
            one(
                "销售中心",
                31,
                one("华东一部", 9, is_current=True),
                one("华东二部", 8),
                one("浙北部", 7),
            ),
            one("客服组", 7),
            one("市场部", 3),
            one("财务部", 4),
        )
    ]


PEOPLE = (
    ("陈思远", "chen.siyuan", "华东一部", "销售工程师", "销售", "active", "在用"),
    ("赵一鸣", "zhao.yiming", "华东一部", "销售工程师", "销售", "active", "在用"),
    ("周启明", "zhou.qiming", "华东一部", "部门经理", "销售经理", "active", "在用"),
    ("李娜", "li.na", "客服组", "客服专员", "客服", "locked", "锁定"),
    ("孙悦", "sun.yue", "华东一部", "高级销售", "销售", "left", "离职"),
)


def people() -> Context:
    keys = ("name", "username", "department", "position", "roles", "state", "state_label")
    return {
        **frame("设置", "设置", "人员", person="王磊"),
        "departments": departments(),
        "count": {"value": 49, "exact": True},
        "new_url": "#",
        "search": {"value": "", "url": "#", "keep": []},
        "people": [
            dict(zip(keys, person, strict=True), url="#", last_seen="今天 09:12")
            for person in PEOPLE
        ],
        "pager": {"first": 1, "last": 49, "page": 1, "pages": 1},
    }


def department_page() -> Context:
    return {
        **frame("设置", "设置", "部门和团队", person="王磊"),
        "departments": departments(),
        "new_url": "#",
        "department": {
            "name": "华东一部",
            "path": "岚泊仪器 / 销售中心",
            "head": "周启明",
            "parent": "销售中心",
            "edit_url": "#",
            "reason": "还有 9 人，不能删",
        },
        "members": [
            {"name": name, "url": "#", "position": position, "is_main": True}
            for name, _, _, position, *_ in PEOPLE
        ],
        "add_url": "#",
        "teams": [{"name": "松屿二期项目组", "url": "#", "count": 5, "until": "到 2027年03月31日"}],
        "team_new_url": "#",
    }


def audit() -> Context:
    def entry(when: str, who: str, what: str, **more: Any) -> Context:
        return {"when": when, "who": who, "what": what, "ip": "10.8.2.41", **more}

    return {
        **frame("设置", "设置", "审计日志", person="王磊"),
        "export_url": "#",
        "search": {"value": "", "url": "#", "keep": []},
        "period": {"from": "2026-11-01", "to": ""},
        "kinds": [
            {"label": label, "url": "#", "is_current": label == "全部"}
            for label in ("全部", "登录", "权限", "查看掩码", "导出", "删除")
        ],
        "entries": [
            entry(
                "11月23日 10:42",
                "李娜",
                "查看掩码字段",
                record={"label": "松屿制药有限公司", "url": "#"},
                detail="手机",
            ),
            entry(
                "11月23日 10:31", "王磊", "改权限", module="客户", detail="客服 · 导出：无 → 本人"
            ),
            entry("11月23日 09:05", "li.na", "登录失败", detail="密码不对，第 2 次", is_bad=True),
            entry("11月23日 09:00", "陈思远", "导出", module="客户", detail="214 行，xlsx"),
        ],
        "pager": {"first": 1, "last": 50, "page": 1, "pages": 0, "next_url": "#"},
    }


def dictionaries() -> Context:
    words = (
        ("展会", "Trade fair"),
        ("转介绍", "Referral"),
        ("官网", "Website"),
        ("陌拜", "Cold call"),
    )
    return {
        **frame("设置", "设置", "字典", person="王磊"),
        "current": {"label": "来源", "about": "客户从哪里来", "action_url": "#"},
        "dictionaries": [
            {"label": label, "count": count, "url": "#", "is_current": label == "来源"}
            for label, count in (("行业", 24), ("来源", 4), ("等级", 4), ("跟进方式", 6))
        ],
        "languages": [{"code": "zh-hans", "name": "简体中文"}, {"code": "en", "name": "English"}],
        "items": [
            {
                "pk": n,
                "value": zh,
                "position": n * 10,
                "is_active": True,
                "labels": [
                    {"html_name": f"label-{n}-zh", "text": zh, "language": "zh-hans"},
                    {"html_name": f"label-{n}-en", "text": en, "language": "en"},
                ],
            }
            for n, (zh, en) in enumerate(words, 1)
        ],
    }


def setup() -> Context:
    def tile(label: str, icon: str, about: str) -> Context:
        return {"label": label, "icon": icon, "about": about, "url": "#"}

    return {
        **frame("设置", "设置", person="王磊"),
        "groups": [
            {
                "title": "人员与权限",
                "tiles": [
                    tile("人员", "person", "谁能登录，属于哪里，有什么角色"),
                    tile("部门和团队", "tree", "三级部门，跨部门的项目组"),
                    tile("角色与权限", "shield", "谁能看什么、改什么"),
                    tile("审计日志", "history", "谁在什么时候做了什么"),
                ],
            },
            {
                "title": "数据",
                "tiles": [
                    tile("字典", "book", "下拉里的选项，每种语言一个名字"),
                    tile("回收站", "trash", "删掉的记录，30 天内能找回"),
                ],
            },
        ],
    }


def conflict() -> Context:
    def change(
        label: str, before: str, theirs: str | None, mine: str | None, **more: Any
    ) -> Context:
        return {
            "name": label,
            "label": label,
            "before": before,
            "theirs": theirs,
            "mine": mine,
            **more,
        }

    tag = '<span class="tag">%s</span>'
    return {
        **frame("客户", "销售", "客户", "松屿制药"),
        "title": "两个人同时改了松屿制药",
        "action_url": "#",
        "cancel_url": "#",
        "record_url": "#",
        "version": 8,
        "by": "赵一鸣",
        "when": "10:42",
        "conflicts": [
            change("付款条件", "月结 30 天", "月结 45 天", "货到付款", is_same_field=True),
            change("下次联系", "", None, "11月25日 10:00"),
            change("标签", "GMP", html(tag % "集团采购"), html(tag % "双语报告"), is_merged=True),
        ],
    }


def door(**more: Any) -> Context:
    return {**login(), "error": "", **more}


def actions_dialog() -> Context:
    return {
        **frame("客户", "销售", "客户"),
        "title": "彻底清除 12 家客户？",
        "text": "连同 86 条跟进、9 个商机、4 份合同。清除后找不回来，要林婉清再确认一次。",
        "action_url": "#",
        "cancel_url": "#",
        "confirm": {"label": "输入「清除 12 家」", "expected": "清除 12 家"},
        "submit_label": "请林婉清确认",
        "is_danger": True,
        "fields": [],
        "extra": item("x", "x"),
    }
