"""The plain facts that the rules look at, read from the tables by SQL of our own.

Nothing here asks the product who may what: only who is in which department, which role has which
row, whose a record is, and what stands in its cells.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection

from accounts.proving.rules import Field, Module, Person, Record, Role, Share, Team, World
from crm.modules import fields as kernel
from crm.modules import module as declaration
from crm.modules.registry import all_modules, module_named

TEXTS = frozenset({"text", "long_text", "email", "url", "phone", "credit_code"})
Cells = dict[str, list[Any]]  # by path; a collection's member has a value per row


def rows(sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """What a statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        return cursor.fetchall()


def _name(text: str) -> str:
    return connection.ops.quote_name(text)


def read_world() -> World:
    """People, departments, teams, roles and modules; records are added as they are wanted."""
    (now,) = rows("SELECT statement_timestamp()")[0]
    world = World(now)
    _read_people(world)
    _read_roles(world)
    for module in all_modules():
        world.modules[module.name] = _module(module)
    return world


def _read_people(world: World) -> None:
    for pk, is_active, department, position in rows(
        "SELECT id, is_active, department_id, position_id FROM accounts_user"
    ):
        mine = set() if department is None else {department}
        world.people[pk] = Person(is_active, mine, position)
    for person, department in rows("SELECT user_id, department_id FROM accounts_membership"):
        world.people[person].departments.add(department)
    world.above.update(rows("SELECT id, parent_id FROM accounts_department"))
    for pk, is_active in rows("SELECT id, is_active FROM accounts_team"):
        world.teams[pk] = Team(set(), is_active)
    for team, person in rows("SELECT team_id, user_id FROM accounts_teammember"):
        world.teams[team].members.add(person)


def _read_roles(world: World) -> None:
    for pk, *flags in rows("SELECT id, view_all, edit_all, administer FROM accounts_role"):
        world.roles[pk] = Role(*flags)
    for pk, module, action, scope in rows(
        "SELECT role_id, module, action, scope FROM accounts_roleright"
    ):
        world.roles[pk].scopes[module, action] = scope
    for pk, module, path, state, only_empty in rows(
        "SELECT role_id, module, field, state, only_when_empty FROM accounts_rolefield"
    ):
        world.roles[pk].states[module, path] = state
        if only_empty:
            world.roles[pk].only_empty.add((module, path))
    for pk, *holder in rows(
        "SELECT role_id, user_id, position_id, team_id FROM accounts_roleholder"
    ):
        for kind, one in zip(("person", "position", "team"), holder, strict=True):
            if one is not None:
                world.holders.add((pk, kind, one))


def _module(module: declaration.Module) -> Module:
    found = Module(module.title, {})
    for name, one in module.fields.items():
        found.fields[name] = _field(one)
        for member, two in one.members.items():
            found.fields[f"{name}.{member}"] = _field(two)
    return found


def _field(one: kernel.Field) -> Field:
    return Field(one.kind, tuple(one.inputs), one.is_computed, one.is_read_only, one.target)


def _place(module: declaration.Module) -> tuple[str, str, list[Any]]:
    """The table of a module, and what tells its rows from those of others in it."""
    table = _name(module.model._meta.db_table)
    if "module" in module.constants:
        return table, "module = %s", [module.constants["module"]]
    return table, "true", []


