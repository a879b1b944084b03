"""What a document hangs on: a record, or a folder of the library. Both ask in the same words."""

from typing import Any, Protocol

from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible
from crm.access.policy import Access, access_to
from crm.access.rows import Decision
from crm.documents.library import ADD, LIBRARY, MANAGE, Library, Node
from crm.documents.models import Document, Folder
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named


class Place(Protocol):
    """Where documents hang, for one person, who sees it: whoever makes one has asked."""

    @property
    def user(self) -> Any:
        """Who asks."""

    @property
    def pk(self) -> int:
        """The record's or the folder's id."""

    @property
    def module(self) -> str:
        """The name of the record's module, or LIBRARY."""

    def may_add(self) -> Decision:
        """Whether the person may hang more documents here."""

    def may_change(self, document: Document) -> Decision:
        """Whether he may rename, delete and restore this one, or choose its version."""

    def lock(self) -> None:
        """Let other writers wait until the transaction ends. Raises NotVisible."""


def has_documents(module: Module) -> bool:
    """Whether documents hang on a module's records; those with files of their own have none."""
    return "files" not in module.collections_by_name


class RecordPlace:
    """A record: whoever sees it sees its documents, whoever may edit it changes them."""

    def __init__(self, access: Access, pk: int) -> None:
        self.access = access
        self.pk = pk

    @property
    def user(self) -> Any:
        """Who asks."""
        return self.access.user

    @property
    def module(self) -> str:
        """The record's module."""
        return self.access.module.name

    def may_add(self) -> Decision:
        """As the record may be edited."""
        return self.access.decide("edit", self.pk)

    def may_change(self, document: Document) -> Decision:
        """As the record may be edited."""
        return self.may_add()

    def lock(self) -> None:
        """Lock the record for an edit. Raises NotVisible, NotAllowed."""
        self.access.lock(self.pk, "edit")


class FolderPlace:
    """A folder: who adds changes what he added himself, who manages changes all."""

    module = LIBRARY

    def __init__(self, user: Any, node: Node) -> None:
        self.user = user
        self.node = node
        self.pk = node.pk

    def may_add(self) -> Decision:
        """Whether the folder's rights say so."""
        return _decision(self.node.level >= ADD, _("You may only read in this folder."))

    def may_change(self, document: Document) -> Decision:
        """Whether he manages the folder, or adds here and added this one."""
        if self.node.level < ADD:
            return self.may_add()
        is_own = document.created_by_id == self.user.pk
        text = _("You change here only what you added yourself.")
        return _decision(is_own or self.node.level >= MANAGE, text)

    def lock(self) -> None:
        """Lock the folder's row, then look at its rights again. Raises NotVisible."""
        rows = Folder.objects.select_for_update(of=("self",))
        if not rows.filter(pk=self.pk, deleted_at=None).exists():
            raise NotVisible
        self.node = Library(self.user).seen(self.pk)


def _decision(may: bool, reason: str) -> Decision:
    return Decision(may, "" if may else reason)


def door_to(user: Any, module: str) -> Access:
    """The door to a module whose records the person may see documents of. Raises NotVisible."""
    try:
        access = access_to(user, module_named(module))
    except UnknownModule:
        raise NotVisible from None
    if not has_documents(access.module):
        raise NotVisible
    return access


def place_of(user: Any, module: str, pk: int) -> Place:
    """The record or folder, if the person sees it right now. Raises NotVisible."""
    if module == LIBRARY:
        return FolderPlace(user, Library(user).seen(pk))
    access = door_to(user, module)
    access.get(pk, [])
    return RecordPlace(access, pk)


def require(decision: Decision) -> None:
    """Raise NotAllowed with the reason of a refusal."""
    if not decision:
        raise NotAllowed(decision.reason)
