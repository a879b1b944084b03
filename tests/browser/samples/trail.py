"""Samples of jobs, history, bin, empty pages and the palette."""

from typing import Any

from tests.browser.samples.frame import CUSTOMERS, Context, frame, html
from tests.browser.samples.lists import customer_list


def job(pk: int = 1, **more: Any) -> Context:
    return {
        "pk": pk,
        "name": "导入 浙北老客户.xlsx",
        "state": "running",
        "done": 1284,
        "total": 1902,
        "unit": "行",
        "errors": 3,
        "left": "约 40 秒",
        "card_url": "card.html",
        "cancel_url": "#",
        "dismiss_url": "#",
        "url": "#",
        **more,
    }


def done_job(pk: int = 2) -> Context:
    return job(
        pk,
        name="导出 我的客户，214 家",
        state="done",
        done=214,
        total=214,
        errors=0,
        result_url="#",
        result_label="下载 48 KB",
        cancel_url="",
        dismiss_url="",
    )


def history() -> Context:
    return {
        **frame("客户", "销售", "客户", "松屿制药", "修改记录"),
        "title": "松屿制药有限公司",
        "record_url": "record.html",
        "entries": [
            {
                "when": "11月06日 14:20",
                "day": "本月",
                "by": "郑雅文",
                "source": "表单",
                "kind": "update",
                "summary": "改了 2 处",
                "changes": [
                    {"label": "付款条件", "before": "月结 45 天", "after": "月结 30 天"},
                    {"label": "信用额度", "before": "400,000", "after": "600,000"},
                ],
            },
            {
                "when": "11月01日 09:02",
                "day": "本月",
                "by": "周启明",
                "source": "批量",
                "kind": "assign",
                "summary": "负责人从 孙悦 改为 陈思远",
                "changes": [],
            },
            {
                "when": "2024年03月12日",
                "day": "2024 年",
                "by": "孙悦",
                "source": "导入 上海展会.xlsx",
                "kind": "create",
                "summary": "建立",
                "changes": [],
            },
        ],
    }


def recycle_bin() -> Context:
    names = ["澜序新材料科技", "辰砾表面处理", "岭栖环保工程"]
    return {
        **frame("客户", "销售", "客户", "回收站"),
        "module": CUSTOMERS,
        "count": {"value": 3, "exact": True},
        "keep_days": 30,
        "rows": [
            {
                "pk": n,
                "title": name,
                "owner": "陈思远",
                "deleted_by": "周启明",
                "deleted_at": "11月20日 16:02",
                "left": 27 - n,
                "also": "2 位联系人、5 条跟进",
                "restore_url": "#",
            }
            for n, name in enumerate(names)
        ],
        "pager": {"first": 1, "last": 3, "page": 1, "pages": 1},
    }


def jobs() -> Context:
    return {
        **frame("", "后台工作"),
        "jobs": [
            job(is_flat=True),
            {**done_job(), "is_flat": True},
            job(
                3,
                name="导入 旧系统.csv",
                state="failed",
                is_flat=True,
                cancel_url="",
                message="第 41 列起读不出来：文件不完整",
            ),
        ],
    }


def one(icon: str, title: str, about: str, why: str = "", **more: Any) -> Context:
    return {
        "icon": icon,
        "title": title,
        "about": about,
        "why_html": html(why),
        "url": "#",
        **more,
    }


mark = "拼音 <mark>songyu</mark>"
PALETTE = {
    "question": "songyu",
    "total": 9,
    "groups": [
        {
            "label": "客户",
            "items": [
                one("building", "松屿制药有限公司", "A · 苏州 · 陈思远", mark, is_on=True),
                one("building", "嵩榆矿山设备", "C · 徐州 · 何嘉", mark),
            ],
        },
        {
            "label": "联系人",
            "items": [
                one("person", "宋瑜", "汀澜温泉酒店 · 工程部", mark),
                one(
                    "person",
                    "顾明辉",
                    "松屿制药 · 设备部经理",
                    "邮箱 gu@<mark>songyu</mark>.example",
                ),
            ],
        },
        {
            "label": "单据",
            "items": [
                one("deal", "二期纯化水在线监测", "方案报价 · ¥486,000", "客户 松屿制药"),
                one("quote", "BJ-2026-1187", "第 2 版 · ¥486,036", "客户 松屿制药"),
                one(
                    "headset",
                    "GD-20871 浊度仪零点漂移",
                    "已解决",
                    "正文「…<mark>松屿</mark>二车间…」",
                ),
            ],
        },
        {
            "label": "对松屿制药",
            "items": [
                one("pen", "记跟进", "", key="F"),
                one("clock", "申请延期，不落公海", ""),
            ],
        },
    ],
}


def nothing(kind: str, **more: Any) -> Context:
    return {**customer_list(peek=None, rows=[], empty=kind, totals=[]), **more}
