"""The export of a list as a job: what the person may see now, row by row, into a file.

Ids stream from the database in the list's order; each batch is read through the door, with the
rights of that moment. A worker that dies leaves nothing: the next one writes the file anew.
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from django.core.files import File
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access import names
from crm.access.grants import Scope, State
from crm.access.policy import Access, access_to
from crm.access.related import relations_of, with_related
from crm.access.rows import Ref, Row
from crm.customfields.dictionaries import labels_of
from crm.exchange.cells import is_listed, join_cell
from crm.exchange.services import export_query
from crm.exchange.spreadsheet import write_csv, write_xlsx
from crm.jobs.models import Job
from crm.jobs.running import Held
from crm.jobs.services import keep_upload
from crm.lists.columns import collaborator_text
from crm.lists.paths import column_at, is_crossed
from crm.modules.fields import Field
from crm.modules.registry import UnknownModule, module_named
from crm.operation.replica import read_on_replica

BATCH = 1000
Write = Callable[[Any], Any]


class Column:
    """One column of the file: a field, or one member of a collection; `door` is its module's."""

    def __init__(self, door: Access, field: Field, member: Field | None = None) -> None:
        self.door = door
        self.field = field
        self.member = member
        self.path = f"{field.name}.{member.name}" if member else field.name
        shown = member or field
        is_main = member is None or next(iter(field.members)) == member.name
        self.heading = str(field.label) if is_main else f"{field.label} · {shown.label}"
        self.kind = "text" if member else shown.kind
        self._write = writer_for(shown)
        self._is_list = member is not None and is_listed(field, member)

    def value(self, row: Row) -> Any:
        """What stands in the cell of this row."""
        value = row.get(self.field.name)
        if self.member is None:
            if value is None or value == "":
                return None
            return value if self.path in row.masked else self._write(value)
        if not value:
            return None
        return join_cell([self._entry(row, one) for one in value], self._is_list) or None

    def _entry(self, row: Row, one: dict[str, Any]) -> str:
        assert self.member is not None
        value = one.get(self.member.name)
        if value is None or value == "":
            return ""
        return str(value) if self.path in row.masked else _plain(self._write(value))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def writer_for(field: Field) -> Write:
    """What turns this field's values into cells."""
    if field.kind == "choice":
        labels = labels_of(field)
        return lambda value: labels.get(value, value)
    if field.kind == "multi_choice":
        labels = labels_of(field)
        return lambda values: join_cell([labels.get(one, one) for one in values], True)
    if field.kind == "boolean":
        yes, no = _("Yes"), _("No")
        return lambda value: yes if value else no
    return _WRITERS.get(field.kind, lambda value: value)


def _moment(value: Any) -> Any:
    return (
        timezone.localtime(value).replace(tzinfo=None) if isinstance(value, dt.datetime) else value
    )


def _label(value: Any) -> str:
    return str(value.label) if isinstance(value, Ref) else str(value)


def _files(files: Any) -> str:
    return join_cell([one.name for one in files], True)


def _collaborators(people: Any) -> str:
    return join_cell([collaborator_text(one) for one in people], True)


_WRITERS: dict[str, Write] = {
    "datetime": _moment,
    "relation": _label,
    "any_relation": _label,
    "user": _label,
    "department": _label,
    "file": _files,
    "collaborators": _collaborators,
}


def columns_of(access: Access, wanted: Sequence[str]) -> list[Column]:
    """The columns of the file: of a collection one for each member that the person sees."""
    found = []
    for name in wanted:
        place = column_at(access, name)
        door, field = place.door, place.field
        if not field.is_collection:
            found.append(Column(door, place.column))
            continue
        members = [one for n, one in field.members.items() if f"{field.name}.{n}" in door.visible]
        found.extend(Column(door, place.column, member) for member in members)
    return found


