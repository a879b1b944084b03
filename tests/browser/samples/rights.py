"""Sample of the rights page."""

from tests.browser.samples.frame import Context, frame

ACTIONS = ("查看", "新建", "修改", "删除", "转移", "导入", "导出", "打印")


SCOPES = (
    ("none", "无", 0),
    ("own", "本人", 1),
    ("team", "团队", 2),
    ("department", "本部门", 3),
    ("subtree", "部门及下级", 4),
    ("all", "全部", 5),
)


MATRIX = {
    "客户": "31100101",
    "联系人": "31110101",
    "线索": "21100000",
    "商机": "11100001",
    "报价单": "11100001",
    "合同": "10000001",
    "回款": "10000000",
    "工单": "51202005",
}


FIELDS = (
    ("名称", "read", "", ""),
    ("手机", "masked", "138****1234", "查看要点一下，会记录；不能筛选、排序"),
    ("邮箱", "read", "", ""),
    ("信用代码", "read", "", ""),
    ("等级", "read", "", ""),
    ("付款条件", "read", "", ""),
    ("信用额度", "hidden", "", "列表、搜索、导出、打印里都没有"),
    ("累计成交", "hidden", "", "列表、搜索、导出、打印里都没有"),
    ("送货地址", "edit", "", ""),
    ("售后备注", "edit", "", ""),
)


def cell(module: str, action: str, bars: int) -> Context:
    if action == "新建":
        options = [
            {"value": "none", "label": "无", "bars": 0, "is_on": not bars},
            {"value": "all", "label": "可以", "bars": 5, "is_on": bool(bars)},
        ]
        bars = 5 if bars else 0
    else:
        options = [
            {"value": value, "label": label, "bars": number, "is_on": number == bars}
            for value, label, number in SCOPES
        ]
    return {
        "is_yes_no": action == "新建",
        "html_name": f"scope-{module}-{action}",
        "label": f"{module}，{action}",
        "bars": bars,
        "options": options,
    }


roles = [
    ("系统管理员", 2),
    ("销售总监", 1),
    ("销售经理", 4),
    ("销售", 26),
    ("客服", 7),
    ("市场", 3),
    ("财务", 4),
    ("管理层只读", 2),
]
RIGHTS = {
    **frame("设置", "设置", "人员与权限", "角色", person="王磊"),
    "action_url": "#",
    "new_role_url": "#",
    "version": 3,
    "roles": [
        {"label": label, "count": count, "url": "#", "is_current": label == "客服"}
        for label, count in roles
    ],
    "role": {"name": "agent", "label": "客服"},
    "actions": [{"name": label, "label": label} for label in ACTIONS],
    "modules": [
        {
            "label": module,
            "url": "#",
            "is_current": module == "客户",
            "cells": [
                cell(module, action, int(bars))
                for action, bars in zip(ACTIONS, levels, strict=True)
            ],
        }
        for module, levels in MATRIX.items()
    ],
    "scopes": [
        {"label": label, "bars": bars} for _, label, bars in (SCOPES[1], SCOPES[3], SCOPES[5])
    ],
    "current": {"name": "customers", "label": "客户"},
    "states": [
        {"value": value, "label": label}
        for value, label in (
            ("hidden", "隐藏"),
            ("masked", "掩码"),
            ("read", "只读"),
            ("edit", "可改"),
        )
    ],
    "field_sections": [
        {
            "title": "基本资料",
            "name": "basic",
            "fields": [
                {
                    "html_name": f"state-{n}",
                    "empty_name": f"empty-{n}",
                    "label": label,
                    "state": state,
                    "example": example,
                    "note": note,
                    "may_mask": n < 3,
                    "may_edit": True,
                    "only_when_empty": n == 8,
                }
                for n, (label, state, example, note) in enumerate(FIELDS)
            ],
        }
    ],
}
