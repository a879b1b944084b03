"""The keys, said once: the help shows this table and the pages act on it (static/js/keys.js).

`does` names what static/js registers under that name; a line without a function, or a function
without a line, is an error that every browser test sees. `mod` is Ctrl, and Cmd on a Mac. Lines
without `keys` belong to the browser or to one field and are only told.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Shortcut:
    """One line of the help: what a key does, the keys that do it, and how they are written."""

    label: Any
    shown: tuple[Any, ...]
    does: str = ""
    keys: tuple[str, ...] = ()


EVERYWHERE = (
    Shortcut(_("Search and commands"), ("Ctrl K",), "palette", ("mod+k",)),
    Shortcut(_("Create"), ("C",), "create", ("c",)),
    Shortcut(_("Undo what was just done"), ("Z",), "undo", ("z",)),
    Shortcut(_("All keys"), ("?",), "help", ("?",)),
    Shortcut(_("Go to a page"), ("G", _("letter")), "go", ("g",)),
)
LISTS = (
    Shortcut(_("Filter"), ("/",), "filter", ("/",)),
    Shortcut(_("Next row"), ("J", "↓"), "row-next", ("j", "ArrowDown")),
    Shortcut(_("Previous row"), ("K", "↑"), "row-previous", ("k", "ArrowUp")),
    Shortcut(_("Select a row, or a range with Shift"), ("X",), "row-pick", ("x",)),
    Shortcut(_("Edit"), ("E",), "edit", ("e",)),
    Shortcut(_("Side panel"), (_("Space"),), "row-look", (" ",)),
    Shortcut(_("Open"), ("↵",), "row-open", ("Enter",)),
    Shortcut(_("Close the panel, then drop the selection"), ("Esc",), "row-leave", ("Escape",)),
)
BOARDS = (
    Shortcut(
        _("Card in the next column, or on the next day"), ("→",), "card-right", ("ArrowRight",)
    ),
    Shortcut(_("Card in the column or on the day before"), ("←",), "card-left", ("ArrowLeft",)),
    Shortcut(_("Move the card to…"), ("M",), "card-move", ("m",)),
    Shortcut(_("Later days"), ("]",), "days-later", ("]",)),
    Shortcut(_("Earlier days"), ("[",), "days-earlier", ("[",)),
)
RECORDS = (
    Shortcut(_("Next record of the list"), ("J", "]"), "record-next", ("j", "]")),
    Shortcut(_("Previous record of the list"), ("K", "["), "record-previous", ("k", "[")),
    Shortcut(_("Write a follow-up"), ("F",), "compose", ("f",)),
    Shortcut(_("Edit"), ("E",)),
)
WRITING = (
    Shortcut(_("Save a form, log a follow-up"), ("Ctrl ↵",), "send", ("mod+Enter",)),
    Shortcut(_("Save a field, leave it as it was"), ("↵", "Esc")),
)


def key_groups() -> list[dict[str, Any]]:
    """What crm/shell/keys.html shows."""
    titled = (
        (_("Everywhere"), EVERYWHERE),
        (_("In lists"), LISTS),
        (_("On a board and in a calendar"), BOARDS),
        (_("On a record"), RECORDS),
        (_("While writing"), WRITING),
    )
    return [{"title": title, "lines": lines} for title, lines in titled]
