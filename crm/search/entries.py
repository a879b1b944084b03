"""Keeps the search table right: one statement per act, whatever the number of records."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from zlib import crc32

from django.db import connection

from crm.lib.grams import grams
from crm.lib.matching import bare_name
from crm.lib.phones import InvalidPhone, parse_phone, reversed_digits
from crm.lib.pinyin import initials, joined_pinyin
from crm.lib.text import simplify
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.copying import copy_lines, copy_text
from crm.records.drafts import living, snapshots
from crm.records.followers import Known
from crm.search.models import SearchEntry

LONGEST = 64
LONGEST_PERSON = 4  # characters of a Chinese person's name
BETWEEN = "\x01"  # lexemes in one text; no word holds it
WHOLE_KINDS = frozenset({"credit_code"})  # found by their beginning, not by parts


@cache
def mark_of(module_name: str) -> str:
    """Three signs before each lexeme of a module: what one module holds often costs no other."""
    return f"{crc32(module_name.encode()) % 4096:03x}"


@lru_cache(maxsize=64)
def _places(module: Module) -> list[tuple[str, str, str, Field]]:
    """Where the words of a module's records are: (code, field, member, field of the value)."""
    found, mark = [], mark_of(module.name)
    for code, path in module.search.items():
        name, _dot, member = path.partition(".")
        field = module.field_at(path)
        if field is not None:
            found.append((mark + code, name, member, field))
    return found


def lexemes_of(module: Module, values: Mapping[str, Any]) -> list[str]:
    """The words that a record is found by, each led by the code of its field."""
    found: set[str] = set()
    for code, name, member, field in _places(module):
        value = values.get(name)
        if not value:
            continue
        for text in [row.get(member) for row in value] if member else (value,):
            if text:
                found.update([f"{code}_{word}" for word in words_of(field, str(text))])
                if name == module.title:
                    found.update([f"{code}^{start}" for start in starts_of(str(text)) if start])
    return sorted(found)


def starts_of(text: str) -> tuple[str, str]:
    """What a name begins with: its first sign, and its first two."""
    bare = "".join(simplify(text[:LONGEST]).split())
    return bare[:1], bare[:2]


def words_of(field: Field, text: str) -> set[str]:
    """The words of one value: of a phone its digits, last one first; of a text grams and sounds."""
    if field.kind == "phone":
        tail = tail_of(text)
        return {tail[:LONGEST]} if tail else set()
    if field.name == "number":
        return {text.lower()[:LONGEST], counted_in(text)} - {""}
    if field.kind in WHOLE_KINDS:
        return {text.lower()[:LONGEST]}
    words = grams(text)
    if field.name in {"name", "title"}:
        for called in _called(text):
            words.add(joined_pinyin(called)[:LONGEST])
            words.add(initials(called)[:LONGEST])
    words.discard("")
    return words


def counted_in(number: str) -> str:
    """The count in a record's number, as it is said: KH-000417 gives 417."""
    return number[len(number.rstrip("0123456789")) :].lstrip("0")


def _called(name: str) -> set[str]:
    """How people say a name: whole, without place and legal form, a person's without surname."""
    if name.isascii() or len(name) > LONGEST_PERSON:
        return {name, bare_name(name)}
    return {name, name[2:] if len(name) == LONGEST_PERSON else name[1:]}


def tail_of(text: str) -> str:
    """A number's digits with its country's, last first: any way of dialling is a beginning."""
    try:
        return reversed_digits(parse_phone(text).e164)
    except InvalidPhone:
        return reversed_digits(text)


def refresh_entries(
    act: Act, module: Module, ids: Sequence[int], known: Known | None = None
) -> None:
    """Write anew the entries of these records; those of deleted ones go.

    `known` brings the values of records that are certainly new, so that nothing is read again.
    """
    if not module.search:
        return
    if known is not None:
        add_entries(module, known)
        return
    records = living(module, ids)
    gone = set(ids) - {record.pk for record in records}
    if gone:
        SearchEntry.objects.filter(module=module.name, record_id__in=list(gone)).delete()
    values = snapshots(module, records)
    write_entries(
        module,
        [
            (r.pk, r.owner_id, r.department_id, r.changed_at, lexemes_of(module, values[r.pk]))
            for r in records
        ],
    )


def add_entries(module: Module, known: Known) -> None:
    """Write the entries of new records, whose values are at hand."""
    columns = ("module", "record_id", "owner_id", "department_id", "changed_at", "terms")
    copy_lines(SearchEntry._meta.db_table, columns, _entry_lines(module, known))


def _entry_lines(module: Module, known: Known) -> Iterator[str]:
    name = copy_text(module.name)
    for pk, values in known.items():
        words = _vector_text(lexemes_of(module, values))
        owner, department = copy_text(values.get("owner")), copy_text(values.get("department"))
        yield f"{name}\t{pk}\t{owner}\t{department}\t{values['changed_at']}\t{copy_text(words)}"


def _vector_text(lexemes: Sequence[str]) -> str:
    """Lexemes in the text form of a tsvector."""
    joined = BETWEEN.join(lexemes)
    if "'" in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace("'", "''")
    return f"'{joined}'".replace(BETWEEN, "' '") if joined else ""


def write_entries(module: Module, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert or replace entries, given as (id, owner, department, changed at, lexemes)."""
    if not rows:
        return
    table = SearchEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS e"  # noqa: S608  the table's own name
            " (module, record_id, owner_id, department_id, changed_at, terms)"
            " SELECT %s, r.id, r.owner, r.department, r.changed,"
            " array_to_tsvector(string_to_array(r.words, E'\\x01'))"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[])"
            " AS r(id, owner, department, changed, words)"
            " ON CONFLICT (module, record_id) DO UPDATE SET owner_id = excluded.owner_id,"
            " department_id = excluded.department_id, changed_at = excluded.changed_at,"
            " terms = excluded.terms",
            [
                module.name,
                *(list(column) for column in zip(*[row[:4] for row in rows], strict=True)),
                [BETWEEN.join(row[4]) for row in rows],
            ],
        )
