"""The index of setup."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs
from crm.modules.registry import contributions


@require_safe
@administrators_only
def index(request: Asking) -> HttpResponse:
    """What an administrator can set up."""
    groups = [
        {
            "title": title,
            "tiles": [
                {"url": reverse(name), "icon": icon, "label": label, "about": about}
                for name, icon, label, about in tiles
            ],
        }
        for title, tiles in _groups()
    ]
    return render(request, "setup/page.html", {"crumbs": crumbs(), "groups": groups})


def _groups() -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """The tiles by group, as (address, icon, label, what it is about)."""
    people = [
        ("setup-people", "person", _("People"), _("Accounts, departments and roles of everybody")),
        ("setup-departments", "tree", _("Departments and teams"), _("The company's tree")),
        ("setup-positions", "flag", _("Positions"), _("Posts that roles can be given to")),
        ("setup-roles", "shield", _("Roles and rights"), _("Who may do what with which fields")),
        ("setup-inspector", "eye", _("Why may they"), _("Why somebody sees or changes what")),
    ]
    safety = [
        ("setup-sign-ins", "key", _("Sign-ins"), _("Who signed in, from where, and who failed")),
        ("audit", "history", _("Audit log"), _("Everything that was done, by whom")),
        (
            "setup-proof",
            "check",
            _("Proof of rights"),
            _("Whether everybody sees only what is his"),
        ),
        ("setup-operation", "clock", _("Operation"), _("Whether work in the background goes on")),
    ]
    data = [
        ("setup-fields-index", "pen", _("Fields"), _("Fields of your own in every module")),
        ("setup-layouts-index", "rows", _("Layouts"), _("Sections and order of fields, per role")),
        ("dictionaries", "list", _("Dictionaries"), _("Lists of choices in each language")),
        ("setup-company", "gear", _("Company settings"), _("What counts as a duplicate")),
    ]
    data += contributions("SETUP_TILES")
    return [(_("People and rights"), people), (_("Security"), safety), (_("Data"), data)]
