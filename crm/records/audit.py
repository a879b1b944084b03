"""The audit of what is no change of a record: sign-ins, exports, uncovering, rights."""

from typing import Any

from crm.records.act import current_origin
from crm.records.addresses import address_of
from crm.records.beside import AuditEntry


def record_audit(
    *,
    actor: Any,
    action: str,
    module: str = "",
    record_id: int | None = None,
    detail: dict[str, Any] | None = None,
    request: Any = None,
) -> AuditEntry:
    """Write one audit entry. `detail` holds plain values, never secrets."""
    where = current_origin()
    address = where.address
    if request is not None and address is None:
        address = address_of(request)
    return AuditEntry.objects.create(
        actor_id=getattr(actor, "pk", None),
        action=action,
        module=module,
        record_id=record_id,
        detail=detail or {},
        address=address,
        request_id=where.request_id,
    )
