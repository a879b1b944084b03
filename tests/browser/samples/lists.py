"""Sample of the customer list, as the views will hand it over."""

from typing import Any

from tests.browser.samples.frame import CUSTOMERS, Context, frame, html, item

STAGES = {"潜在": 20, "新客": 40, "复购": 60, "忠诚": 80}
CUSTOMER_ROWS = """
松屿制药|A|复购|6 天|486,000|10月30日|报二期方案|1,264,800|96,500|苏州
岭栖环保工程|B|潜在|7 天|118,000|10月16日||||无锡
北屿造纸|C|新客|8 天||10月21日|发样本|42,600||嘉兴
静川净水设备|B|复购|9 天|76,400|11月02日|生日祝福|388,200||苏州
远埠印染|C|潜在|11 天|54,000|10月08日||||绍兴
恒砾半导体材料|A|新客|27 天|320,000|11月20日|今天 10:30 回电|88,600||无锡
禾渚食品|A|忠诚|28 天|1,264,000|11月21日|工单等回复|3,908,400|210,000|嘉兴
青岑生物工程|B|潜在|41 天|165,000|11月19日|今天 14:00 拜访|||苏州
澜序新材料科技|B|新客|34 天|238,000|11月12日||126,000||常州
云朔啤酒|B|忠诚|受保护|76,400|11月17日|续签校准合同|702,100||宁波
泊川水务集团|A|复购|受保护|912,000|11月09日|递投标文件|2,145,000||无锡
拓衡化工|B|复购|受保护||11月14日|今天催款|936,700|148,200|南通
沐禾乳业|B|忠诚|受保护|94,000|11月16日|11月25日 送校准|518,300||扬州
和畔热电|B|新客|受保护|207,500|11月18日|11月26日 技术交流|64,800|64,800|常州
芦汀污水处理（二期）工程项目部|C|潜在|72 天|31,200|11月13日||||湖州
辰砾表面处理|C|沉睡|受保护||09月02日||23,100||台州
汀澜温泉酒店|D|新客|88 天||11月06日||9,800||湖州
朴野饮品|B|潜在|42 天|198,000|11月20日|等合同|||杭州
栖梧精细化工|B|复购|受保护|67,200|11月11日|12月02日 回访|245,600||镇江
云岫矿泉水|C|新客|90 天||11月04日||18,400||丽水
澄桥电子材料|B|潜在|37 天|143,000|11月15日|11月30日 试样结果|||昆山
禾渚食品二厂|A|复购|受保护||11月22日|11月24日 技术澄清|612,000||嘉兴
"""
COLUMNS = [
    ("customer", "客户", "text", "", ""),
    ("level", "等级", "level", "", ""),
    ("stage", "阶段", "choice", "", ""),
    ("pool", "公海", "integer", "num", ""),
    ("open", "在谈", "decimal", "num", "元"),
    ("touched", "有效跟进", "date", "", ""),
    ("next", "下一步", "text", "", ""),
    ("won", "近 12 月成交", "money", "num", "元"),
    ("due", "待收", "decimal", "num", "元"),
    ("city", "地区", "boolean", "", ""),
]


def level(sign: str) -> str:
    return html(f'<span class="level{" best" if sign == "A" else ""}">{sign}</span>')


def stage(word: str) -> str:
    if word in STAGES:
        return html(f'<span class="dial p{STAGES[word]}">{word}</span>')
    return html(f'<span class="state">{word}</span>')


def pool(text: str) -> str:
    tone = "soon" if text in ("6 天", "7 天") else "faint" if text == "受保护" else ""
    return html(f'<span class="{tone}">{text}</span>') if tone else text