def some_records(name: str, most: int) -> list[int]:
    """Ids to look at: the newest, some from all over, some deleted, some shared."""
    module = module_named(name)
    table, where, given = _place(module)
    quarter = max(1, most // 4)
    order = f"SELECT id FROM {table} WHERE {where}"
    newest = rows(f"{order} AND deleted_at IS NULL ORDER BY id DESC LIMIT %s", [*given, quarter])
    mixed = rows(
        f"{order} AND deleted_at IS NULL ORDER BY md5(id::text) LIMIT %s", [*given, 2 * quarter]
    )
    dead = rows(f"{order} AND deleted_at IS NOT NULL ORDER BY id DESC LIMIT %s", [*given, quarter])
    shared = [
        one
        for share_table, _kind in _share_tables(module)
        for one in rows(
            f"SELECT content_object_id FROM {share_table} WHERE content_object_id IN ({order})"
            " ORDER BY id DESC LIMIT %s",
            [*given, quarter],
        )
    ]
    return sorted({pk for (pk,) in (*newest, *mixed, *dead, *shared)})


def add_records(world: World, name: str, pks: Iterable[int]) -> None:
    """What decides about these records: owner, department, deleted, what they hang on, shares."""
    module, wanted = module_named(name), list(pks)
    table, where, given = _place(module)
    parent = module.fields.get(module.parent)
    above = _name(parent.value_path) if parent is not None else "NULL"
    for pk, owner, department, is_deleted, on in rows(
        f"SELECT id, owner_id, department_id, deleted_at IS NOT NULL, {above} FROM {table}"
        f" WHERE {where} AND id = ANY(%s)",
        [*given, wanted],
    ):
        key = _above(parent, on) if parent is not None else None
        world.records[name, pk] = Record(owner, department, is_deleted, key)
    world.shares = [one for one in world.shares if one.record not in {(name, pk) for pk in wanted}]
    world.shares += _shares(module, wanted)
    missing = defaultdict(set)
    for pk in wanted:
        record = world.records.get((name, pk))
        if record is not None and record.above is not None and record.above not in world.records:
            missing[record.above[0]].add(record.above[1])
    for other, ids in missing.items():
        add_records(world, other, ids)


def _above(parent: kernel.Field, value: Any) -> tuple[str, int] | None:
    if not value:
        return None
    if parent.kind != "any_relation":
        return parent.target, int(value)
    name, _slash, pk = str(value).partition("/")
    return name, int(pk)


def _share_tables(module: declaration.Module) -> list[tuple[str, str]]:
    """The tables of shares with people and with groups, where the module has them."""
    found = []
    for one in module.model._meta.related_objects:
        columns = {column.name for column in one.related_model._meta.get_fields()}
        if {"content_object", "permission", "until"} <= columns:
            kind = "user_id" if "user" in columns else "group_id"
            found.append((_name(one.related_model._meta.db_table), kind))
    return found


def _shares(module: declaration.Module, pks: list[int]) -> list[Share]:
    groups = {group: ("department", pk) for pk, group in rows(
        "SELECT id, group_id FROM accounts_department WHERE group_id IS NOT NULL"
    )}  # fmt: skip
    groups |= {group: ("team", pk) for pk, group in rows(
        "SELECT id, group_id FROM accounts_team WHERE group_id IS NOT NULL"
    )}  # fmt: skip
    found = []
    for table, column in _share_tables(module):
        for pk, holder, code, until, part in rows(
            f"SELECT content_object_id, {column}, p.codename, until, part FROM {table} s"
            " JOIN auth_permission p ON p.id = s.permission_id WHERE content_object_id = ANY(%s)",
            [pks],
        ):
            kind, one = ("person", holder) if column == "user_id" else groups[holder]
            is_edit = code.startswith("change_")
            found.append(Share((module.name, pk), kind, one, is_edit, until, part))
    return found


def cells_of(name: str, pks: Iterable[int]) -> dict[int, Cells]:
    """What stands in the cells of these records, by id and path; formulas and files apart."""
    module, wanted = module_named(name), list(pks)
    table, where, given = _place(module)
    found: dict[int, Cells] = {}
    plain = {
        path: one for path, one in module.stored_fields.items() if one.column and not one.is_custom
    }
    columns = ", ".join(_name(one.value_path) for one in plain.values())
    for pk, custom, *values in rows(
        f"SELECT id, custom::text, {columns} FROM {table} WHERE {where} AND id = ANY(%s)",
        [*given, wanted],
    ):
        cells = {path: [value] for path, value in zip(plain, values, strict=True)}
        found[pk] = {path: kept for path, kept in cells.items() if kept[0] not in (None, "")}
        found[pk].update(_custom_cells(module, custom))
    for collection in module.collections:
        members = ", ".join(
            _name(one.value_path) for one in module.fields[collection.name].members.values()
        )
        child = _name(collection.model._meta.db_table)
        for pk, *values in rows(
            f"SELECT record_id, {members} FROM {child} WHERE module = %s AND record_id = ANY(%s)",
            [module.name, wanted],
        ):
            for member, value in zip(module.fields[collection.name].members, values, strict=True):
                if pk in found and value not in (None, ""):
                    found[pk].setdefault(f"{collection.name}.{member}", []).append(value)
    return found


def _custom_cells(module: declaration.Module, text: str) -> Cells:
    """The values of added fields, of those that are not made from others."""
    kept = json.loads(text, parse_float=str, parse_int=str) if text else {}
    return {
        name: value if isinstance(value, list) else [value]
        for name, one in module.fields.items()
        if one.is_custom and (value := kept.get(one.key)) not in (None, "", [])
    }


def cells_with(text: str, most: int = 50) -> list[tuple[str, int, str]]:
    """Where else this text stands, in any column of any module: (module, id, path)."""
    found: list[tuple[str, int, str]] = []
    for module in all_modules():
        table, where, given = _place(module)
        for path, one in module.stored_fields.items():
            if one.kind not in TEXTS:
                continue
            value = "custom ->> %s" if one.is_custom else _name(one.column)
            keys = [one.key] if one.is_custom else []
            sql = f"SELECT id FROM {table} WHERE {where} AND strpos({value}, %s) > 0 LIMIT %s"
            found += [(module.name, pk, path) for (pk,) in rows(sql, [*given, *keys, text, most])]
        for collection in module.collections:
            child = _name(collection.model._meta.db_table)
            for member, one in module.fields[collection.name].members.items():
                if one.kind in TEXTS:
                    sql = (
                        f"SELECT record_id FROM {child} WHERE module = %s"
                        f" AND strpos({_name(one.column)}, %s) > 0 LIMIT %s"
                    )
                    path = f"{collection.name}.{member}"
                    found += [
                        (module.name, pk, path) for (pk,) in rows(sql, [module.name, text, most])
                    ]
    return found
