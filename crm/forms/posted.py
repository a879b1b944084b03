"""What a form posted, as values for the write path: only what the person may write and changed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from crm.access.policy import Access
from crm.forms.fields import raw_text
from crm.lib.whole import whole_number
from crm.modules.fields import LISTS, Field

MOST_ROWS = 100


def posted_raw(field: Field, post: QueryDict) -> Any:
    """The text of one plain field as it was posted."""
    if field.kind in LISTS:
        return post.getlist(field.name)
    if field.kind == "boolean":
        return "true" if post.get(field.name) else ""
    return post.get(field.name, "")


def posted_rows(field: Field, post: QueryDict) -> list[dict[str, Any]]:
    """The rows of a collection as they were posted, dropped ones left out."""
    count = min(whole_number(post.get(f"{field.name}-TOTAL", "0")) or 0, MOST_ROWS)
    rows = []
    for index in range(count):
        start = f"{field.name}-{index}-"
        if post.get(f"{start}DELETE"):
            continue
        row: dict[str, Any] = {
            name: post[f"{start}{name}"] for name in field.members if f"{start}{name}" in post
        }
        if post.get(f"{start}id"):
            row["id"] = post[f"{start}id"]
        if row:
            rows.append(row)
    return rows


def signature(field: Field, rows: Sequence[Mapping[str, Any]]) -> str:
    """What a collection looked like: tells afterwards whether somebody touched it in the form.

    Only ids and filled members count, so that an empty row more or less says nothing.
    """
    seen = []
    for row in rows:
        values = {}
        for name, member in field.members.items():
            value = row.get(name)
            raw = value if isinstance(value, str) else raw_text(member, value)
            if raw:
                values[name] = raw
        if values:
            seen.append([str(row.get("id") or ""), values])
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]


def is_untouched(field: Field, rows: Sequence[Mapping[str, Any]], post: QueryDict) -> bool:
    """Whether the posted rows of a collection are those that the form showed."""
    return post.get(f"{field.name}-WAS") == signature(field, rows)


def is_posted(field: Field, post: QueryDict) -> bool:
    """Whether the form held this field at all."""
    if field.is_collection:
        return f"{field.name}-TOTAL" in post
    if field.kind == "boolean" or field.kind in LISTS:
        return f"{field.name}__shown" in post or field.name in post
    return field.name in post


def posted_values(access: Access, post: QueryDict, row: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values that were changed in the form of a record (`row`; None: a new one).

    Names outside the form's fields are passed on as they are, so that the write path can
    refuse them.
    """
    values: dict[str, Any] = {}
    for name in access.writable(row):
        field = access.module.fields.get(name)
        if field is None or not is_posted(field, post) or post.get(f"take-{name}") == "theirs":
            continue
        if field.is_collection:
            rows = posted_rows(field, post)
            if not is_untouched(field, rows, post):
                values[name] = rows
            continue
        raw = posted_raw(field, post)
        if row is None and raw in ("", []):
            continue
        if row is None or raw != raw_text(field, row.get(name)):
            values[name] = (raw == "true") if field.kind == "boolean" else raw
    return {**forged_values(access, post, row), **values}


FORM_NAMES = frozenset(
    {"csrfmiddlewaretoken", "version", "key", "again", "duplicates_seen", "next", "_inline"}
)


def forged_values(access: Access, post: QueryDict, row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Posted names that are fields but not the person's to write; the write path answers."""
    writable = access.writable(row)
    return {
        name: post[name]
        for name in post
        if name not in FORM_NAMES
        and name not in writable
        and "-" not in name
        and not name.endswith(("__text", "__shown"))
        and (name in access.module.fields or hasattr(access.module.model, name))
    }