def row(number: int, line: str) -> Context:
    name, sign, word, left, deals, touched, following, won, due, city = line.split("|")
    strong = html(f'<span class="strong">{following}</span>') if "今天" in following else following
    late = html(f'<span class="late">{due}</span>') if due in ("96,500", "148,200") else due
    figure = html(f'<span class="strong">{deals}</span>') if deals else ""
    return {
        "pk": number,
        "url": "record.html",
        "peek_url": "peek.html",
        "edit_url": "form.html",
        "title": name,
        "cells": [
            "",
            level(sign),
            stage(word),
            pool(left),
            figure,
            touched,
            strong,
            won,
            late,
            city,
        ],
        "mark": level(sign),
        "sub": f"{word} · {following or '没有下一步'}",
        "figure": f"¥{deals}" if deals else "",
        "note": pool(left),
        "is_picked": number in (2, 3, 5),
        "is_open": number == 7,
    }


def columns() -> list[Context]:
    sorts = {"pool": ("asc", 1), "open": ("desc", 2)}
    return [
        {
            "name": name,
            "label": label,
            "kind": kind,
            "align": align,
            "unit": unit,
            "is_title": name == "customer",
            "sort": sorts.get(name, ("", 0))[0],
            "sort_number": sorts.get(name, ("", 0))[1],
            "sort_url": f"?sort={name}",
            "add_sort_url": f"?sort=pool,{name}",
        }
        for name, label, kind, align, unit in COLUMNS
    ]


def views() -> list[Context]:
    def one(label: str, count: int, **more: Any) -> Context:
        return {"label": label, "count": count, "url": "#", **more}

    return [
        {
            "label": "我的",
            "items": [
                one("我的客户", 214, is_current=True),
                one("A 级快到期", 9),
                one("三个月没下单", 31),
            ],
        },
        {
            "label": "华东一部共享",
            "items": [
                one("医药重点客户", 46, is_locked=True),
                one("逾期未付款", 12),
                one("今年新客户", 38),
            ],
        },
        {"label": "全公司", "items": [one("全部客户", 1902)]},
    ]


fields = [
    ("owner", "负责人", "陈思远", True),
    ("helpers", "协作人", "李娜、郑雅文", True),
    ("mobile", "手机 · 陆建平", "138****0021", False),
    ("region", "所在大区", "浙北", True),
    ("terms", "付款条件", "月结 45 天", True),
    ("calibration", "下次校准", "2027年01月12日", True),
]
PEEK = {
    "title": "禾渚食品股份有限公司",
    "url": "record.html",
    "edit_url": "form.html",
    "level": level("A"),
    "line": html('<span class="dial p80">忠诚</span> · 食品饮料 · 嘉兴 · 合作 4 年'),
    "actions": [item("打电话", "phone", "tel:"), item("记跟进", "pen"), item("商机", "deal")],
    "notice": {
        "kind": "warn",
        "icon": "headset",
        "title": "投诉还剩 1 小时 20 分首次响应",
        "text": "GD-20917 流量计读数漂移，现场停线，李娜处理中",
    },
    "figures": [
        {"label": "近 12 月成交", "value": "¥3,908,400", "url": "#"},
        {"label": "待收", "value": "¥210,000", "note": "12月05日到期", "url": "#"},
        {"label": "在谈 2 个", "value": "¥1,264,000", "url": "#"},
        {"label": "流失可能", "value": "6%", "note": "低", "url": "#"},
    ],
    "groups": [
        {
            "title": "资料",
            "note": "点一下就能改",
            "fields": [
                {
                    "name": name,
                    "label": label,
                    "html": value,
                    "kind": "text",
                    "is_editable": may,
                    "edit_url": "#",
                    "is_masked": not may,
                    "is_locked": not may,
                    "show_url": "" if may else "#",
                }
                for name, label, value, may in fields
            ],
        }
    ],
    "events_count": 86,
    "events_url": "record.html",
    "events": [
        {
            "icon": "headset",
            "title_html": "陆建平来电投诉：二车间 3 台流量计读数漂移",
            "by": "李娜记录",
            "when": "09:05",
        },
        {
            "icon": "pen",
            "title_html": "和设备部过了二厂的点位表，共 46 个点，对方要分两批交货",
            "when": "11月21日",
        },
        {
            "icon": "money",
            "title_html": html("回款 <b>¥420,000</b>，核销合同 HT-2026-0266 第三期"),
            "when": "11月19日",
        },
    ],
}


