"""The tour: a few words beside the places of the frame, offered once to everybody."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# The place of each step (its first visible element), its title, its words.
STEPS = (
    (
        "#duties",
        _("What is due"),
        _(
            "Whom you promised to contact, the overdue first. It fills itself: set the next"
            " contact when you log a follow-up."
        ),
    ),
    (
        ".top .find, .tabbar [data-palette]",
        _("Find anything"),
        _("Two signs of a name, pinyin, or the end of a phone number. Ctrl K works anywhere."),
    ),
    (
        ".nav [data-go=c], .tabbar .tab:nth-of-type(3)",
        _("Lists"),
        _(
            "Filter, sort, choose columns: the address keeps it all, so a link shows a"
            " colleague the same list. Space opens a row beside it."
        ),
    ),
    (
        ".top [popovertarget=create-menu], .tabbar [popovertarget=create-menu]",
        _("Create"),
        _("New records start here. While you type, you are told what is known already."),
    ),
    (
        ".nav [data-go=s]",
        _("Setup"),
        _("People, roles, fields and choices are shaped here, without code."),
    ),
    (
        ".top [popovertarget=person-menu]",
        _("Your own menu"),
        _("Language, colours, second factor, devices and this tour. The key ? shows all keys."),
    ),
)


def tour_for(request: HttpRequest) -> dict[str, Any]:
    """What home/tour.html takes. A step whose place is not on the page is passed over there."""
    return {
        "is_offered": getattr(request.user, "toured_at", None) is None,
        "starts": request.GET.get("tour") == "1",
        "url": reverse("me-tour"),
        "steps": [{"at": at, "title": title, "text": text} for at, title, text in STEPS],
    }
