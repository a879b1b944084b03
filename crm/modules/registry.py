"""Which modules there are: those that apps declare, and those made by administrators."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from crm.modules.fields import Field
from crm.modules.module import Index, Module, Part
from crm.modules.stamp import KeptUnder, definitions_version


class UnknownModule(LookupError):
    """No module has this name."""


# A source answers with the modules and the extra fields that the database defines.
Definitions = tuple[list[Module], dict[str, list[Field]]]
Choices = dict[str, list[tuple[str, dict[str, str]]]]
# Blocks of the start page: `block(user)` gives a context of home/page.html or None.
# Tiles of setup: (name of the address, icon, label, what it is for).
CONTRIBUTIONS = ("HOME_BLOCKS", "SETUP_TILES")

_declared: list[type[Module]] = []
_contributed: dict[str, list[Part]] = {}
_choices: Choices = {}
_gathered: dict[str, list[Any]] = {}
_sources: list[Callable[[], Definitions]] = []


def load_declarations() -> None:
    """Read each app's `modules.py`: its INDEX of modules and the PARTS it adds to others' pages."""
    _declared.clear()
    _contributed.clear()
    _choices.clear()
    _gathered.clear()
    forget()
    for config in apps.get_app_configs():
        if config.module is None or not module_has_submodule(config.module, "modules"):
            continue
        found = import_module(f"{config.name}.modules")
        index = getattr(found, "INDEX", None)
        if not isinstance(index, Index):
            continue
        _declared.extend(index.modules)
        _choices.update(getattr(found, "DICTIONARIES", {}))
        for module_name, parts in getattr(found, "PARTS", {}).items():
            _contributed.setdefault(module_name, []).extend(parts)
        for name in CONTRIBUTIONS:
            _gathered.setdefault(name, []).extend(getattr(found, name, ()))


def contributions(name: str) -> list[Any]:
    """What the apps' `modules.py` add to a shared page: one of CONTRIBUTIONS, in app order."""
    return list(_gathered[name])


def add_source(source: Callable[[], Definitions]) -> None:
    """Let a room of the kernel tell of modules and fields that the database defines."""
    if source not in _sources:
        _sources.append(source)


def declare(module: type[Module]) -> None:
    """Add one module after start-up; tests make modules on the fly with it."""
    _declared.append(module)
    forget()


def withdraw(module: type[Module]) -> None:
    """Take back what `declare` added."""
    _declared.remove(module)
    forget()


def shipped_choices() -> Choices:
    """The dictionaries that the apps ship: name → [(value, labels by language)]."""
    return dict(_choices)


def forget() -> None:
    """Drop the built modules; the next look-up builds them anew."""
    _built.forget()


def declared_modules() -> list[type[Module]]:
    """The classes that the apps declare, in menu order; asks no database."""
    return list(_declared)


def _build() -> dict[str, Module]:
    made: list[Module] = []
    extra_fields: dict[str, list[Field]] = {}
    for source in _sources:
        modules, fields = source()
        made.extend(modules)
        for name, more in fields.items():
            extra_fields.setdefault(name, []).extend(more)
    built = {
        cls.name: cls(extra_fields.get(cls.name, ()), _contributed.get(cls.name, ()))
        for cls in _declared
    }
    built.update({module.name: module for module in made})
    targets = {cls.model._meta.label: cls.name for cls in _declared}
    for module in built.values():
        module.targets = targets
    return built


_built = KeptUnder(definitions_version, _build)


def all_modules() -> list[Module]:
    """Every module, in menu order."""
    return list(_built.get().values())


def module_names() -> Iterable[str]:
    """The names of all modules."""
    return _built.get().keys()


def module_named(name: str) -> Module:
    """The module called `name`. Raises UnknownModule."""
    try:
        return _built.get()[name]
    except KeyError:
        raise UnknownModule(name) from None


def children_of(module: Module) -> list[tuple[Module, str]]:
    """The modules whose records live and die with this module's, and the field that says so."""
    found = []
    for other in all_modules():
        if other.parent and other.fields[other.parent].target == module.name:
            found.append((other, other.parent))
    return found
