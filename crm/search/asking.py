"""A search as a condition: only words of fields that the reader may read can match."""

import json
from collections.abc import Sequence

from django.db.models import BooleanField, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from crm.access.policy import Access
from crm.lib.grams import QueryKind, classify, query_grams
from crm.lib.text import simplify
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.operation.replica import record_connection
from crm.search.entries import WHOLE_KINDS, mark_of, starts_of
from crm.search.models import SearchEntry

FEWEST_DIGITS = 4
MOST_BY_INDEX = 10_000  # hits that are expected: read in some twenty milliseconds
MOST_READ = 30_000  # where there are more than was expected, they are no longer few
_ENTRIES = f'"{SearchEntry._meta.db_table}"'
_HELD = f"SELECT record_id FROM {_ENTRIES} WHERE terms @@ %s::tsquery"  # noqa: S608  the table's own name
# The module is no key: its mark leads each word.
_FEW = f"{_HELD} AND (module = %s) IS TRUE LIMIT %s"


def search_condition(access: Access, text: str) -> Q:
    """The records of the module that `text` finds; none when nothing can be looked up.

    Where few hold the word, their ids come from the index; where many do, each row that the list
    comes by is asked, for a page of them is soon full.
    """
    parts = _parts(access, text)
    if not parts:
        return Q(pk__in=[])
    query = " | ".join(parts)
    few = _by_index(access.module, query) if estimated(parts) <= MOST_BY_INDEX else None
    if few is not None:
        return Q(pk__any_of=RawSQL("%s::bigint[]", [few]))
    entries = SearchEntry.objects.filter(module=access.module.name, record_id=OuterRef("pk"))
    asked = RawSQL("terms @@ %s::tsquery", [query], output_field=BooleanField())
    return Q(Exact(Subquery(entries.annotate(hit=asked).values("hit")[:1]), True))


def _by_index(module: Module, query: str) -> str | None:
    """The ids of the records that the index finds, as an array; None where they are not few.

    They are read and written into the condition as one value, so that the planner knows how many
    there are.
    """
    with record_connection().cursor() as cursor:
        cursor.execute(_FEW, [query, module.name, MOST_READ + 1])
        ids = [str(found[0]) for found in cursor.fetchall()]
    return f"{{{','.join(ids)}}}" if len(ids) <= MOST_READ else None


def estimated(parts: Sequence[str]) -> int:
    """How many records the commonest part finds, as the planner expects from its statistics.

    Not the sum: a word that is in no statistics counts as some thousands, in each field again.
    """
    held = " UNION ALL ".join([_HELD] * (len(parts) + 1))  # a second at least: always joined
    with record_connection().cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {held}", [*parts, parts[0]])
        [(plan,)] = cursor.fetchall()
    joined = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return max(int(one["Plan Rows"]) for one in joined["Plans"])


def tsquery(access: Access, text: str) -> str:
    """The query over all readable fields, quoted; empty when no field can match."""
    return " | ".join(_parts(access, text))


def _parts(access: Access, text: str) -> list[str]:
    """What is asked of each readable field."""
    parts = []
    for code, path in access.module.search.items():
        field = access.module.field_at(path)
        if field is None or path not in access.readable:
            continue
        part = _field_query(mark_of(access.module.name) + code, field, text)
        if part:
            parts.append(f"({part})")
    return parts


def starts_query(access: Access, text: str) -> str:
    """The query for names that begin with `text`; empty where names are not to be read."""
    title = access.module.title
    code = next((code for code, path in access.module.search.items() if path == title), "")
    start = starts_of(text)[1]
    field = access.module.fields[title]
    if not code or not start or title not in access.readable:
        return ""
    code = mark_of(access.module.name) + code
    words = _field_query(code, field, text)
    begins = _lexeme(code, start, joint="^")
    if not words or "".join(simplify(text).split()) == start:
        return begins if words else ""
    return f"{begins} & {words}"


def _field_query(code: str, field: Field, text: str) -> str:
    kind = classify(text)
    if field.kind == "phone":
        digits = "".join(sign for sign in simplify(text) if sign.isdigit()).lstrip("0")
        is_number = kind == QueryKind.DIGITS and len(digits) >= FEWEST_DIGITS
        return _lexeme(code, digits[::-1], is_prefix=True) if is_number else ""
    if field.kind in WHOLE_KINDS or field.name == "number":
        whole = "".join(simplify(text).split())
        if not (whole.isalnum() and whole.isascii()):
            return ""
        asked = _lexeme(code, whole, is_prefix=True)
        is_count = field.name == "number" and whole.isdigit() and bool(whole.lstrip("0"))
        return f"({asked} | {_lexeme(code, whole.lstrip('0'))})" if is_count else asked
    words = query_grams(text)
    if not words:
        return ""
    last = words[-1]
    is_latin = last.isascii()
    return " & ".join(_lexeme(code, word, is_prefix=is_latin and word == last) for word in words)


def _lexeme(code: str, word: str, is_prefix: bool = False, joint: str = "_") -> str:
    quoted = f"{code}{joint}{word}".replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*" if is_prefix else f"'{quoted}'"
