"""The duplicate guard on the write path: exact ones refused, near ones offered."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.facts import holder_word, holder_words
from crm.access.policy import Access
from crm.modules.module import Keys
from crm.records.doubles import apart_from
from crm.records.errors import DuplicateFound
from crm.records.keys import LONGEST_KEY, exact_holders, near_holders

MOST_NEAR = 20


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
    return matches_of_many(access, {0: access.module.all_keys(values)}, but=but).get(0, [])


def matches_of_many(
    access: Access,
    keys: Mapping[int, Keys],
    *,
    near: Container[int] | None = None,
    but: int | None = None,
) -> dict[int, list[Match]]:
    """Known records that may be the same as each of these, by the caller's own place numbers.

    `near` names the places for which similar records count too (default: all). Places without
    a match are left out.
    """
    asked = [place for place in keys if near is None or place in near]
    exact = exact_holders(access.module, (key for one in keys.values() for key in one.exact), but)
    alike = near_holders(access.module, (key for place in asked for key in keys[place].near), but)
    apart = apart_from(access.module, but) if but is not None and alike else set()
    found: dict[int, dict[int, tuple[str, bool]]] = {}
    for place, one in keys.items():
        for rule, key in sorted(one.exact):
            pk = exact.get((rule, key[:LONGEST_KEY]))
            if pk is not None:
                found.setdefault(place, {}).setdefault(pk, (rule, True))
    for place in asked:
        for rule, key in sorted(keys[place].near):
            for pk in alike.get((rule, key[:LONGEST_KEY]), ())[:MOST_NEAR]:
                if pk not in apart:
                    found.setdefault(place, {}).setdefault(pk, (rule, False))
    return _told(access, found)


def _told(
    access: Access, found: Mapping[int, Mapping[int, tuple[str, bool]]]
) -> dict[int, list[Match]]:
    """Known records by place as (rule, is exact), with as much as the person may know of each."""
    ids = {pk for held in found.values() for pk in held}
    if not ids:
        return {}
    labels = access.labels(access.module.name, ids)
    words = holder_words(access.module, ids)
    return {
        place: [
            Match(
                rule, is_exact, words[pk], pk if pk in labels else None,
                str(labels[pk].label) if pk in labels else "",
            )
            for pk, (rule, is_exact) in held.items()
        ]
        for place, held in found.items()
    }  # fmt: skip


def refuse_duplicates(
    access: Access,
    values: Mapping[str, Any],
    but: int | None = None,
    near_is_fine: bool = True,
    had: Keys | None = None,
) -> Keys:
    """The record's keys, if nobody holds them. Raises DuplicateFound.

    Keys that it `had` already are neither asked about nor answered: a record that was let in
    beside its twin may still be changed.
    """
    keys = access.module.all_keys(values)
    if had is not None:
        keys = Keys(keys.exact - had.exact, keys.near - had.near)
    if not keys.exact and (near_is_fine or not keys.near):
        return keys
    if near_is_fine and not exact_holders(access.module, keys.exact, but):
        return keys
    matches = matches_of_many(access, {0: keys}, but=but).get(0, [])
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
    raise DuplicateFound(known_errors(access, matches), matches)


def known_errors(access: Access, matches: Iterable[Match]) -> dict[str, list[Any]]:
    """The sentences of a refusal by field, as much as the person may know."""
    fields: dict[str, list[Any]] = {}
    for match in matches:
        name = match.rule if match.rule in access.visible else access.module.title
        known = match.label or access.module.label
        sentence = _("Known already: %(known)s, %(word)s.")
        if name in access.module.unique_fields:
            sentence = _("Another record has this value: %(known)s, %(word)s.")
        fields.setdefault(name, []).append(sentence % {"known": known, "word": match.word})
    return fields
