"""The builder's tree: groups and lines with keys, as a form posts them and as conditions say them.

A form holds one `node` per group and line, in their order: `key:parent:kind`; the root is 0.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.lists.conditions import MOST_CONDITIONS, MOST_DEPTH
from crm.lists.errors import BadQuery
from crm.lists.paths import place_at
from crm.views.filter_lines import Line, condition_of, line_from, line_of

ALL, ANY, NONE = "all", "any", "none"
JOINS = (ALL, ANY, NONE)
MOST_NODES = 3 * MOST_CONDITIONS
MOST_GROUPS = 2 * MOST_DEPTH  # in one another, in a form; less in what is applied
Tree = dict[str, Any]


@dataclass
class Node:
    """A line, or a group of nodes that hold all, any or none."""

    key: int
    line: Line | None = None
    join: str = ALL
    items: list["Node"] = field(default_factory=list)

    def walk(self) -> Iterator["Node"]:
        """The node and all below it, in their order."""
        yield self
        for one in self.items:
            yield from one.walk()


def named(key: int) -> Callable[[str], str]:
    """How the inputs of a line are called."""
    return lambda part: f"{part}-{key}"


# From conditions and back -----------------------------------------------------------------------


def tree_of(access: Access, conditions: Sequence[Tree]) -> Node:
    """The conditions that all must hold, as a tree whose root is one group."""
    keys = iter(range(1, 10 * MOST_NODES))
    only = conditions[0] if len(conditions) == 1 else None
    if only is not None and "field" not in only:
        return _group(access, only, 0, keys)
    return Node(0, join=ALL, items=[_node(access, one, keys) for one in conditions])


def _node(access: Access, tree: Tree, keys: Iterator[int]) -> Node:
    if "field" in tree:
        shown = place_at(access, str(tree["field"])).shown
        return Node(next(keys), line=line_of(tree, shown))
    return _group(access, tree, next(keys), keys)


def _group(access: Access, tree: Tree, key: int, keys: Iterator[int]) -> Node:
    if "not" in tree:
        inner = tree["not"]
        nodes, join = (inner["any"] if set(inner) == {"any"} else [inner]), NONE
    else:
        ((join, nodes),) = tree.items()
    return Node(key, join=join, items=[_node(access, one, keys) for one in nodes])


def conditions_of(access: Access, root: Node, is_strict: bool = True) -> list[Tree] | None:
    """The tree as conditions that all must hold; None when a line is wrong, its error told.

    Without `is_strict` lines that are not finished are passed over, as in the count on the way.
    """
    wrong: list[Node] = []
    made = _made(access, root, wrong)
    if wrong and is_strict:
        return None
    if made is None:
        return []
    return list(made["all"]) if set(made) == {"all"} else [made]


def _made(access: Access, node: Node, wrong: list[Node]) -> Tree | None:
    if node.line is not None:
        found = condition_of(access, node.line)
        if found is None:
            wrong.append(node)
        return found
    parts = [one for one in (_made(access, item, wrong) for item in node.items) if one is not None]
    if not parts:
        return None
    if node.join != NONE:
        return {node.join: parts}
    return {"not": parts[0] if len(parts) == 1 else {"any": parts}}


# From a form ------------------------------------------------------------------------------------


def tree_from(data: QueryDict) -> Node:
    """The tree as it was posted. Raises BadQuery for what no builder posts."""
    root = Node(0, join=_join(data, 0))
    by_key, depths = {0: root}, {0: 0}
    posted = data.getlist("node")
    if len(posted) > MOST_NODES:
        raise BadQuery(_("At most %d conditions.") % MOST_CONDITIONS)
    for text in posted:
        key, parent, kind = _numbers(text)
        group = by_key.get(parent)
        is_known = group is not None and group.line is None and key not in by_key
        if group is None or not is_known or depths[parent] >= MOST_GROUPS:
            raise BadQuery(_("The filter cannot be read. Close it and open it again."))
        is_line = kind == "line"
        node = Node(key, line=line_from(data, named(key)) if is_line else None)
        node.join = ALL if is_line else _join(data, key)
        by_key[key], depths[key] = node, depths[parent] + 1
        group.items.append(node)
    return root


def _numbers(text: str) -> tuple[int, int, str]:
    key, parent, kind = (*text.split(":"), "", "", "")[:3]
    if not (key.isdecimal() and parent.isdecimal() and len(key) < 6 and len(parent) < 6):
        raise BadQuery(_("The filter cannot be read. Close it and open it again."))
    return int(key), int(parent), kind


def _join(data: QueryDict, key: int) -> str:
    join = data.get(f"join-{key}", ALL)
    return join if join in JOINS else ALL


# Acts -------------------------------------------------------------------------------------------


def act_on(root: Node, name: str, key: int) -> int:
    """Do what a button asks for; the key of the node that the person goes on with."""
    act = ACTS.get(name)
    parent, node = _find(root, key)
    if act is None or node is None:
        return key
    if (node.line is not None) if name in GROWING else (parent is None):
        return key
    return act(root, parent if parent is not None else node, node)


def _find(root: Node, key: int) -> tuple[Node | None, Node | None]:
    if key == root.key:
        return None, root
    for parent in root.walk():
        for one in parent.items:
            if one.key == key:
                return parent, one
    return None, None


def _next_key(root: Node) -> int:
    return max(one.key for one in root.walk()) + 1


def _add_line(root: Node, _parent: Node, group: Node) -> int:
    new = Node(_next_key(root), line=Line())
    group.items.append(new)
    return new.key


def _add_group(root: Node, _parent: Node, group: Node) -> int:
    key = _next_key(root)
    join = ANY if group.join == ALL else ALL
    group.items.append(Node(key, join=join, items=[Node(key + 1, line=Line())]))
    return key + 1


def _drop(_root: Node, parent: Node, node: Node) -> int:
    at = parent.items.index(node)
    parent.items.remove(node)
    return parent.items[min(at, len(parent.items) - 1)].key if parent.items else parent.key


def _copy(root: Node, parent: Node, node: Node) -> int:
    copied = deepcopy(node)
    for number, one in enumerate(copied.walk(), _next_key(root)):
        one.key = number
    parent.items.insert(parent.items.index(node) + 1, copied)
    return copied.key


def _move(by: int) -> Callable[[Node, Node, Node], int]:
    def move(root: Node, parent: Node, node: Node) -> int:
        """One place on: past a line, into a group beside it, out of its own group at the end."""
        at = parent.items.index(node)
        beside = at + by
        parent.items.pop(at)
        if 0 <= beside <= len(parent.items):
            other = parent.items[at - 1 if by < 0 else at]
            if other.line is None and node.line is not None:
                other.items.insert(len(other.items) if by < 0 else 0, node)
            else:
                parent.items.insert(beside, node)
            return node.key
        above, _node = _find(root, parent.key)
        place = parent.items if above is None else above.items
        end = len(place) if by > 0 else 0
        place.insert(end if above is None else place.index(parent) + max(by, 0), node)
        return node.key

    return move


ACTS: Mapping[str, Callable[[Node, Node, Node], int]] = {
    "line": _add_line,
    "group": _add_group,
    "drop": _drop,
    "copy": _copy,
    "up": _move(-1),
    "down": _move(1),
}
GROWING = frozenset({"line", "group"})


def rooms(root: Node) -> dict[int, int]:
    """How deep in the language what stands in each group stands: `none` takes two steps."""
    found: dict[int, int] = {}

    def note(group: Node, depth: int) -> None:
        found[group.key] = depth + (2 if group.join == NONE else 1)
        for one in group.items:
            if one.line is None:
                note(one, found[group.key])

    note(root, 1 if root.join == ALL else 2)
    return found


def may_hold_groups(depth: int) -> bool:
    """Whether a group may be added where things stand at `depth`."""
    return depth + 1 <= MOST_DEPTH
