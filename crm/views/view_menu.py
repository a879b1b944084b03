"""The views of a list in its title menu, and which of them an address opens."""

from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.errors import NotVisible
from crm.access.policy import Access
from crm.access.sharing import is_shareable
from crm.lists.errors import BadQuery
from crm.lists.models import SavedView
from crm.lists.shapes import BOARD, CALENDAR, TABLE, first_by, first_on
from crm.lists.show import in_sentence
from crm.lists.views import (
    STATE,
    check_view,
    may_update,
    params_of,
    start_of,
    views_of,
)  # fmt: skip
from crm.modules.day import company_today
from crm.modules.fields import COLLABORATORS
from crm.views.address import Address, address_of, dump, path_of

PLAIN = "all"


class Views:
    """The saved views that a person has in a module, and the one that an address names."""

    def __init__(self, access: Access, asked: str) -> None:
        self.access = access
        self.asked = asked

    @cached_property
    def known(self) -> list[SavedView]:
        """All of them, by name."""
        return list(views_of(self.access))

    @cached_property
    def open(self) -> SavedView | None:
        """The saved view that is asked for, if the person has it."""
        if not self.asked.isdecimal():
            return None
        return next((one for one in self.known if str(one.pk) == self.asked), None)

    @property
    def current(self) -> str:
        """How the address names what is open; a view that he does not have leaves its state."""
        return "" if self.asked.isdecimal() and self.open is None else self.asked

    @cached_property
    def start(self) -> SavedView | None:
        """The view that the bare address begins with."""
        return start_of(self.access, self.known)


def opening_url(params: QueryDict, views: Views) -> str:
    """Where an address leads that names a view and nothing else, or nothing at all; "" to stay.

    Raises NotVisible for a view that the person does not have, BadQuery with the reason for one
    that uses what he may not read. One that he begins with is passed over then.
    """
    if not params:
        view = views.start
        if view is None:
            return ""
        try:
            return url_of(views.access, view)
        except BadQuery:
            return ""
    if not views.asked.isdecimal() or any(name in params for name in (*STATE, "part")):
        return ""
    if views.open is None:
        raise NotVisible
    return url_of(views.access, views.open)


def url_of(access: Access, view: SavedView) -> str:
    """The whole state of a view as an address. Raises BadQuery."""
    check_view(access, view)
    return address_of(access, params_of(view.state), str(view.pk)).with_()


def forms_menu(address: Address, has_start: bool) -> list[dict[str, Any]]:
    """The forms in which these records can be seen; nothing where there is but one."""
    access, current = address.query.access, address.shape.form
    forms = [(TABLE, _("Table"), "list")]
    if first_by(access) is not None:
        forms.append((BOARD, _("Board"), "deal"))
    if first_on(access) is not None:
        forms.append((CALENDAR, _("Calendar"), "calendar"))
    urls = {form: address.in_form(form) for form, _label, _icon in forms}
    if has_start and "?" not in urls[TABLE]:
        urls[TABLE] += f"?view={PLAIN}"  # the bare address is where the person begins
    found = [
        {"label": label, "icon": icon, "url": urls[form], "is_current": form == current}
        for form, label, icon in forms
    ]
    return found if len(found) > 1 else []


def views_menu(address: Address, views: Views) -> dict[str, Any]:
    """The lists that every module has, the saved ones; what is open now and what may be saved."""
    access, path = views.access, address.path
    base = path_of(access.module.name, TABLE)
    items = _given(access, path, has_start=views.start is not None)
    names = {key: label for key, label, _url in items}
    current = address.view if address.view in names else PLAIN
    view = views.open
    is_plain = view is None
    given = [_item(*one, is_current=is_plain and one[0] == current) for one in items]
    groups = [{"label": _("Lists"), "items": given}]
    own = [one for one in views.known if one.owner_id == access.user.pk]
    others = [one for one in views.known if one.owner_id != access.user.pk]
    for label, found in ((_("My views"), own), (_("Shared views"), others)):
        if found:
            groups.append({"label": label, "items": [_saved(one, base, view) for one in found]})
    has_changes = bool(address.query.conditions or address.query.text) and current == PLAIN
    label = names[current] if not has_changes else access.module.label_plural
    return {
        "forms": forms_menu(address, has_start=views.start is not None),
        "view": {
            "label": view.name if view else label,
            "is_changed": view is not None and _is_changed(address, view),
            "is_locked": view is not None and view.is_locked,
        },
        "views": groups,
        "view_save": {
            "update_url": f"{base}views/{view.pk}/save/"
            if view is not None and may_update(access, view)
            else "",
            "new_url": f"{base}views/",
            "reset_url": f"{base}?view={view.pk}" if view else path,
            "manage_url": f"{base}views/" if views.known else "",
        },
    }


def _given(access: Access, path: str, has_start: bool) -> list[tuple[str, str, str]]:
    """The lists that stand in every module: (key, label, address)."""
    module = access.module
    plain = f"{path}?view={PLAIN}" if has_start else path
    items = [(PLAIN, _("All %s") % in_sentence(module.label_plural), plain)]
    if "owner" in access.readable:
        mine = f'{path}?view=mine&filter={{"all":[{{"field":"owner","op":"eq","value":"@me"}}]}}'
        items.append(("mine", _("My %s") % in_sentence(module.label_plural), mine))
    if is_shareable(module.model):
        items.append(("shared", _("Shared with me"), f"{path}?view=shared&scope=shared"))
    if COLLABORATORS in access.readable:
        mine = dump([{"field": COLLABORATORS, "op": "eq", "value": "@me"}])
        items.append(("along", _("I work along"), f"{path}?view=along&filter={mine}"))
    if "next_contact_at" in access.readable:
        due = (
            f'{path}?view=due&sort=next_contact_at&filter={{"all":['
            '{"field":"next_contact_at","op":"lte","value":"@today"}]}'
        )
        items.append(
            ("due", _("Contact is due"), due.replace("@today", company_today().isoformat()))
        )
    if module.team_page:
        items.append(("team", module.team_label, module.team_page))
    return items


def _item(_key: str, label: str, url: str, is_current: bool) -> dict[str, Any]:
    return {"label": label, "url": url, "count": None, "is_current": is_current}


def _saved(view: SavedView, path: str, current: SavedView | None) -> dict[str, Any]:
    return {
        "label": view.name,
        "url": f"{path}?view={view.pk}",
        "count": None,
        "is_current": current is not None and view.pk == current.pk,
        "is_locked": view.is_locked,
    }


def _is_changed(address: Address, view: SavedView) -> bool:
    """Whether the list stands otherwise than its view was saved."""
    kept = params_of(view.state)
    try:
        saved = address_of(address.query.access, kept, str(view.pk))
    except BadQuery:
        return True
    return saved.state != address.state
