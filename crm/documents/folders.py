"""Folders of the library: made, renamed, moved, deleted and brought back.

Every act on the tree waits for the one before it and looks at the tree anew, so that two moves
at once make no cycle and no name comes twice.
"""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible
from crm.documents.filing import locked_document, note_document, require_free, require_shelf
from crm.documents.library import ADD, DEEPEST, LIBRARY, MANAGE, Library, Node
from crm.documents.models import Document, Folder, FolderRight
from crm.documents.places import FolderPlace, require
from crm.lib.text import clean
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from crm.records.locks import wait_for

LONGEST_NAME = 120
MOST_FOLDERS = 5_000  # in all, those in the bin not counted
FORBIDDEN = frozenset('/\\:*?"<>|')  # no part of a file's path on some system


def locked_library(actor: Any) -> Library:
    """The tree as it is when nobody else changes it; in a transaction."""
    wait_for(LIBRARY)
    return Library(actor)


@transaction.atomic
def create_folder(*, actor: Any, parent: int | None, name: str) -> int:
    """Make a folder in another, or at the top: for administrators, nobody else sees it at first.

    Raises Invalid, NotVisible, NotAllowed.
    """
    library = locked_library(actor)
    above = library.seen(parent) if parent is not None else None
    _require_add(library, above)
    if above is not None and above.depth >= DEEPEST:
        raise Invalid(fields={"name": [_too_deep()]})
    if sum(not node.is_deleted for node in library.nodes.values()) >= MOST_FOLDERS:
        text = _("The library has %d folders. Delete some of them first.") % MOST_FOLDERS
        raise Invalid(fields={"name": [text]})
    folder = Folder.objects.create(
        name=_free_name(library, above, name), parent_id=parent, has_own_rights=parent is None,
        created_by_id=actor.pk,
    )  # fmt: skip
    note_folder(actor, "folder.create", folder.pk, folder.name)
    return folder.pk


@transaction.atomic
def rename_folder(*, actor: Any, pk: int, name: str) -> None:
    """Give a folder another name. Raises Invalid, NotVisible, NotAllowed."""
    library = locked_library(actor)
    node = managed(library, pk)
    wanted = _free_name(library, node.above, name, but=node)
    if wanted != node.name:
        Folder.objects.filter(pk=pk).update(name=wanted, changed_at=timezone.now())
        note_folder(actor, "folder.rename", pk, wanted, note=node.name)


@transaction.atomic
def move_folder(*, actor: Any, pk: int, target: int | None) -> None:
    """Put a folder with all in it into another, or to the top (administrators).

    It keeps rights of its own; without, those of the new place are its. At the top it keeps what
    it had. Raises Invalid, NotVisible, NotAllowed.
    """
    library = locked_library(actor)
    node = managed(library, pk)
    above = library.seen(target) if target is not None else None
    if above is node.parent:
        return
    _require_add(library, above)
    if above is not None and above in node.inside():
        raise Invalid(fields={"to": [_("A folder cannot be moved into itself.")]})
    if (above.depth if above else 0) + node.height > DEEPEST:
        raise Invalid(fields={"to": [_too_deep()]})
    _free_name(library, above, node.name, but=node, field="to")
    if above is None and not node.has_own_rights:
        copy_rights(node)
    Folder.objects.filter(pk=pk).update(parent=target, changed_at=timezone.now())
    note_folder(actor, "folder.move", pk, node.name, note=above.name if above else _("Library"))


@transaction.atomic
def move_document(*, actor: Any, pk: int, target: int) -> None:
    """Put a document of the library into another folder. Raises Invalid, NotVisible, NotAllowed."""
    wait_for(LIBRARY)  # two that swap folders would wait for each other
    place, document = locked_document(actor, pk)
    if not isinstance(place, FolderPlace):
        raise NotVisible
    require(place.may_change(document))
    if target == place.pk:
        return
    into = FolderPlace(actor, Library(actor).seen(target))
    into.lock()
    require(into.may_add())
    require_shelf(into)
    document.record_id = target
    require_free(document, document.name, field="to")
    document.save(update_fields=["record_id"])
    note_document(actor, "document.move", document, note=f"{place.node.name} → {into.node.name}")


