"""The library's folders as one person sees them; who may do what in each.

All folders are read at once, a row each: a library has some thousands of them at most. A folder
has the rights of the nearest above it, itself included, that has rights of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Max, Q
from django.utils.functional import cached_property

from crm.access.errors import NotVisible
from crm.documents.models import Folder, FolderRight
from crm.lib.pinyin import initials as initials_of
from crm.lib.pinyin import joined_pinyin, pinyin_key
from crm.lib.text import simplify

LIBRARY = "library"  # what `module` says of a document in a folder
DEEPEST = 8
NONE, READ, ADD, MANAGE = 0, *FolderRight.Level.values


@dataclass(eq=False)
class Node:
    """One folder. `level` is what the person may do there, NONE to MANAGE."""

    pk: int
    name: str
    has_own_rights: bool
    is_deleted: bool
    deletion: UUID | None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    level: int = NONE

    @property
    def is_seen(self) -> bool:
        """Whether it is there for this person."""
        return not self.is_deleted and self.level >= READ

    @property
    def depth(self) -> int:
        """1 for a folder at the top."""
        return 1 + (self.parent.depth if self.parent else 0)

    @property
    def height(self) -> int:
        """How many floors of living folders there are, this one included."""
        return 1 + max((one.height for one in self.children if not one.is_deleted), default=0)

    def inside(self) -> Iterator[Node]:
        """This folder and all living ones below it, seen or not."""
        yield self
        for one in self.children:
            if not one.is_deleted:
                yield from one.inside()

    @property
    def above(self) -> Node | None:
        """The nearest folder above that the person sees: there it stands for him."""
        found = self.parent
        while found is not None and not found.is_seen:
            found = found.parent
        return found

    @property
    def trail(self) -> list[Node]:
        """The folders that the person sees from the top down to this one."""
        return [*(self.above.trail if self.above else []), self]


class Library:
    """The folders for one person, read when first asked for."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self._grants = user.grants(LIBRARY)

    @property
    def is_administrator(self) -> bool:
        """Administrators manage every folder."""
        return bool(self._grants.administer)

    @cached_property
    def nodes(self) -> dict[int, Node]:
        """All folders, deleted ones too."""
        rows = Folder.objects.values_list(
            "pk", "name", "has_own_rights", "deleted_at", "deletion", "parent"
        )
        found, parents = {}, {}
        for pk, name, has_own, deleted_at, deletion, parent in rows:
            found[pk] = Node(pk, name, has_own, deleted_at is not None, deletion)
            parents[pk] = parent
        for pk, parent in parents.items():
            if parent is not None:
                found[pk].parent = found[parent]
                found[parent].children.append(found[pk])
        self._set_levels(found)
        return found

    def _set_levels(self, nodes: dict[int, Node]) -> None:
        given = self._given()

        def walk(node: Node, above: int) -> None:
            node.level = given.get(node.pk, NONE) if node.has_own_rights else above
            if self.is_administrator:
                node.level = MANAGE
            for one in node.children:
                walk(one, node.level)

        for node in nodes.values():
            if node.parent is None:
                walk(node, NONE)

    def _given(self) -> dict[int, int]:
        """The highest level that some right gives the person, by folder."""
        if self.is_administrator:
            return {}
        Holder = FolderRight.Holder
        mine = Q(holder=Holder.EVERYONE)
        mine |= Q(holder=Holder.PERSON, holder_id=self._grants.user_id)
        mine |= Q(holder=Holder.GROUP, holder_id__in=sorted(self._grants.groups))
        mine |= Q(holder=Holder.ROLE, holder_id__in=sorted(self._grants.roles))
        rows = FolderRight.objects.filter(mine).values_list("folder").annotate(best=Max("level"))
        return dict(rows)

    def seen(self, pk: int) -> Node:
        """One living folder that the person sees. Raises NotVisible."""
        node = self.nodes.get(pk)
        if node is None or not node.is_seen:
            raise NotVisible
        return node

    @cached_property
    def visible(self) -> list[Node]:
        """All that the person sees, by name."""
        found = [node for node in self.nodes.values() if node.is_seen]
        return sorted(found, key=lambda node: (pinyin_key(node.name), node.pk))

    def below(self, node: Node | None) -> list[Node]:
        """The folders that stand in this one for the person; None: at the top."""
        return [one for one in self.visible if one.above is node]

    def in_order(self, node: Node | None = None, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """All that he sees as a tree is read: how deep for him, and the folder."""
        for one in self._standing.get(node, []):
            yield depth, one
            yield from self.in_order(one, depth + 1)

    @cached_property
    def _standing(self) -> dict[Node | None, list[Node]]:
        found: dict[Node | None, list[Node]] = {}
        for one in self.visible:
            found.setdefault(one.above, []).append(one)
        return found


def sought_of(name: str) -> str:
    """What a name is found by: its signs folded, and how it is said, whole and by first letters."""
    return "\n".join((simplify(name).casefold(), joined_pinyin(name), initials_of(name)))


def holds(name: str, words: list[str]) -> bool:
    """Whether a name is found by all the words; how it is said is read only where it is asked."""
    written = simplify(name).casefold()
    missing = [word for word in words if word not in written]
    return not missing or (
        all(word.isascii() for word in missing) and all(word in sought_of(name) for word in missing)
    )


def words_of(text: str) -> list[str]:
    """The words that a sought name must all hold."""
    return [word.casefold() for word in simplify(text).split()]
