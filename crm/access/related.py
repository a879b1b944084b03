"""Fields of related records beside a list's own: read through the other module's door."""

from collections.abc import Iterable, Sequence
from typing import Any

from crm.access.loading import load_rows
from crm.access.policy import Access, access_to
from crm.access.rows import Row


def relations_of(columns: Iterable[str]) -> dict[str, list[str]]:
    """The relations that dotted columns go over, each with the fields wanted from there."""
    found: dict[str, list[str]] = {}
    for path in columns:
        name, dot, rest = path.partition(".")
        if dot:
            found.setdefault(name, []).append(rest)
    return found


def with_related(access: Access, rows: Sequence[Row], columns: Iterable[str]) -> list[Row]:
    """The rows cut to `columns`, the dotted ones among them read by one look-up per relation.

    Nothing stands there where the related record is out of the reader's sight, as where there is
    none. The rows must hold the relations themselves.
    """
    columns = frozenset(columns)
    relations = relations_of(columns)
    if not relations or not rows:
        return list(rows)
    nothing = {path: None for path in columns if "." in path}
    added: dict[int, dict[str, Any]] = {row.pk: dict(nothing) for row in rows}
    masked: dict[int, set[str]] = {row.pk: set() for row in rows}
    for name, rests in relations.items():
        other = access_to(access.user, access.module.fields[name].target)
        pointers = _pointers(access, other, rows, name)
        reached = other.rows().filter(pk__in=set(pointers.values()))
        found = {one.pk: one for one in load_rows(other, reached, rests)} if pointers else {}
        for pk, target in pointers.items():
            there = found.get(target)
            if there is not None:
                added[pk].update({f"{name}.{rest}": there.get(rest) for rest in rests})
                masked[pk].update(f"{name}.{one}" for one in there.masked)
    return [
        Row(
            row.module,
            row.pk,
            row.version,
            {**{name: row[name] for name in row if name in columns}, **added[row.pk]},
            row.masked | masked[row.pk],
        )
        for row in rows
    ]


def _pointers(access: Access, other: Access, rows: Sequence[Row], name: str) -> dict[int, int]:
    """The related id of each row: from its reference, or from the table where none has a name."""
    if other.module.title in other.readable:
        refs = {row.pk: row.get(name) for row in rows}
        return {pk: ref.pk for pk, ref in refs.items() if ref is not None and ref.pk is not None}
    found = access.module.rows.filter(pk__in=[row.pk for row in rows])
    pairs = found.values_list("pk", access.module.fields[name].expression())
    return {pk: target for pk, target in pairs if target is not None}
