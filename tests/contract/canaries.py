"""A record whose every value can be recognised wherever it comes out."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import RoleField, User
from crm.access.grants import State
from crm.access.sharing import UserShare
from crm.customfields.dictionaries import add_options
from crm.documents.field_files import upload_field_file
from crm.documents.models import Preview
from crm.documents.services import attach_files
from crm.lib.codes import expected_check_character
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_rights_version
from crm.records.services import create_record, update_record
from tests.contract.excuses import is_told_anyhow
from tests.people import Cast, make_department, make_person, share

TEXTS = frozenset({"text", "long_text"})
# Nobody types these: services set them.
BY_SERVICES = frozenset(
    {"number", "owner", "department", "created_at", "created_by", "changed_at", "changed_by"}
)
# The same moments stand on the customer that a follow-up hangs on, with rights of their own.
COPIES = {"last_follow_up_at": State.HIDDEN, "next_contact_at": State.HIDDEN}
TWINS = {
    "customers": ("name", "city"),
    "contacts": ("name", "job"),
    "follow-ups": ("text", "kind"),
}


@dataclass
class Planted:
    """One record, its values as they may be written (`marks`, by path), and who reads it."""

    module: Module
    cast: Cast
    reader: Any
    pk: int = 0
    parent: tuple[str, int] | None = None
    file: int = 0
    is_thorough: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    @property
    def has_shares(self) -> bool:
        """Whether single records of the module can be shared."""
        related = (one.related_model for one in self.module.model._meta.related_objects)
        return any(issubclass(one, UserShare) for one in related)

    def close_copies(self) -> None:
        """Hide what the customer repeats of a follow-up."""
        if self.module.name == "follow-ups":
            self.set_states(COPIES, "customers")

    def settle(self) -> None:
        """Give what services set by themselves its marked values again: visits change it."""
        self.module.rows.filter(pk=self.pk).update(**self.columns)

    @property
    def is_own(self) -> bool:
        """Whether the record is the reader's own."""
        return self.module.rows.get(pk=self.pk).owner_id == self.reader.pk

    @property
    def role(self) -> Any:
        """The one role of the reader."""
        return self.cast.roles[self.reader.username]

    def only(self, state: str, but: Iterable[str] = ()) -> None:
        """Give the reader's role `state` on all fields of the module, EDIT on those in `but`."""
        kept = {name.partition(".")[0] for name in but} | set(but)
        self.set_states(
            {
                name: State.EDIT if name in kept else State.parse(state)
                for name in self.module.right_names()
            }
        )

    def set_states(self, states: Mapping[str, State], module: str = "") -> None:
        """Give the reader's role these states of fields, and no other condition on them."""
        name = module or self.module.name
        RoleField.objects.filter(role=self.role, module=name, field__in=list(states)).delete()
        RoleField.objects.bulk_create(
            RoleField(role=self.role, module=name, field=path, state=state)
            for path, state in states.items()
        )
        raise_rights_version()

    def shown(self, data: bytes, surface: str = "", but: Iterable[str] = ()) -> set[str]:
        """The paths whose value stands in `data`, but for those that stand there anyhow."""
        left_out = set(but)
        return {
            path
            for path, marks in self.marks.items()
            if path not in left_out
            and not is_told_anyhow(self.module, path, surface)
            and any(mark in data for mark in marks)
        }


def twins_of(module: Module) -> tuple[str, str]:
    """The module's two twins; of a module without a line in TWINS its title and its first text."""
    if module.name in TWINS:
        return TWINS[module.name]
    texts = [name for name, one in module.stored_fields.items() if one.kind == "text"]
    return module.title, next(n for n in texts if n not in {module.title, *BY_SERVICES})


