"""Fields that administrators add to modules, change and take away; usable at once everywhere.

Whose rights open a new field is said by the room of people (accounts/services/fields.py). A field
is known by an id that never comes again, so neither values nor rights of a deleted one return.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.policy import access_to
from crm.customfields.dictionaries import add_options
from crm.customfields.files import FILE
from crm.customfields.models import FieldDefinition
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.cleaning import Cleaner
from crm.records.declared import field_of
from crm.records.drafts import plain
from crm.records.errors import Invalid
from crm.records.file_kinds import (
    LIMITS,
    ONE_FILE,
    FileLimits,
    limits,
    set_limits,
    wrong_limits,
)
from crm.records.formulas import set_formula
from crm.records.uniqueness import turn, wrong_unique

FORMULA = FieldDefinition.FORMULA
KINDS = {
    "text": gettext_lazy("Text, one line"),
    "long_text": gettext_lazy("Text, several lines"),
    "integer": gettext_lazy("Whole number"),
    "decimal": gettext_lazy("Decimal number"),
    "money": gettext_lazy("Amount of money"),
    "percent": gettext_lazy("Percentage"),
    "date": gettext_lazy("Date"),
    "datetime": gettext_lazy("Date and time"),
    "boolean": gettext_lazy("Yes or no"),
    "choice": gettext_lazy("One of several choices"),
    "multi_choice": gettext_lazy("Several of the choices"),
    "relation": gettext_lazy("A record of a module"),
    "user": gettext_lazy("A colleague"),
    "department": gettext_lazy("A department"),
    "email": gettext_lazy("Mail address"),
    "url": gettext_lazy("Web address"),
    "phone": gettext_lazy("Phone number"),
    FILE: gettext_lazy("Files"),
    FORMULA: gettext_lazy("Formula over other fields"),
}
CHOICES = frozenset({"choice", "multi_choice"})
WITH_DEFAULT = frozenset(
    {"text", "integer", "decimal", "money", "percent", "boolean", "choice", "email", "url", "phone"}
)
WITH_PLACES = frozenset({"decimal", "money", "percent"})
MOST_FIELDS = 200
MOST_CHOICES = 500
MOST_PLACES = 6
LONGEST_LABEL = 60
LONGEST_HELP = 200
LONGEST_CHOICE = 80
Labels = Mapping[str, str]


def key_of(row: FieldDefinition) -> str:
    """The name of the field in its module."""
    return f"cf_{row.pk}"


def add_field(
    *,
    actor: Any,
    module: str,
    kind: str,
    labels: Labels,
    help_texts: Labels | None = None,
    required: bool = False,
    unique: bool = False,
    default: str = "",
    choices: Sequence[str] = (),
    target: str = "",
    places: int = 2,
    formula: str = "",
    files: FileLimits = ONE_FILE,
) -> FieldDefinition:
    """Make a field. `choices` are labels of a list of its own. Raises Invalid.

    `places` are the decimals of a number, `target` is the module of a relation, `formula` the
    text of one (crm/records/formulas.py), `files` how many and which (file_kinds.py).
    """
    words = list(dict.fromkeys(word for text in choices if (word := _line(text, LONGEST_CHOICE))))
    errors = _wrong(labels, help_texts or {}, places) | wrong_unique(kind, unique, default)
    errors |= _wrong_kind(module, kind, target, words) | wrong_limits(kind, files)
    if errors:
        raise Invalid(fields=errors)
    with transaction.atomic():
        row = FieldDefinition(
            module=module, kind=kind, labels=_texts(labels, LONGEST_LABEL),
            help=_texts(help_texts or {}, LONGEST_HELP), unique=unique,
            required=required and kind != FORMULA,
            target=target if kind == "relation" else "", **limits(kind, files),
            places=places if kind in WITH_PLACES else 2, position=_last_position(module) + 1,
        )  # fmt: skip
        if kind == FORMULA:
            set_formula(actor=actor, row=row, text=formula, places=places)
        else:
            _save_new(actor, row, words, default)
        _note(actor, "field.create", row)
    return row


def _save_new(actor: Any, row: FieldDefinition, words: Sequence[str], default: str) -> None:
    row.save()
    if row.kind in CHOICES:
        row.dictionary = f"field_{row.pk}"
        _add_choices(row.dictionary, words)
    raise_definitions_version()
    row.default = _default(actor, module_named(row.module), row, default)
    row.save()
    raise_definitions_version()


def _last_position(module: str) -> int:
    rows = FieldDefinition.objects.filter(module=module)
    return rows.aggregate(last=Max("position"))["last"] or 0


def change_field(
    *,
    actor: Any,
    row: FieldDefinition,
    labels: Labels,
    help_texts: Labels,
    required: bool,
    unique: bool,
    default: str,
    position: int,
    formula: str = "",
    places: int = 2,
    files: FileLimits = ONE_FILE,
) -> None:
    """Change what a field is called, whether it must be filled in, its default and place.

    Of a formula its text and decimals too. A field that becomes unique must be checked next, in
    the same transaction (crm/jobs/checking.py). Raises Invalid.
    """
    errors = _wrong(labels, help_texts, row.places) | wrong_limits(row.kind, files)
    errors |= wrong_unique(row.kind, unique, default)
    if not 0 <= position <= MOST_FIELDS * 10:
        errors["position"] = [_("The order is a number from 0 to %d.") % (MOST_FIELDS * 10)]
    if errors:
        raise Invalid(fields=errors)
    with transaction.atomic():
        if unique != row.unique:
            turn(actor, row, unique)
        before = _facts(row)
        row.labels = _texts(labels, LONGEST_LABEL)
        row.help = _texts(help_texts, LONGEST_HELP)
        set_limits(row, files)
        row.required, row.position = required and row.kind != FORMULA, position
        if row.kind == FORMULA:
            set_formula(actor=actor, row=row, text=formula, places=places)
        row.default = _default(actor, module_named(row.module), row, default)
        row.save()
        raise_definitions_version()
        if (after := _facts(row)) != before:
            _note(actor, "field.change", row, before=before, after=after)


def _facts(row: FieldDefinition) -> dict[str, Any]:
    """What a change may change, as its history keeps it."""
    names = ("labels", "help", "required", "default", "position", "formula", *LIMITS)
    return {name: getattr(row, name) for name in names}


def _wrong(labels: Labels, help_texts: Labels, places: int) -> dict[str, list[Any]]:
    errors: dict[str, list[Any]] = {}
    first = f"label_{settings.LANGUAGES[0][0]}"
    if not any(_line(text, LONGEST_LABEL) for text in labels.values()):
        errors[first] = [_("Give it a name in one language at least.")]
    for kind, texts, most in (("label", labels, LONGEST_LABEL), ("help", help_texts, LONGEST_HELP)):
        for language, text in texts.items():
            if len(text.strip()) > most:
                errors[f"{kind}_{language}"] = [_("At most %d characters.") % most]
    if not 0 <= places <= MOST_PLACES:
        errors["places"] = [_("0 to %d decimals.") % MOST_PLACES]
    return errors


def _wrong_kind(module: str, kind: str, target: str, words: Sequence[str]) -> dict[str, list[Any]]:
    errors: dict[str, list[Any]] = {}
    if FieldDefinition.objects.filter(module=module).count() >= MOST_FIELDS:
        errors[""] = [_("A module has at most %d fields of this sort.") % MOST_FIELDS]
    if kind not in KINDS:
        errors["kind"] = [_("There is no such kind of field.")]
    if kind == "relation" and target not in {one.name for one in all_modules()}:
        errors["target"] = [_("Choose a module.")]
    if kind in CHOICES and not words:
        errors["choices"] = [_("Write at least one choice.")]
    if len(words) > MOST_CHOICES:
        errors["choices"] = [_("At most %d choices.") % MOST_CHOICES]
    return errors


def _line(text: str, longest: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:longest]


def _texts(texts: Labels, longest: int) -> dict[str, str]:
    lines = {language: _line(text, longest) for language, text in texts.items()}
    return {language: text for language, text in lines.items() if text}


def _add_choices(dictionary: str, words: Sequence[str]) -> None:
    language = settings.LANGUAGES[0][0]
    add_options(
        dictionary, ((f"choice_{n}", {language: word}) for n, word in enumerate(words, start=1))
    )


def _default(actor: Any, module: Module, row: FieldDefinition, text: str) -> Any:
    """The default as JSON keeps it. Raises Invalid."""
    if row.kind not in WITH_DEFAULT or not text.strip():
        return None
    field: Field = field_of(row).with_changes(default=None, required=False)
    try:
        value = Cleaner(access_to(actor, module)).clean(field, text)
    except ValueError as error:
        raise Invalid(fields={"default": [str(error.args[0])]}) from error
    is_nothing = value is False or value in (None, "")  # no is what a record has without it
    return None if is_nothing else plain(value)


def _note(actor: Any, action: str, row: FieldDefinition, **more: Any) -> None:
    label = next(iter(row.labels.values()), key_of(row))
    record_audit(
        actor=actor,
        action=action,
        module=row.module,
        detail={"name": label, "key": key_of(row), **more},
    )
