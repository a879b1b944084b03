"""Samples of import, export, jobs, history, bin and the palette."""

from typing import Any

from tests.browser.samples.frame import CUSTOMERS, Context, frame
from tests.browser.samples.trail import job

EXPORTED = (
    "名称",
    "等级",
    "阶段",
    "行业",
    "来源",
    "负责人",
    "地区",
    "手机",
    "邮箱",
    "信用代码",
    "标签",
)
STAGES = ("选文件", "对列并检查", "重复怎么办", "导入")
FILE = {"name": "华东展会名单_1122.xlsx", "rows": 3000}


def stages(now: int) -> list[Context]:
    return [
        {"label": label, "state": "past" if n < now else "now" if n == now else "next"}
        for n, label in enumerate(STAGES, 1)
    ]


def importing(now: int, **more: Any) -> Context:
    return {
        **frame("客户", "销售", "客户", "导入", jobs=[job()] if now == 2 else []),
        "module": CUSTOMERS,
        "stages": stages(now),
        "file": FILE,
        "action_url": "#",
        "back_url": "#",
        "later_url": "#",
        **more,
    }


def upload() -> Context:
    return importing(
        1,
        limits="xlsx 或 csv，最多 50 MB、20 万行、200 列",
        template_url="#",
        past=[
            {
                "name": "浙北老客户.xlsx",
                "text": "1,902 行，3 行没导入",
                "by": "陈思远",
                "when": "11月21日",
                "url": "#",
                "undo_url": "#",
            }
        ],
    )


def column(
    index: int,
    heading: str,
    field: str,
    origin: str,
    samples: str,
    problem: str = "",
    kind: str = "late",
) -> Context:
    labels = {"remembered": "上次的对法", "guessed": "猜的，请看一眼", "none": "没对"}
    options = (
        [{"label": "客户", "items": [{"value": field, "label": field, "is_on": True}]}]
        if field
        else []
    )
    return {
        "index": index,
        "heading": heading,
        "origin": origin,
        "origin_label": labels[origin],
        "samples": samples,
        "options": options,
        "problem": {"text": problem, "url": "#check", "kind": kind} if problem else None,
    }


def line(
    number: int, cells: list[str], wrong: int, why: str, repair: str = "", tone: str = ""
) -> Context:
    return {
        "number": number,
        "why": why,
        "why_class": tone,
        "repair": {"label": repair, "name": "repair", "value": "1"} if repair else None,
        "cells": [
            {
                "html": cell,
                "value": cell,
                "field": str(n),
                "state": "wrong" if n == wrong and number != 87 else "",
                "align": "num" if n == 4 else "fig",
                "is_input": number == 87 and n == wrong,
            }
            for n, cell in enumerate(cells)
        ],
    }


