"""Samples of the record page and of a form."""

from typing import Any

from tests.browser.samples.frame import CUSTOMERS, Context, frame, html, item
from tests.browser.samples.lists import level


def field(name: str, label: str, value: str, **more: Any) -> Context:
    return {
        "name": name,
        "label": label,
        "html": value,
        "kind": "text",
        "is_editable": True,
        "edit_url": "field-edit.html",
        **more,
    }


def field_edit(**more: Any) -> Context:
    """One field in the act of being edited."""
    return {
        "version": 7,
        "csrf_token": "sample",
        "field": {
            "name": "address",
            "html_name": "address",
            "id": "e-address",
            "label": "送货地址",
            "kind": "text",
            "errors": [],
            "value": "苏州市昆潮区松屿路 88 号 二厂 3 号门",
            "save_url": "field.html",
            "view_url": "field.html",
        },
        **more,
    }


def locked(name: str, label: str, value: str) -> Context:
    return field(name, label, value, is_editable=False, is_locked=True, reason="财务可以改")


TAGS = html(
    '<span class="tags"><span class="tag">GMP</span><span class="tag">集团采购</span>'
    '<span class="tag">要中英双语报告</span><span class="tag">+3</span></span>'
)
MASKED = html(
    '<span class="dim masked">138****1234</span> '
    '<button class="textbutton note-size" type="button" title="查看会记录">显示</button>'
)


GROUPS = [
    {
        "title": "基本资料",
        "note": "上次改 11月06日",
        "fields": [
            field("trade", "行业", "医药制造"),
            field("size", "规模", "500–1000 人"),
            field("address", "送货地址", "苏州市昆潮区松屿路 88 号 二厂 3 号门", is_wide=True),
            field("source", "来源", "展会 · 2024 上海"),
            field("terms", "付款条件", "月结 30 天", just_saved=True),
            locked("code", "信用代码", "91320500MA0000X0XK"),
            locked("credit", "信用额度", "¥600,000，已用 48%"),
            field("tags", "标签", TAGS, kind="multi_choice"),
        ],
    },
    {
        "title": "联系人",
        "link_url": "#",
        "link_label": "全部 4 位",
        "rows": [
            {
                "face": "潘",
                "url": "#",
                "title_html": html('潘建国 <span class="dim">厂长</span>'),
                "aside_html": html('<span class="tag">拍板</span>'),
            },
            {
                "face": "顾",
                "url": "#",
                "title_html": html('顾明辉 <span class="dim">设备部</span>'),
                "aside_html": MASKED,
            },
            {
                "face": "邓",
                "url": "#",
                "title_html": html('邓琳 <span class="dim">质量部</span>'),
                "aside_html": html(
                    '<a class="fig" href="tel:13900000186">139 0000 0186</a> '
                    '<span class="note-size dim">28 秒后遮住</span>'
                ),
            },
            {
                "face": "许",
                "url": "#",
                "title_html": html('许静 <span class="dim">采购</span>'),
                "aside_html": html('<span class="tag">签约</span>'),
            },
        ],
    },
    {
        "title": "在谈商机",
        "note": "1 个 · ¥486,000",
        "rows": [
            {
                "title_html": "二期纯化水在线监测",
                "url": "#",
                "aside_html": html('<span class="num">¥486,000</span>'),
            }
        ],
    },
]


def event(icon: str, title: str, when: str, **more: Any) -> Context:
    return {"icon": icon, "title_html": html(title), "when": when, "day": "本月", **more}


EVENTS = [
    event(
        "mail",
        "<b>许静</b> 来信：二期点位表已更新，请按附件重报",
        "11月21日 16:42",
        files=[{"name": "点位表_v3.xlsx", "url": "#"}],
        note="收到的邮件不重新计时",
    ),
    event(
        "money",
        "回款 <b>¥193,000</b>，核销合同 HT-2026-0291 第二期，晚了 9 天",
        "11月20日",
        by="郑雅文",
    ),
    event(
        "headset",
        "工单 GD-20871「浊度仪零点漂移」已解决，用时 6 小时 10 分，满意度 5 / 5",
        "11月18日",
        by="李娜",
    ),
    event(
        "pen",
        "<b>微信</b> 「在吗，二期怎么样了」",
        "11月12日",
        by="陈思远",
        note="不算有效跟进：少于 10 个字，和 11月05日 那条相同",
        note_class="soon",
        edit_url="#",
    ),
    event(
        "gear",
        "改了 4 处：信用额度、付款条件、行业、开票抬头",
        "11月06日",
        changes=[{"label": "付款条件", "before": "月结 45 天", "after": "月结 30 天"}],
    ),
    event(
        "deal",
        "商机「二期纯化水在线监测」到了 <b>方案报价</b> · ¥486,000 · 50%",
        "11月02日",
        by="陈思远",
    ),
    event(
        "pin",
        "<b>拜访</b> 和顾明辉、邓琳走了二期纯化水间，确认取样点改到回水总管；"
        "潘厂长要求先给一份对比表，重点看同类药厂的用法",
        "10月30日",
        by="陈思远 · 签到 松屿二厂 09:48",
        note="最近一次有效跟进，从这天起算 30 天",
        day="10 月",
    ),
]


