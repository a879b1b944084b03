"""The form of a record in sections, as crm/edit/page.html takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.forms.fields import field_context, label_of, member_raw, raw_text, readonly_context
from crm.forms.posted import is_posted, posted_raw, posted_rows, signature
from crm.modules.fields import Field
from crm.modules.module import Module

Errors = Mapping[str, Sequence[Any]]
NARROW = frozenset({"kind", "since", "until", "postcode"})


def sections(
    access: Access,
    row: Mapping[str, Any] | None = None,
    post: QueryDict | None = None,
    errors: Errors | None = None,
) -> list[dict[str, Any]]:
    """The sections with what the person sees of them; what was posted wins over what is stored."""
    module = access.module
    errors = errors or {}
    writable = access.writable(row)
    grouped = {str(title): list(names) for title, names in module.sections.items()}
    placed = {name for names in grouped.values() for name in names}
    extra = [name for name in module.fields if name not in placed and _belongs(access, name)]
    first = next(iter(grouped))
    grouped[first] += [name for name in extra if not module.fields[name].is_collection]
    made = [
        _section(access, title, names, row, post, errors, writable)
        for title, names in grouped.items()
    ]
    collections = [name for name in extra if module.fields[name].is_collection]
    title = collections_title(module)
    contact = _section(access, title, collections, row, post, errors, writable)
    return [section for section in [made[0], contact, *made[1:]] if section["fields"]]


def collections_title(module: Module) -> str:
    """The heading over a module's collections: not all have something to do with contact."""
    return _("Contact and tags") if "phones" in module.fields else _("More")


def _belongs(access: Access, name: str) -> bool:
    field = access.module.fields[name]
    return field.is_added or field.is_collection


def _section(
    access: Access,
    title: str,
    names: Sequence[str],
    row: Mapping[str, Any] | None,
    post: QueryDict | None,
    errors: Errors,
    writable: frozenset[str],
) -> dict[str, Any]:
    fields = []
    for name in names:
        field = access.module.fields[name]
        if name not in access.visible:
            continue
        if name in writable:
            fields.append(one_field(access, field, row, post, errors.get(name, ())))
        elif row is not None and row.get(name) not in (None, "", ()):
            fields.append(readonly_context(field, row.get(name), _why_fixed(access, field)))
    return {"title": title, "note": "", "fields": fields}


def _why_fixed(access: Access, field: Field) -> str:
    if field.is_read_only or field.is_computed:
        return _("The product keeps this value.")
    if field.name in access.grants.only_when_empty:
        return _("You may fill this in only while it is empty.")
    return _("Your roles let you read this, not change it.")


def one_field(
    access: Access,
    field: Field,
    row: Mapping[str, Any] | None,
    post: QueryDict | None = None,
    errors: Sequence[Any] = (),
) -> dict[str, Any]:
    """One control, plain or a collection."""
    stored = row.get(field.name) if row is not None else None
    posted = post is not None and is_posted(field, post)
    if field.is_collection:
        rows = posted_rows(field, post) if posted and post is not None else list(stored or ())
        return _collection(access, field, rows, errors, from_post=posted)
    if posted and post is not None:
        raw = posted_raw(field, post)
        label = post.get(f"{field.name}__text", "")
    else:
        if row is None and field.default is not None and not callable(field.default):
            stored = field.default
        raw, label = raw_text(field, stored), label_of(stored)
    return field_context(access, field, raw, errors=errors, label_of_value=label)


def _collection(
    access: Access,
    field: Field,
    rows: Sequence[Mapping[str, Any]],
    errors: Sequence[Any],
    from_post: bool,
) -> dict[str, Any]:
    context = {
        "name": field.name,
        "html_name": field.name,
        "id": f"id-{field.name}",
        "label": field.label,
        "kind": "collection",
        "errors": list(errors),
        "help": field.help,
        "may_add": True,
        "add_label": _("Add"),
        "rows": [],
    }
    for index, row in enumerate(rows):
        context["rows"].append(_row(access, field, row, index, from_post))
    context["was"] = signature(field, rows) if not from_post else ""
    context["blank_row"] = _row(access, field, {}, "__n__", from_post=False)
    if not rows:
        context["rows"].append(_row(access, field, {}, 0, from_post=False))
    return context


def _row(
    access: Access, field: Field, row: Mapping[str, Any], index: Any, from_post: bool
) -> dict[str, Any]:
    members = []
    for name, member in field.members.items():
        path = f"{field.name}.{name}"
        if path not in access.visible:
            continue
        value = row.get(name)
        raw = (value or "") if from_post else member_raw(member, row)
        html_name = f"{field.name}-{index}-{name}"
        if row.get("id") and path not in access.editable:
            one = readonly_context(member, value, _("Your roles do not let you change this."))
        else:
            one = field_context(
                access,
                member.with_changes(required=False),
                raw,
                html_name=html_name,
                label_of_value=label_of(value),
                is_unlabelled=True,
            )
            one.update(placeholder=member.label, checks_duplicates=False)
        one["is_narrow"] = name in NARROW
        members.append(one)
    return {"index": index, "id": row.get("id", ""), "members": members, "may_remove": True}


def error_list(access: Access, errors: Errors, before: str = "") -> list[dict[str, Any]]:
    """The errors in the order of the page, each with the field it belongs to.

    `before` is what the page puts before the ids of its fields.
    """
    order = [name for name in access.module.fields if name in errors]
    others = [name for name in errors if name not in order]
    return [
        {
            "name": name,
            "label": access.module.fields[name].label
            if name in access.visible and name in order
            else "",
            "messages": [str(message) for message in errors[name]],
            "anchor": f"{before}id-{name}",
        }
        for name in [*order, *others]
    ]
