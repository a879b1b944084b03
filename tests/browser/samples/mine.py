"""Samples of home and the pages about oneself."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.samples.frame import Context, frame
from tests.browser.samples.lists import level


def duty(
    icon: str, tone: str, title: str, about: str, why: str, when: str, act: str = "记跟进"
) -> Context:
    return {
        "icon": icon,
        "tone": tone,
        "title": title,
        "about": about,
        "why": why,
        "when": when,
        "url": "#",
        "act_url": "#",
        "act_label": act,
    }


def row(title: str, about: str, when: str, **more: Any) -> Context:
    return {"title": title, "about": about, "when": when, "url": "#", **more}


HOME = {
    **frame("首页", "首页"),
    "greeting": "早上好，思远",
    "today": "11月23日 星期一 · 本月还有 6 个工作日",
    "figures": [
        {
            "label": "我的客户",
            "value": "214",
            "note": "家",
            "why": "本月新增 5 家",
            "url": "#",
            "share": None,
        },
        {
            "label": "今天要联系",
            "value": "9",
            "note": "家",
            "why": "其中 2 家过期了",
            "url": "#",
            "share": None,
        },
        {
            "label": "本月跟进",
            "value": "67",
            "note": "/ 80 次",
            "why": "另有 6 次不算：内容重复或太短",
            "url": "#",
            "share": 84,
            "tone": "",
        },
        {
            "label": "30 天没联系",
            "value": "31",
            "note": "家",
            "why": "9 家是 A 级",
            "url": "#",
            "share": None,
        },
    ],
    "duties": {
        "count": 9,
        "url": "#",
        "items": [
            duty(
                "clock",
                "late",
                "拓衡化工",
                "约好上周五回电",
                "对方 11月14日 答应本周一付",
                "过期 3 天",
                "打电话",
            ),
            duty(
                "clock",
                "late",
                "岭栖环保工程",
                "38 天没有联系",
                "上次：等环评批复",
                "过期 1 天",
            ),
            duty(
                "phone",
                "soon",
                "恒砾半导体",
                "约好今天 10:30 给方工回电",
                "上次通话：想看超纯水电导率 0.055 的实测数据",
                "10:30",
                "打电话",
            ),
            duty(
                "pin",
                "soon",
                "青岑生物工程",
                "今天 14:00 拜访，许工、质量部邓经理",
                "带 LB-T10 样机；停车登记已报",
                "14:00",
                "看路线",
            ),
            duty(
                "flag",
                "",
                "松屿制药",
                "给顾明辉报二期方案",
                "点位 18 个，预算 50 万以内",
                "17:00",
            ),
            duty(
                "cake",
                "",
                "静川净水 · 高静",
                "今天生日",
                "负责采购 3 年，去年下单 4 次",
                "今天",
                "发祝福",
            ),
        ],
    },
    "blocks": [
        {
            "title": "我和同事最近的跟进",
            "count": None,
            "url": "#",
            "rows": [
                row("禾渚食品", "投诉流量计读数漂移", "09:05", face="李"),
                row("松屿制药", "点位表已更新，请重报", "昨天", face="陈"),
                row("云朔啤酒", "续签年度校准合同", "11月21日", face="赵"),
            ],
        },
        {
            "title": "最近看过",
            "count": None,
            "url": "",
            "rows": [
                row("松屿制药", "苏州", "10:20", level=level("A")),
                row("北屿造纸", "嘉兴", "昨天", level=level("C")),
            ],
        },
        {
            "title": "提到我的",
            "count": 2,
            "url": "#",
            "rows": [
                row("李娜", "禾渚这单客户很急，能先借一台流量计吗", "09:12", face="李"),
                row("周启明", "泊川的决策人问到了吗", "昨天", face="周"),
            ],
        },
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
        "name": "陈思远",
        "username": "chen.siyuan",
        "department": "华东一部",
        "position": "销售工程师",
        "mail": "chen.siyuan@lanbo.example",
        "phone": "138 0000 0101",
        "language": "zh-hans",
        "theme": "light",
        "density": "normal",
        "time_zone": "",
    }
    return mine(
        "我",
        person=person,
        roles=["销售"],
        languages=[("zh-hans", "简体中文"), ("en", "English")],
        themes=[("auto", "跟随系统"), ("light", "浅色"), ("dark", "深色")],
        densities=[("normal", "中"), ("compact", "紧")],
    )


def sessions() -> Context:
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
    )
    phone = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"
    )
    now = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)
    return mine(
        "登录的设备",
        sessions=[
            {"key": "a", "agent": chrome, "address": "10.8.2.41", "seen_at": now, "is_this": True},
            {
                "key": "b",
                "agent": phone,
                "address": "10.8.7.3",
                "seen_at": now - timedelta(hours=15),
            },
        ],
        attempts=[
            {"at": now, "result": "成功", "address": "10.8.2.41", "agent": chrome},
            {
                "at": now,
                "result": "密码不对",
                "is_bad": True,
                "address": "10.8.2.41",
                "agent": chrome,
            },
        ],
    )


def tokens() -> Context:
    now = datetime(2026, 11, 23, 2, 12, tzinfo=UTC)
    return mine(
        "API 令牌",
        secret="ky_7Hq2m0vXcE9pR4tLw8sZ",
        errors={},
        modules=[("customers", "客户"), ("contacts", "联系人")],
        tokens=[
            {
                "id": 1,
                "name": "报表同步",
                "prefix": "ky_3fK",
                "scope": "只读",
                "last_used_at": now,
                "expires_at": now + timedelta(days=60),
            }
        ],
    )