NAMES = [column["label"] for column in columns()]
CUSTOMER_LIST = {
    "module": CUSTOMERS,
    "list_url": "list.html",
    "new_url": "form.html",
    "import_url": "import.html",
    "export_url": "export.html",
    "view": {"label": "我的客户", "is_changed": True},
    "views": views(),
    "view_save": dict.fromkeys(("update_url", "new_url", "reset_url", "manage_url"), "#"),
    "count": {"value": 214, "exact": True},
    "columns": columns(),
    "totals": [
        "全部 214 家合计",
        "",
        "",
        html("<b>9</b> 家快到"),
        html("<b>5,634,700</b>"),
        "",
        "38 家没有下一步",
        html("<b>21,406,900</b>"),
        html("<b>1,182,300</b>"),
        "",
    ],
    "chips": [
        {"label": "负责人", "text": "我", "remove_url": "#", "index": 0},
        {"label": "状态", "text": "不是已流失", "remove_url": "#", "index": 1},
        {"label": "大区", "text": "华东、浙北", "remove_url": "#", "index": 2},
    ],
    "clear_url": "#",
    "search": {"value": "", "url": "list.html", "keep": []},
    "field_groups": [
        {
            "label": "",
            "items": [
                {"path": str(n), "label": name, "text": name} for n, name in enumerate(NAMES)
            ],
        }
    ],
    "filter_part_url": "filter.html?part=filter",
    "builder_url": "filter.html",
    "sorts": [
        {
            "key": "pool",
            "label": "公海剩余天数",
            "asc_label": "少到多",
            "desc_label": "多到少",
            "direction": "asc",
        },
        {
            "key": "-open",
            "label": "在谈金额",
            "up_url": "#",
            "asc_label": "小到大",
            "desc_label": "大到小",
            "direction": "desc",
        },
    ],
    "sort_add": [{"label": name, "url": "#"} for name in NAMES[:4]],
    "densities": [
        {"value": value, "label": label, "icon": icon, "url": "#", "is_on": value == "normal"}
        for value, label, icon in (
            ("compact", "紧凑", "rows"),
            ("normal", "标准", "rows-even"),
            ("cosy", "宽松", "rows-cosy"),
        )
    ],
    "column_acts": [{"value": "left", "label": "左移", "icon": "left"}],
    "all_columns": [
        {"name": name, "label": name, "text": name, "is_on": n < 8, "is_title": n == 0}
        for n, name in enumerate(NAMES)
    ],
    "bulk": [
        item("转移", "swap", "dialog.html"),
        item("标签", "tag"),
        item("改字段", "pen"),
        item("退回公海", "waves"),
    ],
    "pager": {"first": 1, "last": 50, "page": 1, "pages": 5, "prev_url": "", "next_url": "#"},
    "peek": PEEK,
}


def customer_list(**more: Any) -> Context:
    """The list with three rows picked, one open and a change to its view."""
    rows = [row(n, line) for n, line in enumerate(CUSTOMER_ROWS.strip().splitlines(), 1)]
    return {**frame("客户", "销售", "客户"), **CUSTOMER_LIST, "rows": rows, **more}


def condition() -> Context:
    """A condition on the level, being made."""
    return {
        "line": {
            "path": "level",
            "label": "等级",
            "op": "in",
            "ops": [{"value": "in", "label": "是"}, {"value": "not_in", "label": "不是"}],
            "control": "ticks",
            "id": "add_value",
            "names": {part: f"add_{part}" for part in ("op", "value", "was", "was_op")},
            "options": [{"value": sign, "label": sign, "text": sign} for sign in "ABCD"],
        },
        "list_url": "list.html",
        "query_fields": [],
    }


def plain_list() -> Context:
    """Nothing picked, nothing open."""
    context = customer_list(peek=None)
    for one in context["rows"]:
        one["is_picked"] = one["is_open"] = False
    return context
