"""What the audit keeps as short names, in the reader's words: modules, actions, fields, reach.

Entries hold names, not labels: labels follow the language of whoever reads, years later too.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.access.grants import ACTION_LABELS, SCOPE_LABELS, STATE_LABELS, ScopeName, State
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named

WHEN_EMPTY = " when empty"  # how accounts marks a field that may be filled in once
Words = tuple[str, str, str, str]


def right_words(change: Mapping[str, Any]) -> Words:
    """One changed right as (module, action or field, before, after); names without labels."""
    name = str(change.get("module", ""))
    try:
        module: Module | None = module_named(name)
    except UnknownModule:
        module = None
    label = str(module.label_plural) if module else name
    before, after = str(change.get("before", "")), str(change.get("after", ""))
    if "action" in change:
        action = str(change["action"])
        return label, str(ACTION_LABELS.get(action, action)), _scope(before), _scope(after)
    path = str(change.get("field", ""))
    return label, _field(module, path), _state(before), _state(after)


def setting_words(module: Module, detail: Mapping[str, Any]) -> Words | None:
    """One decision of the company as (module, setting, before, after); None for an unknown one."""
    setting = next((one for one in module.settings if one.name == detail.get("setting")), None)
    if setting is None:
        return None
    said = {value: str(label) for value, label in setting.choices}
    before, after = (str(detail.get(key, "")) for key in ("before", "after"))
    label = str(setting.label)
    return str(module.label_plural), label, said.get(before, before), said.get(after, after)


def _field(module: Module | None, path: str) -> str:
    """A field's label; of a member of a collection both labels."""
    if module is None or module.field_at(path) is None:
        return path
    name, _dot, member = path.partition(".")
    whole = module.fields[name]
    return f"{whole.label} · {whole.members[member].label}" if member else str(whole.label)


def _scope(name: str) -> str:
    return str(SCOPE_LABELS[ScopeName(name)]) if name in set(ScopeName) else name


def _state(name: str) -> str:
    plain = name.removesuffix(WHEN_EMPTY)
    if plain not in State.names():
        return name
    label = str(STATE_LABELS[State.parse(plain)])
    return label if plain == name else _("%s (only when empty)") % label
