"""How often one person may ask what is known of others' records: counted by the hour, audited.

The audit itself is what is counted, so that parallel questions get no more answers. Pages and API
share one allowance.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.access.errors import Refusal
from crm.access.policy import Access
from crm.records.audit import record_audit
from crm.records.beside import AuditEntry
from crm.records.errors import DuplicateFound
from crm.records.locks import wait_for

WINDOW = timedelta(hours=1)


class TooMany(Refusal):
    """More of something than one person may have in a while."""

    status = 429
    message = _("Too many of these in a short time. Try again later.")

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = max(1, seconds)


@transaction.atomic
def spend(
    actor: Any, action: str, most: int, *, module: str = "", record_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write one audited look-up, if the person has had fewer than `most` in the last hour.

    Raises TooMany. The lock makes parallel look-ups of one person wait for each other.
    """
    wait_for(f"{action} {actor.pk}")
    since = timezone.now() - WINDOW
    had = AuditEntry.objects.filter(actor=actor, action=action, at__gt=since)
    times = list(had.order_by("-at").values_list("at", flat=True)[most - 1 : most])
    if times or most == 0:
        oldest = times[0] if times else timezone.now()
        raise TooMany(int((oldest + WINDOW - timezone.now()).total_seconds()) + 1)
    record_audit(actor=actor, action=action, module=module, record_id=record_id, detail=detail)


def note_check(access: Access, how: str) -> None:
    """Every answer to "is this known?" is logged and counts. Raises TooMany."""
    spend(
        access.user, "duplicate_check", settings.DUPLICATE_CHECKS_PER_HOUR,
        module=access.module.name, detail={"how": how},
    )  # fmt: skip


def counted(access: Access, refusal: Refusal, how: str) -> Refusal:
    """What the person may be told of a refused write: a duplicate while he has answers left."""
    if isinstance(refusal, DuplicateFound):
        try:
            note_check(access, how)
        except TooMany as tired:
            return tired
    return refusal
