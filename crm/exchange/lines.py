"""Rows of a file as the values of records: by a plan that is made once from the mapping."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.exchange.cells import Names, Reader, entries_of, reader_for, text_of
from crm.exchange.mapping import factor_of
from crm.exchange.spreadsheet import BadRow
from crm.exchange.targets import IDENTITY, Target, targets_for
from crm.modules.module import Module

Errors = dict[str, list[Any]]


@dataclass(frozen=True)
class Column:
    """One column that is imported: where it stands, what it fills, how its cells are read."""

    index: int
    heading: str
    target: Target
    read: Reader

    @property
    def name(self) -> str:
        """The field of the record that it fills."""
        return self.target.field.name


@dataclass
class Line:
    """One row of the file: the values of its record, and of those that it carries besides."""

    number: int
    cells: Sequence[Any]
    values: dict[str, Any] = field(default_factory=dict)
    children: dict[str, dict[str, Any]] = field(default_factory=dict)
    identity: str = ""
    errors: Errors = field(default_factory=dict)  # by path


class Plan:
    """How rows of one file become values, for one person and one mapping."""

    def __init__(
        self,
        access: Access,
        headings: Sequence[str],
        mapping: Mapping[str, str],
        clear: bool = False,
    ) -> None:
        self.access = access
        self.module: Module = access.module
        self.headings = list(headings)
        self.clear = clear  # empty cells empty the field when a record is updated
        self.names = Names(access)
        targets = targets_for(access)
        self.columns = [
            self._column(place, heading, targets[mapping[heading]])
            for place, heading in enumerate(headings)
            if mapping.get(heading) in targets
        ]
        self.refused = [
            heading
            for heading in headings
            if mapping.get(heading) and mapping[heading] not in targets
        ]
        self._plain = [one for one in self.columns if one.target.member is None]
        self._many = [one for one in self.columns if one.target.member is not None]
        self._tied = [one for one in self._plain if one.target.field.kind == "relation"]

    def _column(self, place: int, heading: str, target: Target) -> Column:
        factor = factor_of(heading, target)
        return Column(place, heading, target, reader_for(target.value_field, self.names, factor))

    def has(self, path: str) -> bool:
        """Whether some column fills this path."""
        return any(one.target.path == path for one in self.columns)

    def lines(self, rows: Iterable[tuple[int, Sequence[Any]]]) -> list[Line]:
        """Many rows converted; records that they name by title are looked up together."""
        given = list(rows)
        for column in self._tied:
            texts = {
                text.strip()
                for _number, cells in given
                if isinstance(text := cells[column.index], str) and text.strip()
            }
            self.names.learn(column.target.field.target, texts)
        return [self.line(number, cells) for number, cells in given]

    def line(self, number: int, cells: Sequence[Any]) -> Line:
        """One row converted."""
        line = Line(number, cells)
        if isinstance(cells, BadRow):
            line.errors[self.module.title] = [cells.reason]
            return line
        for column in self._plain:
            cell = cells[column.index]
            if cell is None or cell == "":
                if self.clear and not column.target.is_child:
                    line.values[column.name] = None
                continue
            self._read_plain(line, column, cell)
        if self._many:
            self._read_many(line)
        self._finish(line)
        return line

    def _read_plain(self, line: Line, column: Column, cell: Any) -> None:
        try:
            value = column.read(cell)
        except ValueError as error:
            line.errors.setdefault(column.target.path, []).append(_sentence(error))
            return
        if column.target.path == IDENTITY:
            line.identity = text_of(cell).strip()
        elif column.target.is_child:
            line.children.setdefault(column.target.module.name, {})[column.name] = value
        else:
            line.values[column.name] = value

    def _read_many(self, line: Line) -> None:
        """Collections: each column brings entries; columns of further members go along by place."""
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for column in self._many:
            cell = line.cells[column.index]
            place = (column.target.module.name if column.target.is_child else "", column.name)
            if cell is None or cell == "":
                if self.clear and not column.target.is_child:
                    rows.setdefault(place, [])
                continue
            try:
                entries = entries_of(column.target, cell)
                values = [column.read(entry) if entry else None for entry in entries]
            except ValueError as error:
                line.errors.setdefault(column.target.path, []).append(_sentence(error))
                continue
            member = column.target.member.name if column.target.member else ""
            _spread(rows.setdefault(place, []), member, values)
        for (module, name), found in rows.items():
            held = line.children.setdefault(module, {}) if module else line.values
            held[name] = found

    def _finish(self, line: Line) -> None:
        spoken = line.children.get("follow-ups")
        if spoken and not spoken.get("text"):  # a time alone is a follow-up too
            spoken["text"] = _("Taken over from a list.")


def _spread(rows: list[dict[str, Any]], member: str, values: Sequence[Any]) -> None:
    """Put the values of one member into the rows: beside the others, or behind them."""
    free = [row for row in rows if member not in row]
    for place, value in enumerate(values):
        if place < len(free):
            free[place][member] = value
        else:
            rows.append({member: value})


def _sentence(error: ValueError) -> str:
    return str(error.args[0]) if error.args else _("This value cannot be read.")


def paths_of(
    plan: Plan, errors: Mapping[str, Sequence[Any]], module: str = ""
) -> dict[str, list[str]]:
    """Errors by field as errors by the path of a column; what no column fills keeps its name."""
    found: dict[str, list[str]] = {}
    for name, texts in errors.items():
        path = f"{module}.{name}" if module else name
        for column in plan.columns:
            same = (
                column.name == name
                and (column.target.module.name if column.target.is_child else "") == module
            )
            if same:
                path = column.target.path
                break
        found.setdefault(path, []).extend(str(text) for text in texts)
    return found
