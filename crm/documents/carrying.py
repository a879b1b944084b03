"""Documents go along when records become one: none is lost, two of one name both stay."""

from collections.abc import Sequence
from typing import Any

from crm.documents.models import Document
from crm.modules.module import Module
from crm.records.act import Act

LONGEST_NAME = 255


def carry_documents(
    act: Act, module: Module, losers: Sequence[int], survivor: int
) -> list[list[Any]]:
    """Hang the losers' documents on the survivor; answers [id, from which loser, name there]."""
    of_module = Document.objects.filter(module=module.name)
    taken = set(
        of_module.filter(record_id=survivor, deleted_at=None).values_list("name", flat=True)
    )
    moved = []
    for document in of_module.filter(record_id__in=list(losers)).order_by("pk"):
        moved.append([document.pk, document.record_id, document.name])
        if document.deleted_at is None:
            document.name = _free_name(document.name, taken)
            taken.add(document.name)
        document.record_id = survivor
        document.save(update_fields=["record_id", "name"])
    return moved


def _free_name(name: str, taken: set[str]) -> str:
    """The name, with a number before its ending where it is taken."""
    found, number = name, 1
    stem, dot, ending = name.rpartition(".")
    while found in taken:
        number += 1
        mark = f" ({number})"
        tail = f"{mark}{dot}{ending}" if stem else mark
        found = f"{(stem or name)[: LONGEST_NAME - len(tail)]}{tail}"
    return found


def take_back_documents(
    act: Act, module: Module, survivor: int, done: Sequence[Sequence[Any]]
) -> None:
    """Hang documents that are still there on the records that they came from."""
    for pk, loser, name in done:
        rows = Document.objects.filter(pk=pk, module=module.name, record_id=survivor)
        rows.update(record_id=loser, name=name)