@transaction.atomic
def delete_folder(*, actor: Any, pk: int) -> None:
    """Put a folder with all in it into the bin, as one act. Raises NotVisible, NotAllowed."""
    library = locked_library(actor)
    node = managed(library, pk)
    inside = list(node.inside())
    if any(one.level < MANAGE for one in inside):
        raise NotAllowed(
            _("Something in this folder is not yours to delete. Ask an administrator.")
        )
    ids = [one.pk for one in inside]
    gone = {"deleted_at": timezone.now(), "deleted_by": actor.pk, "deletion": uuid4()}
    Folder.objects.filter(pk__in=ids).update(**gone)
    documents = Document.objects.filter(module=LIBRARY, record_id__in=ids, deleted_at=None)
    count = documents.update(**gone)
    note_folder(actor, "folder.delete", pk, node.name, folders=len(ids), documents=count)


@transaction.atomic
def restore_folder(*, actor: Any, pk: int) -> None:
    """Bring back what one act deleted with this folder. Raises Invalid, NotVisible."""
    library = locked_library(actor)
    node = library.nodes.get(pk)
    if node is None or not is_restorable(node):
        raise NotVisible
    if node.parent is not None and node.parent.is_deleted:
        raise Invalid(_("The folder that it lay in is deleted itself. Restore that one first."))
    if (node.parent.depth if node.parent else 0) + _deleted_height(node) > DEEPEST:
        raise Invalid(_too_deep())
    _free_name(library, node.above, node.name, but=node)
    back = {"deleted_at": None, "deleted_by": None, "deletion": None}
    Folder.objects.filter(deletion=node.deletion).update(**back)
    Document.objects.filter(module=LIBRARY, deletion=node.deletion).update(**back)
    note_folder(actor, "folder.restore", pk, node.name)


def is_restorable(node: Node) -> bool:
    """Whether the person may bring it back, and it is what an act deleted, not only a part."""
    is_part = node.parent is not None and node.parent.deletion == node.deletion
    return node.is_deleted and node.level >= MANAGE and not is_part


def _deleted_height(node: Node) -> int:
    parts = [one for one in node.children if one.deletion == node.deletion]
    return 1 + max((_deleted_height(one) for one in parts), default=0)


def managed(library: Library, pk: int) -> Node:
    """A folder that the person manages. Raises NotVisible, NotAllowed."""
    node = library.seen(pk)
    if node.level < MANAGE:
        raise NotAllowed(_("You do not manage this folder."))
    return node


def _require_add(library: Library, above: Node | None) -> None:
    if above is None and not library.is_administrator:
        raise NotAllowed(_("Only administrators put folders at the top of the library."))
    if above is not None and above.level < ADD:
        raise NotAllowed(_("You may only read in this folder."))


def _too_deep() -> str:
    return _("Folders stand in each other at most %d deep.") % DEEPEST


def _free_name(
    library: Library, above: Node | None, name: str, but: Node | None = None, field: str = "name"
) -> str:
    """The name, cleaned, that no other folder has which the person sees there. Raises Invalid."""
    wanted = " ".join(clean(name).split()).strip(". ")
    if not wanted or len(wanted) > LONGEST_NAME or FORBIDDEN & set(wanted):
        text = _("Give the folder a name of at most %d characters, without any of %s")
        raise Invalid(fields={field: [text % (LONGEST_NAME, " ".join(sorted(FORBIDDEN)))]})
    if any(one.name == wanted and one is not but for one in library.below(above)):
        raise Invalid(fields={field: [_("Another folder here is called “%s”.") % wanted]})
    return wanted


def copy_rights(node: Node) -> None:
    """Give a folder as its own the rights that it has from above."""
    source = node
    while not source.has_own_rights and source.parent is not None:
        source = source.parent
    Folder.objects.filter(pk=node.pk).update(has_own_rights=True)
    rows = FolderRight.objects.filter(folder=source.pk).values_list("level", "holder", "holder_id")
    FolderRight.objects.bulk_create(
        FolderRight(folder_id=node.pk, level=level, holder=holder, holder_id=pk)
        for level, holder, pk in rows
    )


def note_folder(actor: Any, action: str, pk: int, name: str, **more: Any) -> None:
    """Tell the audit of something done with a folder."""
    record_audit(
        actor=actor, action=action, module=LIBRARY, record_id=pk, detail={"name": name, **more}
    )


def names_of(nodes: Iterable[Node]) -> str:
    """A way down the tree, in words."""
    return " / ".join(node.name for node in nodes)