def flat(data: bytes) -> bytes:
    """An answer's bytes with every packed part unpacked."""
    if not data.startswith(b"PK\x03\x04"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


def as_written(day: dt.date) -> list[str]:
    """A day in every form that a surface may give it: ISO, Chinese, English, a sheet's number."""
    month, short, serial = f"{day:%B}", f"{day:%b}", (day - dt.date(1899, 12, 30)).days
    return [
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日", f"{day.year}年{day.month}月{day.day:02}日",
        f"{day.day} {short} {day.year}", f"{short} {day.day}, {day.year}",
        f"{month} {day.day}, {day.year}",
        f">{serial}<", f">{serial}.",
    ]  # fmt: skip


class Marker:
    """Makes values that occur nowhere else."""

    def __init__(self, cast: Cast, module: Module, owner: Any) -> None:
        self.cast, self.module, self.owner = cast, module, owner
        self.number = 0
        self.people: list[int] = []
        self.marks: dict[str, tuple[bytes, ...]] = {}

    def word(self, path: str, most: int | None = None) -> str:
        """A word of letters, at least ten of them where there is room."""
        self.number += 1
        tail = "".join(chr(ord("a") + int(sign)) for sign in f"{self.number:03}")
        return f"zq{tail}wxkjv{self.module.name[:2]}"[: most or 40]

    def value(self, path: str, one: Field) -> Any:
        """A value for the field, remembered; None where none can be told apart."""
        made = getattr(self, f"_{one.kind}", self._nothing)(path, one)
        if made is None:
            return None
        value, *marks = made
        self.marks[path] = tuple(str(mark).encode() for mark in marks)
        return value

    def _nothing(self, path: str, one: Field) -> None:
        return None

    def _text(self, path: str, one: Field) -> tuple[Any, ...]:
        word = self.word(path, one.max_length)
        return word, word

    _long_text = _text

    def _integer(self, path: str, one: Field) -> tuple[Any, ...]:
        self.number += 1
        value = 1_604_511_000 + self.number
        return value, value, f"{value:,}"

    def _decimal(self, path: str, one: Field) -> tuple[Any, ...]:
        self.number += 1
        value = Decimal(f"70{self.number:03}1967.{'37'[: one.places]}")
        whole = int(value)
        return str(value), whole, f"{whole:,}"

    _money = _percent = _decimal

    def _date(self, path: str, one: Field) -> tuple[Any, ...]:
        self.number += 1
        day = dt.date(1961, 1, 1) + dt.timedelta(days=97 * self.number)
        return day.isoformat(), *as_written(day)

    def _datetime(self, path: str, one: Field) -> tuple[Any, ...]:
        day, *marks = self._date(path, one)  # long ago: nothing that happened lies in the future
        return f"{day}T12:07:00+08:00", *marks

    def _choice(self, path: str, one: Field) -> tuple[Any, ...] | None:
        if not one.dictionary:
            return None
        value, label = self.word(path, one.max_length), self.word(path) + "label"
        add_options(one.dictionary, [(value, {"en": label, "zh-hans": label})])
        return value, label, f'"{value}"'

    def _multi_choice(self, path: str, one: Field) -> tuple[Any, ...] | None:
        made = self._choice(path, one)
        return None if made is None else ([made[0]], *made[1:])

    def _email(self, path: str, one: Field) -> tuple[Any, ...]:
        word = self.word(path)
        return f"{word}@post.example", word

    def _url(self, path: str, one: Field) -> tuple[Any, ...]:
        word = self.word(path)
        return f"https://{word}.example/", word

    def _phone(self, path: str, one: Field) -> tuple[Any, ...]:
        self.number += 1
        digits = f"1391234{self.number:04}"
        parted = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
        return digits, digits, parted, f"{digits[3:7]}-{digits[7:]}", digits[3:7] + digits[7:]

    def _credit_code(self, path: str, one: Field) -> tuple[Any, ...]:
        front = f"91310000MA1FL{self.number:04}"
        self.number += 1
        code = front + expected_check_character(front + "0")
        return code, code

    def _user(self, path: str, one: Field) -> tuple[Any, ...]:
        person = make_person(self.word(path))
        self.people.append(person.pk)
        return person.pk, person.display_name

    def _department(self, path: str, one: Field) -> tuple[Any, ...]:
        department = make_department(self.word(path))
        return department.pk, department.name

    def _relation(self, path: str, one: Field) -> tuple[Any, ...]:
        title = module_named(one.target).title
        word = self.word(path)
        pk = create_record(
            actor=self.cast.director,
            module=one.target,
            values={title: word, "owner": self.owner.pk},
        )
        return pk, word

    def _file(self, path: str, one: Field) -> tuple[Any, ...]:
        """A file: its name, what is in it and is shown of it, and its address."""
        name, inside = self.word(path), self.word(path) + "inside"
        file = SimpleUploadedFile(f"{name}.txt", inside.encode())
        row = upload_field_file(
            actor=self.cast.director, module=self.module.name, field=path, file=file
        )
        Preview.objects.filter(field_file=row).update(
            state=Preview.State.READY, content={"kind": "text", "text": inside}
        )
        return [row.pk], name, inside, f"/files/fields/{row.pk}/"

    def _any_relation(self, path: str, one: Field) -> tuple[Any, ...]:
        pk, word = self._relation(path, one.with_changes(target="customers"))
        return f"customers/{pk}", word


def plant(cast: Cast, module_name: str, reader: str, owner: Any, neighbour: Any = None) -> Planted:
    """A record of `owner` with every field filled, written twice so that it has a history.

    The records that it names belong to `neighbour`, or to the owner too.
    """
    module = module_named(module_name)
    planted = Planted(module, cast, cast.people[reader])
    marker = Marker(cast, module, neighbour or owner)
    values, late = _values(module, marker)
    values["owner"] = owner.pk
    first = {
        name: f"{value}x" if _is_long_text(module, name) else value
        for name, value in values.items()
    }
    planted.pk = create_record(actor=cast.director, module=module_name, values=first)
    changed = {name: value for name, value in values.items() if first[name] != value}
    if changed:
        update_record(
            actor=cast.director, module=module_name, pk=planted.pk, values=changed, version=1
        )
    planted.marks, planted.columns = marker.marks, late
    planted.parent = _parent(module, values)
    _mark_what_services_set(planted)
    _attach(planted, marker)
    # Whoever has left is offered nowhere: his name shows where a value holds it, or not at all.
    User.objects.filter(pk__in=marker.people).update(is_active=False)
    return planted


def _mark_what_services_set(planted: Planted) -> None:
    """The number is one of its kind; the moments are moved to days long ago."""
    moments = {
        "created_at": dt.datetime(1957, 3, 5, 4, 9, tzinfo=dt.UTC),
        "changed_at": dt.datetime(1958, 8, 17, 4, 9, tzinfo=dt.UTC),
    }
    planted.columns |= moments
    for name, moment in moments.items():
        planted.marks[name] = tuple(mark.encode() for mark in as_written(moment.date()))
    for name, one in planted.module.fields.items():
        if one.formula is not None:
            planted.marks[name] = _formula_marks(planted, one)
    planted.marks["number"] = (planted.module.rows.get(pk=planted.pk).number.encode(),)
    planted.settle()


def _formula_marks(planted: Planted, one: Field) -> tuple[bytes, ...]:
    """What a formula comes to, in every form that a surface may give it."""
    row = planted.module.rows.filter(pk=planted.pk).annotate(worth=one.expression())
    worth = row.values_list("worth", flat=True).get()
    if isinstance(worth, dt.date):
        return tuple(mark.encode() for mark in as_written(worth))
    forms = (int(worth), f"{int(worth):,}") if isinstance(worth, Decimal) else (worth,)
    return tuple(str(form).encode() for form in forms)


def _attach(planted: Planted, marker: Marker) -> None:
    """A file, where the module has files: its name and what is in it."""
    if "files" not in planted.module.collections_by_name:
        return
    name, inside = marker.word("files.name"), marker.word("files.inside")
    (planted.file,) = attach_files(
        actor=planted.cast.director,
        module=planted.module.name,
        pk=planted.pk,
        files=[SimpleUploadedFile(f"{name}.txt", inside.encode())],
    )
    planted.marks["files.name"] = (name.encode(), inside.encode())


def _values(module: Module, marker: Marker) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    late: dict[str, Any] = {}
    for name, one in module.fields.items():
        if name in BY_SERVICES or one.is_computed:
            continue
        if one.is_collection:
            row = {
                member: marker.value(f"{name}.{member}", two)
                for member, two in one.members.items()
                if not (one.is_read_only or two.is_read_only)
            }
            row = {member: value for member, value in row.items() if value is not None}
            if row:
                values[name] = [row]
            continue
        value = marker.value(name, one)
        if value is not None:
            (late if one.is_read_only else values)[late_name(one) if one.is_read_only else name] = (
                value
            )
    return values, late


def late_name(one: Field) -> str:
    """The column of a field that services set by themselves."""
    return one.value_path


def _is_long_text(module: Module, name: str) -> bool:
    one = module.fields[name]
    return one.kind in TEXTS and (one.max_length or 1000) > 30


def _parent(module: Module, values: dict[str, Any]) -> tuple[str, int] | None:
    value = values.get(module.parent)
    if not value:
        return None
    if isinstance(value, str):
        name, _slash, pk = value.partition("/")
        return name, int(pk)
    return module.fields[module.parent].target, value


def share_with(planted: Planted) -> None:
    """Let the reader see the record by a share only: its own, or that of the record it hangs on."""
    if planted.has_shares:
        share(planted.module.name, planted.pk, planted.reader)
    elif planted.parent is not None:
        share(*planted.parent, planted.reader)
