"""The declaration of a module: what it is, said once; every surface comes from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.lib.pasted import Pasted
from crm.lib.text import unique_key
from crm.modules.collections import Collection
from crm.modules.fields import COLLABORATORS, Field, field_from_column

# Every record has these; a module names them in sections or columns like its own.
RECORD_FIELDS = (
    "number", "owner", "department", "created_at", "created_by", "changed_at", "changed_by",
)  # fmt: skip


@dataclass(frozen=True)
class Keys:
    """What makes a record the same as another: (rule, key) pairs.

    No two living records of a module share an exact key; near ones are only offered.
    """

    exact: frozenset[tuple[str, str]] = frozenset()
    near: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Part:
    """A block on the record page: the records of another module that point here.

    `module` names the other module, `relation` its field that holds this record's id.
    """

    module: str
    relation: str
    label: Any = ""
    columns: tuple[str, ...] = ()
    picture: str = ""  # the path under the record's address of a picture of these records


@dataclass(frozen=True)
class Setting:
    """A question that administrators answer once for the whole company.

    `rekeys` says whose duplicate keys follow the answer; None: nobody's.
    """

    name: str
    label: Any
    choices: Sequence[tuple[str, Any]]
    default: str
    help: Any = ""
    rekeys: Q | None = None


class Module:
    """One module. Subclasses set the attributes; an instance is what the registry keeps."""

    name: str = ""
    label: Any = ""
    label_plural: Any = ""
    about: Any = ""  # one sentence: what such a record is, for whoever sees none yet
    icon: str = "dots"
    group: Any = ""
    model: type[models.Model]
    title: str = "name"
    number_prefix: str = ""
    sections: Mapping[Any, Sequence[str]] = {}
    columns: Sequence[str] = ()
    phone_columns: Sequence[str] = ()
    quick: Sequence[str] = ()  # what quick create asks for; () = title, parent, first columns
    facts: Sequence[str] = ()
    stage: str = ""
    level: str = ""
    chance: str = ""  # the field, in percent, by which a board weighs what it adds up
    default_sort: Sequence[str] = ("-changed_at",)
    search: Mapping[str, str] = {}  # code of the field's words in the search table → field
    filters: Sequence[str] = ()
    collections: Sequence[Collection] = ()
    changes: Mapping[str, Mapping[str, Any]] = {}
    computed: Sequence[Field] = ()
    closed: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    parent: str = ""
    parts: Sequence[Part] = ()
    extra_actions: Sequence[str] = ()
    has_follow_ups: bool = False
    team_page: str = ""  # the address of a summary by person or of all, where there is one
    team_label: Any = _("By person")  # what the menu of lists calls it
    is_only_inside: bool = False  # made on another record's page, not by a form of its own
    background: frozenset[str] = frozenset()
    duplicate_fields: frozenset[str] = frozenset()
    pasted_words: Mapping[str, Sequence[str]] = {}  # field → words before its value in a text
    pasted_note: str = ""  # the field that keeps a pasted text as it was; "" = none is read
    settings: Sequence[Setting] = ()
    examples: Mapping[str, Any] = {}
    headings: Mapping[str, Sequence[str]] = {}  # path of a field → words over its column in files

    def __init__(
        self, extra_fields: Iterable[Field] = (), extra_parts: Iterable[Part] = ()
    ) -> None:
        self._extra_fields = tuple(extra_fields)
        self._extra_parts = tuple(extra_parts)
        self.targets: Mapping[str, str] = {}  # model label → module name, told by the registry

    def __repr__(self) -> str:
        return f"<module {self.name}>"

    # What a module may say about its own values ---------------------------------------------

    def proposed(self, found: Pasted) -> Mapping[str, Sequence[Any]]:
        """What a pasted text says about fields, likeliest first; a collection's rows are one."""
        return {}

    def keys(self, values: Mapping[str, Any]) -> Keys:
        """The duplicate keys of a record with these values (columns and collections)."""
        return Keys()

    def all_keys(self, values: Mapping[str, Any]) -> Keys:
        """The duplicate keys of a record, those of its unique fields included."""
        keys = self.keys(values)
        unique = frozenset(
            (name, unique_key(values.get(name)))
            for name in self.unique_fields
            if values.get(name) not in (None, "")
        )
        return Keys(keys.exact | unique, keys.near) if unique else keys

    def validate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Errors by field of values that are right one by one but not together."""
        return {}

    def derive(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Background columns computed from a record's values: sort keys and the like."""
        return {}

    def after_write(self, act: Any, ids: Sequence[int]) -> None:
        """What follows a save of these records, in its transaction."""

    def after_touch(self, act: Any, ids: Sequence[int]) -> None:
        """What follows when follow-ups changed the dates of these records, in the transaction."""

    def on_page(self, access: Any, row: Any) -> dict[str, Any]:
        """What the page of a record shows besides its declaration, for the person of `access`.

        `stage_note` stands at the current stage, `notices` over the fields, `actions` in the menu,
        `groups` come after the first group of fields, `watch` {url, is_on} is the star in the
        head; see crm/detail/page.html.
        """
        return {}

    def uses_of_choice(self, dictionary: str, value: str) -> Sequence[str]:
        """Rules of the module's own that name a choice, each as a sentence; it stays then."""
        return ()

    def hanging_on(self, module_name: str, pk: int) -> dict[str, Any]:
        """The look-up of this module's rows that hang on a record of another module."""
        field = self.fields.get(self.parent)
        if field is not None and field.kind == "any_relation":
            return {field.column: f"{module_name}/{pk}"}
        if field is not None and field.target == module_name:
            return {field.value_path: pk}
        raise LookupError(f"{self.name} does not hang on {module_name}.")

    def other_parents(self, ids: Sequence[int], dead: Sequence[int]) -> dict[int, int]:
        """Of children whose parent dies: those that live on, and under which parent."""
        return {}

    # What follows from the declaration -------------------------------------------------------

    @property
    def rows(self) -> models.QuerySet:
        """Every row of the module's table that belongs to it; for crm.access and crm.records."""
        return self.model.unscoped.filter(self.condition)  # type: ignore[attr-defined]

    @property
    def condition(self) -> Q:
        """What tells this module's rows from others in the same table."""
        return Q()

    @property
    def constants(self) -> dict[str, Any]:
        """Columns that every row of this module holds."""
        return {}

    @cached_property
    def fields(self) -> dict[str, Field]:
        """All fields by name: sections first, then collections, then what every record has."""
        found: dict[str, Field] = {}
        by_collection = {collection.name: collection for collection in self.collections}
        by_computed = {computed.name: computed for computed in self.computed}
        for name in (*self.section_names, *by_collection, *self.record_fields):
            if name in found:
                continue
            if name in by_collection:
                found[name] = by_collection[name].as_field()
            elif name in by_computed:
                found[name] = by_computed[name]
            else:
                found[name] = self._own_field(name)
        for extra in self._extra_fields:
            found[extra.name] = extra
        return found

    def _own_field(self, name: str) -> Field:
        if name == COLLABORATORS:
            return Field(name, COLLABORATORS, _("Collaborators"), is_read_only=True)
        base = field_from_column(self.model, name)
        changes = dict(self.changes.get(name, {}))
        if name in self.read_only or name in RECORD_FIELDS:
            changes["is_read_only"] = True
        if base.kind == "relation" and "target" not in changes:
            changes["target"] = self.targets.get(base.target, base.target)
        return base.with_changes(**changes)

    @cached_property
    def unique_fields(self) -> frozenset[str]:
        """The added fields whose values no two living records share."""
        return frozenset(name for name, field in self.fields.items() if field.is_unique)

    @cached_property
    def key_fields(self) -> frozenset[str]:
        """The fields that duplicate keys are made of."""
        return self.duplicate_fields | self.unique_fields

    @property
    def record_fields(self) -> tuple[str, ...]:
        """The fields that a record has of itself, whatever the module."""
        return RECORD_FIELDS if self.user_shares is None else (*RECORD_FIELDS, COLLABORATORS)

    @property
    def user_shares(self) -> Any:
        """The table of shares with people; None where records are not shared one by one."""
        return getattr(self.model, "user_shares", None)  # see crm/access/sharing.py

    @cached_property
    def section_names(self) -> tuple[str, ...]:
        """Every field that stands in a section, in order."""
        return tuple(name for names in self.sections.values() for name in names)

    @cached_property
    def all_parts(self) -> tuple[Part, ...]:
        """The blocks of the record page, those that other modules contribute included."""
        return (*self.parts, *self._extra_parts)

    @cached_property
    def stored_fields(self) -> dict[str, Field]:
        """The fields that have a column or key of their own."""
        return {
            name: field
            for name, field in self.fields.items()
            if not field.is_collection and not field.is_computed
        }

    @cached_property
    def collections_by_name(self) -> dict[str, Collection]:
        """The collections by their field's name."""
        return {collection.name: collection for collection in self.collections}

    def right_names(self) -> list[str]:
        """Every name that a field right can be given on: fields and members of collections."""
        names = []
        for name, one in self.fields.items():
            names.append(name)
            names.extend(f"{name}.{member}" for member in one.members)
        return names

    def field_at(self, path: str) -> Field | None:
        """The field called `path`; a dotted path names a member of a collection."""
        name, _dot, member = path.partition(".")
        found = self.fields.get(name)
        if found is None or not member:
            return found
        return found.members.get(member)


@dataclass
class Index:
    """An app's list of modules, in menu order."""

    label: Any
    modules: list[type[Module]] = field(default_factory=list)


GROUPS = {
    "sales": _("Sales"),
    "service": _("Service"),
    "marketing": _("Marketing"),
    "activities": _("Activities"),
}
