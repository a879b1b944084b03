"""The duplicate guard on the write path: exact ones refused, near ones offered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.facts import holder_word
from crm.access.policy import Access
from crm.modules.module import Keys
from crm.records.errors import DuplicateFound
from crm.records.keys import LONGEST_KEY, exact_holders, near_holders


@dataclass(frozen=True)
class Match:
    """A known record: by which rule, and as much of it as the person may know.

    `pk` and `label` are filled only where he may see the record; `word` always says something.
    """

    rule: str
    is_exact: bool
    word: str
    pk: int | None = None
    label: str = ""


def matches_of(access: Access, values: Mapping[str, Any], but: int | None = None) -> list[Match]:
    """Known records that may be the same as one with these values: exact ones first."""
    keys = access.module.keys(values)
    exact = exact_holders(access.module, keys.exact, but)
    found = {pk: (rule, True) for (rule, _key), pk in sorted(exact.items())}
    for pk, rule in near_holders(access.module, keys.near, but):
        found.setdefault(pk, (rule, False))
    labels = access.labels(access.module.name, set(found))
    return [
        Match(
            rule,
            is_exact,
            holder_word(access.module, pk),
            pk if pk in labels else None,
            labels[pk].label if pk in labels else "",
        )
        for pk, (rule, is_exact) in found.items()
    ]


def refuse_duplicates(
    access: Access, values: Mapping[str, Any], but: int | None = None, near_is_fine: bool = True
) -> Keys:
    """The record's keys, if nobody holds them. Raises DuplicateFound."""
    keys = access.module.keys(values)
    if not keys.exact and (near_is_fine or not keys.near):
        return keys
    if near_is_fine and not exact_holders(access.module, keys.exact, but):
        return keys
    matches = matches_of(access, values, but)
    if matches:
        _refuse(access, matches)
    return keys


def refuse_lost(access: Access, lost: Mapping[int, tuple[str, str]]) -> None:
    """Raise DuplicateFound when somebody else took a key in the same moment."""
    for rule, key in lost.values():
        holders = exact_holders(access.module, [(rule, key[:LONGEST_KEY])])
        words = [holder_word(access.module, pk) for pk in holders.values()]
        _refuse(access, [Match(rule, True, words[0] if words else _("somebody else"))])


def _refuse(access: Access, matches: list[Match]) -> None:
    fields: dict[str, list[Any]] = {}
    for match in matches:
        name = match.rule if match.rule in access.visible else access.module.title
        known = match.label or access.module.label
        fields.setdefault(name, []).append(
            _("Known already: %(known)s, %(word)s.") % {"known": known, "word": match.word}
        )
    raise DuplicateFound(fields, matches)
