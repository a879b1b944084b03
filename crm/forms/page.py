"""The form of a record in sections, as crm/edit/page.html takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.customfields.layouts import Layout, is_on_forms, layout_for
from crm.forms.fields import field_context, label_of, member_raw, raw_text, readonly_context
from crm.forms.posted import is_posted, posted_raw, posted_rows, signature
from crm.modules.fields import Field

Errors = Mapping[str, Sequence[Any]]
NARROW = frozenset({"kind", "since", "until", "postcode"})


def sections(
    access: Access,
    row: Mapping[str, Any] | None = None,
    post: QueryDict | None = None,
    errors: Errors | None = None,
    layout: Layout | None = None,
) -> list[dict[str, Any]]:
    """The sections with what the person sees of them; what was posted wins over what is stored.

    They stand as the person's layout says, or as `layout` does.
    """
    module = access.module
    form = _Form(access, row, post, errors or {}, access.writable(row))
    layout = layout or layout_for(module, access.grants.ranked)
    made = [
        form.section(one.title, [n for n in one.names if is_on_forms(module, n)], one.more)
        for one in layout.sections
    ]
    made.append(form.section(_("Also needed"), [n for n in layout.left_out if form.needs(n)]))
    return [section for section in made if section["fields"] or section["more"]]


@dataclass(frozen=True)
class _Form:
    """What the sections of one form have in common."""

    access: Access
    row: Mapping[str, Any] | None
    post: QueryDict | None
    errors: Errors
    writable: frozenset[str]

    def needs(self, name: str) -> bool:
        """Whether a field that the layout leaves out stands in this form all the same.

        So do fields without which a new record can't be saved, those that the address or the
        form before gave a value, and those that an error speaks of.
        """
        if name not in self.writable or not is_on_forms(self.access.module, name):
            return False
        field = self.access.module.fields[name]
        is_given = self.post is not None and is_posted(field, self.post)
        return name in self.errors or is_given or (self.row is None and field.required)

    def section(
        self, title: Any, names: Sequence[str], more: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """One section; its folded fields are open where something is to be done there."""
        shown = [(name, one) for name in names if (one := self._field(name)) is not None]
        folded = [one for name, one in shown if name in more]
        return {
            "title": title,
            "note": "",
            "fields": [one for name, one in shown if name not in more],
            "more": folded,
            "is_open": any(
                one["errors"] or (one.get("required") and not one.get("value")) for one in folded
            ),
        }

    def _field(self, name: str) -> dict[str, Any] | None:
        access, row = self.access, self.row
        field = access.module.fields[name]
        if name not in access.visible:
            return None
        if name in self.writable:
            return one_field(access, field, row, self.post, self.errors.get(name, ()))
        if row is not None and row.get(name) not in (None, "", ()):
            return readonly_context(field, row.get(name), _why_fixed(access, field))
        return None


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