heads = [
    ("客户", "w216", ""),
    ("信用代码", "w184", ""),
    ("联系人", "w80", ""),
    ("手机", "w132", ""),
    ("金额（元）", "w96", "num"),
    ("上次联系", "w112", ""),
]
MAPPING = importing(
    2,
    summary="11 列：8 列按上次的对法，2 列猜的，1 列没对",
    columns=[
        column(
            0,
            "公司全称",
            "客户 · 名称（必填）",
            "remembered",
            "松屿制药有限公司、云朔啤酒有限公司、朴野饮品有限公司",
            "23 行像重复",
            "soon",
        ),
        column(
            1,
            "税号",
            "客户 · 统一社会信用代码",
            "remembered",
            "91320500MA0000X0XK、91330400MA0000X7R2",
            "6 行校验位不对",
        ),
        column(2, "联系人", "联系人 · 姓名", "remembered", "顾明辉、陆建平、罗茜"),
        column(
            3,
            "手机",
            "联系人 · 手机",
            "remembered",
            "13800001234、138 0000 0021、+86 139…",
            "9 行位数不对",
        ),
        column(
            4,
            "预计金额（万）",
            "商机 · 金额，乘 10,000",
            "guessed",
            "48.6、12、约20",
            "2 行不是数字",
        ),
        column(
            5,
            "上次联系",
            "跟进 · 时间，保留原作者",
            "guessed",
            "2026/10/30、10.21、去年底",
            "4 行认不出日期",
        ),
        column(6, "备注2", "", "none", "已加微信、要样本"),
    ],
    check={
        "ok": 2956,
        "bad": 21,
        "alike": 23,
        "total": 3000,
        "bad_url": "#",
        "filters": [
            {"label": "全部", "count": 3000, "url": "#"},
            {"label": "有错", "count": 21, "url": "#", "is_current": True},
            {"label": "像重复", "count": 23, "url": "#"},
            {"label": "能导入", "count": 2956, "url": "#"},
        ],
        "heads": [
            {"label": label, "width": width, "align": align} for label, width, align in heads
        ],
        "lines": [
            line(
                41,
                [
                    "鹭汀生物科技有限公司",
                    "91320200MA0000X3QT",
                    "岳宁",
                    "1380000123",
                    "120,000",
                    "10月21日",
                ],
                3,
                "手机少一位",
            ),
            line(
                87,
                [
                    "桑屿食品配料有限公司",
                    "91330400MA0000X7R3",
                    "段磊",
                    "13900000377",
                    "86,000",
                    "11月05日",
                ],
                1,
                "校验位应是 2。",
                "改成 2",
            ),
            line(
                163,
                [
                    "霁川新能源材料有限公司",
                    "91320400MA0000X9C1",
                    "贺岚",
                    "13700000456",
                    "约20",
                    "11月11日",
                ],
                4,
                "不是数字。",
                "当作 200,000",
            ),
            line(
                204,
                [
                    "禾渚食品（嘉兴）股份有限公司",
                    "",
                    "陆建平",
                    "13800000021",
                    "1,264,000",
                    "11月21日",
                ],
                9,
                "像「禾渚食品」，归陈思远",
                "并到它",
                "soon",
            ),
            line(
                377,
                [
                    "晏石陶瓷有限公司",
                    "91330600MA0000X1H8",
                    "阮青",
                    "13600000908",
                    "54,000",
                    "去年底",
                ],
                5,
                "认不出日期。",
                "留空",
            ),
            line(
                512,
                ["（空）", "", "童薇", "13800000655", "", "11月02日"],
                0,
                "名称必填。",
                "当个人客户",
            ),
        ],
    },
)


def policy() -> Context:
    return importing(
        3,
        ready=2956,
        policies=[
            {"value": "skip", "label": "跳过", "about": "已有的不动，这一行不导入", "is_on": True},
            {
                "value": "update",
                "label": "更新已有的",
                "about": "按下面选的字段认出同一家，只改文件里有的列",
            },
            {
                "value": "create",
                "label": "照样新建",
                "about": "允许重复",
                "reason": "你的角色不能新建重复客户",
            },
        ],
        keys=[
            {"value": "code", "label": "统一社会信用代码", "is_on": True},
            {"value": "name", "label": "名称"},
        ],
        alike=[
            {
                "number": 204,
                "title": "禾渚食品（嘉兴）股份有限公司",
                "existing": "禾渚食品股份有限公司",
                "existing_url": "#",
                "why": "去掉地名后同名，电话相同",
                "owner": "陈思远",
            }
        ],
    )


def running() -> Context:
    return importing(4, job=job(9, name="导入 华东展会名单_1122.xlsx", is_flat=True), is_done=False)


def imported() -> Context:
    return importing(
        4,
        is_done=True,
        result={
            "created": 2911,
            "updated": 23,
            "skipped": 45,
            "refused": 21,
            "refused_url": "#",
            "list_url": "#",
            "undo_url": "#",
            "undo_until": "12月23日前可以撤销",
            "took": "用了 1 分 12 秒，11月23日 10:42",
        },
    )


def export() -> Context:
    return {
        **frame("客户", "销售", "客户", "导出"),
        "module": CUSTOMERS,
        "action_url": "#",
        "cancel_url": "#",
        "count": {"value": 214, "exact": True},
        "conditions": "负责人 我 · 状态 不是已流失 · 大区 华东、浙北",
        "formats": [
            {"value": "xlsx", "label": "Excel 工作簿", "about": "日期和金额带格式", "is_on": True},
            {"value": "csv", "label": "CSV", "about": "UTF-8，逗号分隔，Excel 直接能开"},
        ],
        "all_columns": [
            {"name": str(n), "label": label, "is_on": n < 9} for n, label in enumerate(EXPORTED)
        ],
        "note": "掩码的字段导出后还是掩码；看不到的字段不在这里。",
        "limit_note": "一次最多 20 万行。",
    }