KINDS = [
    ("phone", "电话", "phone"),
    ("visit", "拜访", "pin"),
    ("wechat", "微信", "chat"),
    ("mail", "邮件", "mail"),
    ("meeting", "会议", ""),
    ("task", "任务", ""),
]
COMPOSER = {
    "url": "#",
    "draft_key": "customers-1",
    "key": "k",
    "kinds": [
        {"value": value, "label": label, "icon": icon, "is_on": value == "phone"}
        for value, label, icon in KINDS
    ],
    "text": "顾经理说二期点位定了，共 18 个，要求 12 月 10 日前出正式方案；"
    "预算批了 50 万以内，想知道备件包能不能含在里面。",
    "contacts": [{"value": 1, "label": "顾明辉", "is_on": True}],
    "next_at": "2026-11-25T10:00",
    "next_text": "下次 11月25日 10:00",
    "next_choices": [
        {"value": "2026-11-24T10:00", "label": "明天 10:00"},
        {"value": "2026-11-30T10:00", "label": "下周一 10:00"},
    ],
    "subjects": [{"value": 1, "label": "二期纯化水在线监测", "is_on": True}],
    "phrases": ["电话没人接，下午再打", "已发报价，等对方内部讨论"],
    "people": [{"pk": 1, "name": "吴桐"}, {"pk": 2, "name": "周启明"}],
    "may_attach": True,
}


STEPS = [
    ("目标", 0, "past", "2024年03月"),
    ("潜在", 20, "past", "5 个月"),
    ("新客", 40, "past", "11 个月"),
    ("复购", 60, "now", "已 15 个月"),
    ("忠诚", 80, "next", "还差 1 单"),
    ("高价值", 100, "next", ""),
]
TABS = [
    ("动态", None),
    ("商机", 3),
    ("报价", 5),
    ("合同", 4),
    ("订单", 9),
    ("回款", 11),
    ("工单", 2),
    ("联系人", 4),
    ("文件", 12),
    ("修改记录", None),
]
FILTERS = [("全部", None), ("跟进", 31), ("邮件", 22), ("单据", 18), ("服务", 6), ("修改", 44)]
RECORD = {
    "module": CUSTOMERS,
    "record": {"pk": 1, "url": "#", "version": 7},
    "edit_url": "",
    "head": {
        "title": "松屿制药有限公司",
        "level": level("A"),
        "watch_url": "#",
        "is_watched": True,
        "place": "1 / 214",
        "prev_url": "#",
        "next_url": "#",
        "call_url": "tel:13800001234",
        "facts": [
            {"label": "负责人", "html": "陈思远"},
            {"label": "在谈", "html": "¥486,000"},
            {"label": "待收", "html": html('<span class="late">¥96,500</span>')},
            {"label": "下一步", "html": "今天 报二期方案"},
        ],
        "actions": [
            item("转移", "swap"),
            item("共享", "share"),
            item("打印", "printer"),
            item("删除", "trash", is_danger=True),
        ],
    },
    "create": [item("联系人", "person"), item("商机", "deal")],
    "steps": [
        {"label": label, "share": share, "state": state, "note": note}
        for label, share, state, note in STEPS
    ],
    "tabs": [
        {"label": label, "count": count, "url": "#", "is_current": label == "动态"}
        for label, count in TABS
    ],
    "panel": "timeline",
    "composer": COMPOSER,
    "upcoming": [
        {
            "icon": "flag",
            "title_html": html("<b>给顾明辉报二期方案</b>"),
            "by": "任务 · 陈思远",
            "when": "今天 17:00",
            "when_class": "soon",
        },
        {
            "icon": "pin",
            "title_html": html("<b>到厂核对点位</b>"),
            "by": "拜访 · 陈思远、吴桐",
            "when": "11月25日 10:00",
        },
    ],
    "events": EVENTS,
    "filters": [
        {"label": label, "count": count, "url": "#", "is_current": label == "全部"}
        for label, count in FILTERS
    ],
    "notices": [
        {
            "kind": "warn",
            "icon": "clock",
            "title": "6 天后落入公海",
            "aside": "（11月29日 24:00）",
            "text": "因为 24 天没有有效跟进，A 级满 30 天就落；商机停滞 21 天，不再保护。"
            "记一条有效跟进或推进商机就重新计时。",
            "action_url": "#",
            "action_label": "申请延期 14 天",
            "action_note": "由周启明批",
        }
    ],
    "figures": [
        {
            "label": "近 12 月成交",
            "value": "¥1,264,800",
            "note": "+18%",
            "note_class": "good",
            "url": "#",
        },
        {
            "label": "待收，其中逾期",
            "value": "¥96,500",
            "note": "9 天",
            "note_class": "late",
            "url": "#",
        },
        {"label": "预计终身价值", "value": "¥5,820,000", "url": "#"},
        {"label": "流失可能", "value": "18%", "note": "复购晚了 40 天", "url": "#"},
    ],
    "groups": GROUPS,
}


def record() -> Context:
    return {**frame("客户", "销售", "客户", "松屿制药"), **RECORD}
