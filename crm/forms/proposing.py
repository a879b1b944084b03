"""A pasted text as proposed values of a new record: only fields that the person may write.

Nothing is saved and nothing is certain: the form opens filled, a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.lib.pasted import LONGEST, read_pasted
from crm.lib.text import clean, fold
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.cleaning import Cleaner
from crm.records.drafts import draft_of
from crm.records.duplicates import Match, matches_of
from crm.records.errors import Invalid
from crm.records.limits import note_check
from crm.search.finding import find

MOST_CHOICES = 5


@dataclass
class Proposal:
    """The likeliest value of each field, other candidates, and who may be the same already.

    A relation stands as its id; `labels` says what it is called. `others` are texts.
    """

    values: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)


def propose(access: Access, text: str, *, keeps_text: bool = False) -> Proposal:
    """What `text` says about a new record. Raises Invalid for texts that are too long or empty."""
    access.require("create")
    module = access.module
    if not module.pasted_note or not clean(text):
        raise Invalid(_("There is no text to read."))
    if len(text) > LONGEST:
        raise Invalid(_("This text is too long to be read: at most %d characters.") % LONGEST)
    found = module.proposed(read_pasted(text, module.pasted_words))
    proposal = Proposal()
    writable = access.writable()
    for name, candidates in found.items():
        if name in writable and candidates:
            _put(access, proposal, module.fields[name], candidates)
    if keeps_text and module.pasted_note in writable:
        proposal.values[module.pasted_note] = clean(text)
    _check(access, proposal, writable)
    return proposal


def _put(access: Access, proposal: Proposal, one: Field, candidates: Sequence[Any]) -> None:
    if one.is_collection:
        rows = [_permitted(access, one, row) for row in candidates[0]]
        if any(rows):
            proposal.values[one.name] = [row for row in rows if row]
    elif one.kind == "relation":
        _relate(access, proposal, one, [str(name) for name in candidates])
    else:
        proposal.values[one.name] = candidates[0]
        if len(candidates) > 1:
            proposal.others[one.name] = [str(one) for one in candidates[1:MOST_CHOICES]]


def _permitted(access: Access, one: Field, row: dict[str, Any]) -> dict[str, Any]:
    names = (name for name in row if f"{one.name}.{name}" in access.editable)
    return {name: row[name] for name in names if row[name]}


def _relate(access: Access, proposal: Proposal, one: Field, names: Sequence[str]) -> None:
    """A related record of exactly this name that the person may see; other names stay a hint."""
    door = access_to(access.user, module_named(one.target))
    title = door.module.title
    for name in names if title in door.readable else ():
        for row in door.rows_of(find(door, name, MOST_CHOICES).ids, {title}):
            if fold(str(row[title])) == fold(name):
                proposal.values[one.name] = row.pk
                proposal.labels[one.name] = str(row[title])
                return
    proposal.others[one.name] = list(names[:MOST_CHOICES])


def _check(access: Access, proposal: Proposal, writable: frozenset[str]) -> None:
    """What no field would take goes; then the question who is known already, which is counted."""
    for name in draft_of(Cleaner(access), proposal.values, writable).errors:
        proposal.values.pop(name, None)
    draft = draft_of(Cleaner(access), proposal.values, writable)
    keys = access.module.keys(draft.all)
    if keys.exact or keys.near:
        note_check(access, "paste")
        proposal.matches = matches_of(access, draft.all)


def as_posted(access: Access, proposal: Proposal) -> QueryDict:
    """The proposal as a form would have posted it, so that a form can show it."""
    post = QueryDict(mutable=True)
    for name, value in proposal.values.items():
        if not access.module.fields[name].is_collection:
            post[name] = str(value)
            if name in proposal.labels:
                post[f"{name}__text"] = proposal.labels[name]
            continue
        post[f"{name}-TOTAL"] = str(len(value))
        for place, row in enumerate(value):
            for member, one in row.items():
                post[f"{name}-{place}-{member}"] = str(one)
    return post