def run_export(held: Held) -> None:
    """Write the file and keep it for its owner."""
    job = held.job
    with held.batch() as person:
        access = _door(person, job)
        columns = columns_of(access, _query(access, job).columns)
        job.cursor, job.done = {}, 0
        job.detail = {**job.detail, "states": _states(access, columns)}
        shown = str(names.people([person.pk])[person.pk])
    at = timezone.localtime()
    mark = f"{shown} · {at:%Y-%m-%d %H:%M}"
    write = write_xlsx if job.options["format"] == "xlsx" else write_csv
    with tempfile.TemporaryFile() as file:
        write(
            file, [one.heading for one in columns], _rows(held, columns),
            kinds=[one.kind for one in columns], watermark=mark,
        )  # fmt: skip
        file.seek(0)
        with held.batch():
            job.total = job.done
            job.result = keep_upload(File(file), f"x.{job.options['format']}")
    label = str(access.module.label_plural)
    job.result_name = f"{label} {at:%Y%m%d-%H%M}.{job.options['format']}"


def _door(person: Any, job: Job) -> Access:
    access = access_to(person, job.module)
    access.require("export")
    return access


def _query(access: Access, job: Job) -> Any:
    return export_query(access, QueryDict(job.options["query"]))


def _rows(held: Held, columns: Sequence[Column]) -> Iterator[list[Any]]:
    job = held.job
    with held.batch() as person:
        access = _door(person, job)
        query = _query(access, job)
        found = access.rows("export").filter(query.where)
        job.total = found.count()
        ordered = query.slice.ordered(found).values_list("pk", flat=True)
    ids = ordered.iterator(chunk_size=5000)
    wanted = {column.field.name for column in columns}
    while batch := list(islice(ids, BATCH)):
        with held.batch() as person:
            access = _door(person, job)
            _query(access, job)  # what may no longer be filtered or shown ends the job
            rows = read_on_replica(person, partial(_read, access, batch, wanted))
            job.done += len(rows)
        for row in rows:
            yield [column.value(row) for column in columns]


def _read(access: Access, batch: Sequence[int], wanted: set[str]) -> list[Row]:
    """The rows of a batch that the person may export and see, in its order."""
    allowed = access.rows("export").filter(pk__in=batch)
    seen = access.rows().filter(pk__in=allowed.values("pk"))
    reached = set(seen.values_list("pk", flat=True))
    own = wanted | set(relations_of(wanted))
    rows = access.rows_of([pk for pk in batch if pk in reached], own)
    return with_related(access, rows, wanted)


def _states(access: Access, columns: Sequence[Column]) -> dict[str, Any]:
    """What the file was made by: the states of its columns, and how far the person reached."""
    scope = access.grants.scope("export")
    view = access.grants.scope("view")
    crossed = relations_of(column.field.name for column in columns)
    paths = [*(column.path for column in columns), *crossed]
    targets = {access.module.fields[name].target for name in crossed}
    return {
        "fields": {path: int(_state(access, path)) for path in paths},
        "reach": [_reach(one) for one in (scope, view)],
        "related": {
            name: _reach(access_to(access.user, name).grants.scope("view")) for name in targets
        },
    }


def _state(access: Access, path: str) -> State:
    """The state of a column, of one over a relation as the other module has it."""
    name, _dot, rest = path.partition(".")
    field = access.module.fields.get(name)
    if field is not None and is_crossed(field, rest):
        return access_to(access.user, field.target).state(rest)
    return access.state(path)


def _reach(scope: Scope) -> dict[str, Any]:
    return {
        "all": scope.everything,
        "owners": sorted(scope.owners),
        "departments": sorted(scope.departments),
    }


def may_fetch(user: Any, job: Job) -> bool:
    """Whether the person might make this very file today: no column and no reach was taken away."""
    states = job.detail.get("states")
    try:
        access = access_to(user, module_named(job.module))
    except UnknownModule:
        return False
    if not states or not access.may("export"):
        return False
    if any(int(_state(access, path)) < state for path, state in states["fields"].items()):
        return False
    then = [*states["reach"], *states.get("related", {}).values()]
    now = [access.grants.scope("export"), access.grants.scope("view")]
    now += [user.grants(name).scope("view") for name in states.get("related", {})]
    return not any(_is_lost(*pair) for pair in zip(then, now, strict=True))


def _is_lost(then: dict[str, Any], now: Scope) -> bool:
    """Whether a scope reaches less than it did."""
    if now.everything:
        return False
    owners, departments = set(then["owners"]), set(then["departments"])
    return then["all"] or not (owners <= now.owners and departments <= now.departments)
