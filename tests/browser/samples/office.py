"""Samples of home, profile and setup."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.samples.forms import login
from tests.browser.samples.frame import Context, frame, html, item
from tests.browser.samples.lists import level

ACTIONS = ("查看", "新建", "修改", "删除", "转移", "导入", "导出", "打印")
SCOPES = (("none", "无", 0), ("own", "本人", 1), ("team", "团队", 2), ("department", "本部门", 3), ("subtree", "部门及下级", 4), ("all", "全部", 5))
MATRIX = {
    "客户": "31100101", "联系人": "31110101", "线索": "21100000", "商机": "11100001",
    "报价单": "11100001", "合同": "10000001", "回款": "10000000", "工单": "51202005",
}
FIELDS = (
    ("名称", "read", "", ""), ("手机", "masked", "138****1234", "查看要点一下，会记录；不能筛选、排序"), ("邮箱", "read", "", ""),
    ("信用代码", "read", "", ""), ("等级", "read", "", ""), ("付款条件", "read", "", ""), ("信用额度", "hidden", "", "列表、搜索、导出、打印里都没有"),
    ("累计成交", "hidden", "", "列表、搜索、导出、打印里都没有"), ("送货地址", "edit", "", ""), ("售后备注", "edit", "", ""),
)


def cell(module: str, action: str, bars: int) -> Context:
    if action == "新建":
        options = [{"value": "none", "label": "无", "bars": 0, "is_on": not bars}, {"value": "all", "label": "可以", "bars": 5, "is_on": bool(bars)}]
        bars = 5 if bars else 0
    else:
        options = [{"value": value, "label": label, "bars": number, "is_on": number == bars} for value, label, number in SCOPES]
    return {"is_yes_no": action == "新建", "html_name": f"scope-{module}-{action}", "label": f"{module}，{action}", "bars": bars, "options": options}


def inspector() -> Context:
    return {
        "url": "#", "close_url": "#", "who": "李娜（客服组）", "what": "客户：松屿制药有限公司",
        "verdict": {"kind": "info", "title": "看得到，不能改", "text": "另有 2 个字段看不到，1 个掩码"},
        "chain": [
            {"is_yes": False, "text": "角色「客服」：查看 = 本部门", "note": "记录在华东一部，李娜在客服组，对不上"},
            {"is_yes": True, "text": "协作人：部分 =「服务」", "note": "陈思远 11月18日 因工单 GD-20871 加的"},
            {"is_yes": True, "text": "共享给客服组，只读", "note": "周启明设的，到 12月31日 为止"},
            {"is_yes": False, "text": "修改：没有一条成立", "note": "角色要求本人；两处共享都是只读"},
        ],
        "fields": [
            {"label": "手机", "state": "掩码", "why": "角色「客服」"}, {"label": "信用额度", "state": "隐藏", "why": "没有角色给"},
            {"label": "售后备注", "state": "只读", "why": "记录不能改"}, {"label": "其余 44 个", "state": "只读", "why": "角色「客服」"},
        ],
        "views": [{"text": "李娜 查看手机", "when": "11月18日 14:06"}, {"text": "李娜 打开", "when": "11月18日 14:05"}],
    }


def rights() -> Context:
    roles = [("系统管理员", 2), ("销售总监", 1), ("销售经理", 4), ("销售", 26), ("客服", 7), ("市场", 3), ("财务", 4), ("管理层只读", 2)]
    return {
        **frame("设置", "设置", "人员与权限", "角色", person="王磊"),
        "action_url": "#", "new_role_url": "#", "version": 3,
        "roles": [{"label": label, "count": count, "url": "#", "is_current": label == "客服"} for label, count in roles],
        "role": {"name": "agent", "label": "客服"},
        "actions": [{"name": label, "label": label} for label in ACTIONS],
        "modules": [
            {"label": module, "url": "#", "is_current": module == "客户", "cells": [cell(module, action, int(bars)) for action, bars in zip(ACTIONS, levels, strict=True)]}
            for module, levels in MATRIX.items()
        ],
        "scopes": [{"label": label, "bars": bars} for _, label, bars in (SCOPES[1], SCOPES[3], SCOPES[5])],
        "current": {"name": "customers", "label": "客户"},
        "states": [{"value": value, "label": label} for value, label in (("hidden", "隐藏"), ("masked", "掩码"), ("read", "只读"), ("edit", "可改"))],
        "field_sections": [
            {
                "title": "基本资料", "name": "basic",
                "fields": [
                    {"html_name": f"state-{n}", "empty_name": f"empty-{n}", "label": label, "state": state, "example": example, "note": note, "may_mask": n < 3, "may_edit": True, "only_when_empty": n == 8}
                    for n, (label, state, example, note) in enumerate(FIELDS)
                ],
            }
        ],
        "inspector": inspector(),
    }


def departments() -> list[Context]:
    def one(label: str, count: int, *children: Context, **more: Any) -> Context:
        return {"label": label, "count": count, "url": "#", "children": list(children), **more}

    return [
        one("岚泊仪器", 49, one("销售中心", 31, one("华东一部", 9, is_current=True), one("华东二部", 8), one("浙北部", 7)), one("客服组", 7), one("市场部", 3), one("财务部", 4))
    ]


PEOPLE = (("陈思远", "chen.siyuan", "华东一部", "销售工程师", "销售", "active", "在用"), ("赵一鸣", "zhao.yiming", "华东一部", "销售工程师", "销售", "active", "在用"), ("周启明", "zhou.qiming", "华东一部", "部门经理", "销售经理", "active", "在用"), ("李娜", "li.na", "客服组", "客服专员", "客服", "locked", "锁定"), ("孙悦", "sun.yue", "华东一部", "高级销售", "销售", "left", "离职"))


def people() -> Context:
    keys = ("name", "username", "department", "position", "roles", "state", "state_label")
    return {
        **frame("设置", "设置", "人员", person="王磊"), "departments": departments(), "count": {"value": 49, "exact": True}, "new_url": "#",
        "search": {"value": "", "url": "#", "keep": []}, "people": [dict(zip(keys, person, strict=True), url="#", last_seen="今天 09:12") for person in PEOPLE],
        "pager": {"first": 1, "last": 49, "page": 1, "pages": 1},
    }


def department_page() -> Context:
    return {
        **frame("设置", "设置", "部门和团队", person="王磊"), "departments": departments(), "new_url": "#",
        "department": {"name": "华东一部", "path": "岚泊仪器 / 销售中心", "head": "周启明", "parent": "销售中心", "edit_url": "#", "reason": "还有 9 人，不能删"},
        "members": [{"name": name, "url": "#", "position": position, "is_main": True} for name, _, _, position, *_ in PEOPLE], "add_url": "#",
        "teams": [{"name": "松屿二期项目组", "url": "#", "count": 5, "until": "到 2027年03月31日"}], "team_new_url": "#",
    }


def audit() -> Context:
    def entry(when: str, who: str, what: str, **more: Any) -> Context:
        return {"when": when, "who": who, "what": what, "ip": "10.8.2.41", **more}

    return {
        **frame("设置", "设置", "审计日志", person="王磊"), "export_url": "#", "search": {"value": "", "url": "#", "keep": []}, "period": {"from": "2026-11-01", "to": ""},
        "kinds": [{"label": label, "url": "#", "is_current": label == "全部"} for label in ("全部", "登录", "权限", "查看掩码", "导出", "删除")],
        "entries": [
            entry("11月23日 10:42", "李娜", "查看掩码字段", record={"label": "松屿制药有限公司", "url": "#"}, detail="手机"),
            entry("11月23日 10:31", "王磊", "改权限", module="客户", detail="客服 · 导出：无 → 本人"),
            entry("11月23日 09:05", "li.na", "登录失败", detail="密码不对，第 2 次", is_bad=True),
            entry("11月23日 09:00", "陈思远", "导出", module="客户", detail="214 行，xlsx"),
        ],
        "pager": {"first": 1, "last": 50, "page": 1, "pages": 0, "next_url": "#"},
    }


def dictionaries() -> Context:
    words = (("展会", "Trade fair", 412), ("转介绍", "Referral", 388), ("官网", "Website", 120), ("陌拜", "Cold call", 0))
    return {
        **frame("设置", "设置", "字典", person="王磊"), "current": {"label": "来源", "about": "客户从哪里来", "action_url": "#"},
        "dictionaries": [{"label": label, "count": count, "url": "#", "is_current": label == "来源"} for label, count in (("行业", 24), ("来源", 4), ("等级", 4), ("跟进方式", 6))],
        "languages": [{"code": "zh-hans", "name": "简体中文"}, {"code": "en", "name": "English"}],
        "items": [{"pk": n, "value": zh, "position": n * 10, "is_used": used, "is_active": True, "labels": [{"html_name": f"label-{n}-zh", "text": zh, "language": "zh-hans"}, {"html_name": f"label-{n}-en", "text": en, "language": "en"}]} for n, (zh, en, used) in enumerate(words, 1)],
    }


def setup() -> Context:
    def tile(label: str, icon: str, about: str) -> Context:
        return {"label": label, "icon": icon, "about": about, "url": "#"}

    return {
        **frame("设置", "设置", person="王磊"),
        "groups": [
            {"title": "人员与权限", "tiles": [tile("人员", "person", "谁能登录，属于哪里，有什么角色"), tile("部门和团队", "tree", "三级部门，跨部门的项目组"), tile("角色与权限", "shield", "谁能看什么、改什么"), tile("审计日志", "history", "谁在什么时候做了什么")]},
            {"title": "数据", "tiles": [tile("字典", "book", "下拉里的选项，每种语言一个名字"), tile("回收站", "trash", "删掉的记录，30 天内能找回")]},
        ],
    }


def home() -> Context:
    def duty(icon: str, tone: str, title: str, about: str, why: str, when: str, act: str = "记跟进") -> Context:
        return {"icon": icon, "tone": tone, "title": title, "about": about, "why": why, "when": when, "url": "#", "act_url": "#", "act_label": act}

    def row(title: str, about: str, when: str, **more: Any) -> Context:
        return {"title": title, "about": about, "when": when, "url": "#", **more}

    return {
        **frame("首页", "首页"), "greeting": "早上好，思远", "today": "11月23日 星期一 · 本月还有 6 个工作日",
        "figures": [
            {"label": "我的客户", "value": "214", "note": "家", "why": "本月新增 5 家", "url": "#", "share": None},
            {"label": "今天要联系", "value": "9", "note": "家", "why": "其中 2 家过期了", "url": "#", "share": None},
            {"label": "本月跟进", "value": "67", "note": "/ 80 次", "why": "另有 6 次不算：内容重复或太短", "url": "#", "share": 84, "tone": ""},
            {"label": "30 天没联系", "value": "31", "note": "家", "why": "9 家是 A 级", "url": "#", "share": None},
        ],
        "duties": {
            "count": 9, "url": "#",
            "items": [
                duty("clock", "late", "拓衡化工", "约好上周五回电", "对方 11月14日 答应本周一付", "过期 3 天", "打电话"),
                duty("clock", "late", "岭栖环保工程", "38 天没有联系", "上次：等环评批复", "过期 1 天"),
                duty("phone", "soon", "恒砾半导体", "约好今天 10:30 给方工回电", "上次通话：想看超纯水电导率 0.055 的实测数据", "10:30", "打电话"),
                duty("pin", "soon", "青岑生物工程", "今天 14:00 拜访，许工、质量部邓经理", "带 LB-T10 样机；停车登记已报", "14:00", "看路线"),
                duty("flag", "", "松屿制药", "给顾明辉报二期方案", "点位 18 个，预算 50 万以内", "17:00"),
                duty("cake", "", "静川净水 · 高静", "今天生日", "负责采购 3 年，去年下单 4 次", "今天", "发祝福"),
            ],
        },
        "blocks": [
            {"title": "我和同事最近的跟进", "count": None, "url": "#", "rows": [row("禾渚食品", "投诉流量计读数漂移", "09:05", face="李"), row("松屿制药", "点位表已更新，请重报", "昨天", face="陈"), row("云朔啤酒", "续签年度校准合同", "11月21日", face="赵")]},
            {"title": "最近看过", "count": None, "url": "", "rows": [row("松屿制药", "苏州", "10:20", level=level("A")), row("北屿造纸", "嘉兴", "昨天", level=level("C"))]},
            {"title": "提到我的", "count": 2, "url": "#", "rows": [row("李娜", "禾渚这单客户很急，能先借一台流量计吗", "09:12", face="李"), row("周启明", "泊川的决策人问到了吗", "昨天", face="周")]},
        ],
    }


TABS = ("我", "密码", "第二道验证", "登录的设备", "API 令牌")


def mine(current: str, **more: Any) -> Context:
    """One of the pages about oneself."""
    return {
        **frame("", current),
        "tabs": [{"label": label, "url": "#", "is_current": label == current} for label in TABS],
        **more,
    }


def me() -> Context:
    person = {
        "name": "陈思远", "username": "chen.siyuan", "department": "华东一部", "position": "销售工程师",
        "mail": "chen.siyuan@lanbo.example", "phone": "138 0000 0101", "language": "zh-hans", "theme": "light",
        "density": "normal", "time_zone": "",
    }
    return mine(
        "我", person=person, roles=["销售"], languages=[("zh-hans", "简体中文"), ("en", "English")],
        themes=[("auto", "跟随系统"), ("light", "浅色"), ("dark", "深色")], densities=[("normal", "中"), ("compact", "紧")],
    )


def sessions() -> Context:
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
    now = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)
    return mine(
        "登录的设备",
        sessions=[
            {"key": "a", "agent": chrome, "address": "10.8.2.41", "seen_at": now, "is_this": True},
            {"key": "b", "agent": phone, "address": "10.8.7.3", "seen_at": now - timedelta(hours=15)},
        ],
        attempts=[
            {"at": now, "result": "成功", "address": "10.8.2.41", "agent": chrome},
            {"at": now, "result": "密码不对", "is_bad": True, "address": "10.8.2.41", "agent": chrome},
        ],
    )


def tokens() -> Context:
    now = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)
    return mine(
        "API 令牌", secret="ky_7Hq2m0vXcE9pR4tLw8sZ", errors={}, modules=[("customers", "客户"), ("contacts", "联系人")],
        tokens=[{"id": 1, "name": "报表同步", "prefix": "ky_3fK", "scope": "只读", "last_used_at": now, "expires_at": now + timedelta(days=60)}],
    )


def conflict() -> Context:
    def change(label: str, before: str, theirs: str | None, mine: str | None, **more: Any) -> Context:
        return {"name": label, "label": label, "before": before, "theirs": theirs, "mine": mine, **more}

    tag = '<span class="tag">%s</span>'
    return {
        **frame("客户", "销售", "客户", "松屿制药"), "title": "两个人同时改了松屿制药", "action_url": "#", "cancel_url": "#", "record_url": "#", "version": 8, "by": "赵一鸣", "when": "10:42",
        "conflicts": [
            change("付款条件", "月结 30 天", "月结 45 天", "货到付款", is_same_field=True), change("下次联系", "", None, "11月25日 10:00"),
            change("标签", "GMP", html(tag % "集团采购"), html(tag % "双语报告"), is_merged=True),
        ],
    }


def door(**more: Any) -> Context:
    return {**login(), "error": "", **more}


def actions_dialog() -> Context:
    return {**frame("客户", "销售", "客户"), "title": "彻底清除 12 家客户？", "text": "连同 86 条跟进、9 个商机、4 份合同。清除后找不回来，要林婉清再确认一次。", "action_url": "#", "cancel_url": "#", "confirm": {"label": "输入「清除 12 家」", "expected": "清除 12 家"}, "submit_label": "请林婉清确认", "is_danger": True, "fields": [], "extra": item("x", "x")}
