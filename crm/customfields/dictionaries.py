"""The choices of a field: fixed ones, or a dictionary that administrators keep."""

from collections.abc import Iterable

from django.utils.translation import get_language

from crm.customfields.labels import label_in
from crm.customfields.models import Option
from crm.lib.text import spelled
from crm.modules.fields import Field
from crm.modules.stamp import KeptUnder, definitions_version, raise_definitions_version


def _read() -> dict[str, list[tuple[str, dict[str, str], bool]]]:
    found: dict[str, list[tuple[str, dict[str, str], bool]]] = {}
    for name, value, labels, active in Option.objects.values_list(
        "dictionary", "value", "labels", "is_active"
    ):
        found.setdefault(name, []).append((value, labels, active))
    return found


_dictionaries = KeptUnder(definitions_version, _read)


def options_of(field: Field, with_retired: bool = False) -> list[tuple[str, str]]:
    """(value, label) of each choice in the reader's language; retired ones only when asked."""
    if not field.dictionary:
        return [(str(value), str(label)) for value, label in field.choices]
    found = _dictionaries.get().get(field.dictionary, [])
    return [
        (value, label_in(labels, value))
        for value, labels, active in found
        if active or with_retired
    ]


_labels: KeptUnder[dict[tuple[str, str | None], dict[str, str]]] = KeptUnder(
    definitions_version, dict
)


def labels_of(field: Field) -> dict[str, str]:
    """The label of each choice in the reader's language, retired ones too; not to be changed."""
    if not field.dictionary:
        return dict(options_of(field))
    kept, key = _labels.get(), (field.dictionary, get_language())
    if key not in kept:
        kept[key] = dict(options_of(field, with_retired=True))
    return kept[key]


def option_label(field: Field, value: str) -> str:
    """The label of one choice; the value itself when it is no longer known."""
    return labels_of(field).get(value, value)


def value_of_label(field: Field, text: str) -> str | None:
    """The value of a choice named by its value or by its label in any language, in any width."""
    wanted = spelled(text)
    if not field.dictionary:
        for value, label in field.choices:
            if wanted in {spelled(str(value)), spelled(str(label))}:
                return str(value)
        return None
    for value, labels, active in _dictionaries.get().get(field.dictionary, []):
        if active and wanted in {spelled(value), *map(spelled, labels.values())}:
            return value
    return None


def spellings_of(field: Field) -> dict[str, str]:
    """Each choice by what people may write for it, `spelled`: value or label in any language."""
    if not field.dictionary:
        pairs = [(str(value), [str(label)]) for value, label in field.choices]
    else:
        rows = _dictionaries.get().get(field.dictionary, [])
        pairs = [(value, list(labels.values())) for value, labels, _active in rows]
    by_label = {spelled(label): value for value, labels in pairs[::-1] for label in labels}
    return {**by_label, **{spelled(value): value for value, _labels in pairs}}


def values_by_label(field: Field) -> dict[str, str]:
    """Spelled label in any language → value, of all choices of a dictionary, retired ones too.

    As they are in the database now, even before anybody was told of new ones.
    """
    rows = Option.objects.filter(dictionary=field.dictionary).values_list("value", "labels")
    return {spelled(label): value for value, labels in rows for label in labels.values()}


def add_options(dictionary: str, options: Iterable[tuple[str, dict[str, str]]]) -> None:
    """Make sure that a dictionary has these (value, labels); keeps what people changed."""
    for position, (value, labels) in enumerate(options):
        Option.objects.get_or_create(
            dictionary=dictionary,
            value=value,
            defaults={"labels": labels, "position": position},
        )
    raise_definitions_version()
