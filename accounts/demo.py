"""The people of the demo: an instrument maker in Suzhou. Deterministic, safe to repeat."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Department, Position, Role, RoleHolder, Team, TeamMember, User
from accounts.services.groups import give_group, place
from accounts.shipped_roles import install_roles
from crm.modules.stamp import raise_rights_version

DEMO_PASSWORD = "keyuan-demo"  # noqa: S105  production refuses to start with it
COMPANY = "岚泊仪器"

# name: (parent, user name of the manager)
DEPARTMENTS = {
    COMPANY: (None, "gm"),
    "销售中心": (COMPANY, "director"),
    "华东大区": ("销售中心", "luzhengping"),
    "华东一部": ("华东大区", "manager"),
    "华东二部": ("华东大区", "fangyuan"),
    "华南大区": ("销售中心", "liangjianfeng"),
    "深圳办事处": ("华南大区", "liangjianfeng"),
    "北方大区": ("销售中心", "hanlei"),
    "服务中心": (COMPANY, "shenwei"),
    "客服组": ("服务中心", "shenwei"),
    "现场服务组": ("服务中心", "duguoqiang"),
    "市场部": (COMPANY, "marketer"),
    "财务部": (COMPANY, "finance"),
    "信息部": (COMPANY, "admin"),
}
POSITIONS = (
    "总经理", "销售总监", "大区经理", "部门经理", "客户经理", "销售助理",
    "客服主管", "客服专员", "服务工程师", "市场专员", "会计", "系统管理员",
)  # fmt: skip

# user name: (display name, department, position, role)
PEOPLE = {
    "admin": ("王蕾", "信息部", "系统管理员", "administrator"),
    "director": ("郑海宁", "销售中心", "销售总监", "director"),
    "manager": ("周启明", "华东一部", "部门经理", "manager"),
    "rep": ("陈思远", "华东一部", "客户经理", "rep"),
    "rep2": ("孙悦", "华东一部", "客户经理", "rep"),
    "agent": ("李娜", "客服组", "客服专员", "agent"),
    "marketer": ("林晓", "市场部", "市场专员", "marketer"),
    "finance": ("许静", "财务部", "会计", "finance"),
    "gm": ("顾言", COMPANY, "总经理", "director"),
    "luzhengping": ("陆正平", "华东大区", "大区经理", "director"),
    "zhaoyiming": ("赵一鸣", "华东一部", "客户经理", "rep"),
    "hejia": ("何嘉", "华东一部", "客户经理", "rep"),
    "wutong": ("吴桐", "华东一部", "销售助理", "rep"),
    "fangyuan": ("方媛", "华东二部", "部门经理", "manager"),
    "tangwenbo": ("唐文博", "华东二部", "客户经理", "rep"),
    "jiangyue": ("蒋玥", "华东二部", "客户经理", "rep"),
    "yuhaitao": ("于海涛", "华东二部", "客户经理", "rep"),
    "liangjianfeng": ("梁剑锋", "华南大区", "大区经理", "manager"),
    "huangzhiwei": ("黄志伟", "深圳办事处", "客户经理", "rep"),
    "xiejiamin": ("谢佳敏", "深圳办事处", "客户经理", "rep"),
    "hanlei": ("韩磊", "北方大区", "大区经理", "manager"),
    "songzhe": ("宋喆", "北方大区", "客户经理", "rep"),
    "baixue": ("白雪", "北方大区", "客户经理", "rep"),
    "shenwei": ("沈薇", "客服组", "客服主管", "agent"),
    "panting": ("潘婷", "客服组", "客服专员", "agent"),
    "duguoqiang": ("杜国强", "现场服务组", "服务工程师", "agent"),
    "qianyifan": ("钱一帆", "现场服务组", "服务工程师", "agent"),
    "renjing": ("任静", "市场部", "市场专员", "marketer"),
    "gaojianguo": ("高建国", "财务部", "会计", "finance"),
    "ouyangqing": ("欧阳晴", "销售中心", "销售助理", "rep"),
}
TEAMS = {
    "半导体行业组": ("zhaoyiming", "tangwenbo", "huangzhiwei", "qianyifan"),
    "苏州工业园项目组": ("hejia", "jiangyue", "duguoqiang"),
}


@transaction.atomic
def demo_people_left() -> list[str]:
    """The names of people who may sign in with the password that everybody knows."""
    found = User.objects.filter(username__in=PEOPLE, is_active=True).order_by("pk")
    known: dict[str, bool] = {}  # the demo gives all its people one hash
    names = []
    for name, encoded in found.values_list("username", "password"):
        if encoded not in known:
            known[encoded] = check_password(DEMO_PASSWORD, encoded)
        if known[encoded]:
            names.append(name)
    return names


def refusals() -> list[str]:
    """Why production must not serve this database: its demo people can sign in."""
    names = demo_people_left()
    if not names:
        return []
    return [
        f"The demo's password, which everybody knows, still opens: {', '.join(names)}."
        " Give these people other passwords or close their accounts."
    ]


def load_people() -> dict[str, dict[str, Any]]:
    """Make the demo's company; what exists is left as it is.

    Answers with `users` by user name and `departments`, `positions`, `teams`, `roles` by name.
    """
    roles = install_roles()
    departments = _load_departments()
    positions = {}
    for order, name in enumerate(POSITIONS):
        positions[name], _made = Position.objects.get_or_create(
            name=name, defaults={"order": order}
        )
    users = _load_users(departments, positions, roles)
    for name, (_parent, manager) in DEPARTMENTS.items():
        department = departments[name]
        if department.manager_id is None:
            department.manager = users[manager]
            department.save(update_fields=["manager"])
    teams = _load_teams(users)
    raise_rights_version()
    return {
        "users": users,
        "departments": departments,
        "positions": positions,
        "teams": teams,
        "roles": roles,
    }


def _load_departments() -> dict[str, Department]:
    found: dict[str, Department] = {}
    for order, (name, (parent, _manager)) in enumerate(DEPARTMENTS.items()):
        above = found[parent] if parent else None
        department, made = Department.objects.get_or_create(
            name=name, parent=above, defaults={"order": order}
        )
        if made:
            place(department)
        found[name] = department
    return found


def _load_users(
    departments: dict[str, Department], positions: dict[str, Position], roles: dict[str, Role]
) -> dict[str, User]:
    password = make_password(DEMO_PASSWORD)
    users = {}
    for number, (username, (name, department, position, role)) in enumerate(PEOPLE.items(), 1):
        user, made = User.objects.get_or_create(
            username=username,
            defaults={
                "display_name": name,
                "email": f"{username}@lanbo.example",
                "phone": f"+86139000{10000 + number}",
                "employee_number": f"LB{number:04d}",
                "department": departments[department],
                "position": positions[position],
                "password": password,
                "password_changed_at": timezone.now(),
            },
        )
        if made:
            RoleHolder.objects.create(role=roles[role], user=user)
        users[username] = user
    return users


def _load_teams(users: dict[str, User]) -> dict[str, Team]:
    teams = {}
    for name, members in TEAMS.items():
        team, made = Team.objects.get_or_create(name=name)
        if made:
            give_group(team)
            team.save(update_fields=["group"])
            for order, username in enumerate(members):
                TeamMember.objects.create(team=team, user=users[username], is_leader=order == 0)
        teams[name] = team
    return teams
