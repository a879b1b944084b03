"""Uncovers a masked value and says so in the audit."""

from crm.access.policy import Access
from crm.access.rows import Row
from crm.access.uncovering import hour_ago, open_row, require_uncoverable
from crm.records.audit import record_audit
from crm.records.beside import AuditEntry


def uncover(access: Access, pk: int, name: str) -> Row:
    """The record with one masked field in full; limited per hour and logged.

    Raises NotVisible (no such record, nothing masked), NotAllowed (too many in an hour).
    """
    access.get(pk, ["number"])
    used = AuditEntry.objects.filter(
        actor_id=access.user.pk, action="uncover", at__gte=hour_ago()
    ).count()
    require_uncoverable(access, name, used)
    row = open_row(access, pk, name)
    record_audit(
        actor=access.user,
        action="uncover",
        module=access.module.name,
        record_id=pk,
        detail={"field": name},
    )
    return row
