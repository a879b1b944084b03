"""View as: an administrator looks at the product as somebody else, reading only.

The session says as whom and until when; the middleware puts that person in the administrator's
place for GET requests and refuses everything that could change something. A role is tried as
somebody who holds it alone, belongs to no department and owns nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.grants import rights_of
from accounts.models import Role, User
from crm.access.errors import NotAllowed
from crm.records.audit import record_audit

KEY = "view_as"
LASTS = timedelta(minutes=30)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CLOSED = ("/me/", "/api/", "/setup/")  # own pages with secrets, machines' answers, the setup


def stand_in(role: Role) -> User:
    """Somebody who holds one role and nothing else; never saved. See accounts.grants.Rights."""
    return User(pk=-role.pk, username="", display_name=role.label, is_active=True)


def start_viewing(request: Any, target: User) -> None:
    """Look as `target` from the next request on. Raises NotAllowed with the reason."""
    viewer = request.user
    if not viewer.may_administer:
        raise NotAllowed(_("Only administrators view as somebody else."))
    if target.pk == viewer.pk or not target.is_active:
        raise NotAllowed(_("You can view as somebody else who may sign in."))
    if rights_of(target.pk).administer:
        raise NotAllowed(_("You cannot view as somebody who administers the product."))
    end = timezone.now() + LASTS
    request.session[KEY] = {"target": target.pk, "until": end.isoformat()}
    _tell(viewer, "view_as.start", target.pk)


def viewed_by(session: Any, viewer: User) -> User | None:
    """As whom this administrator looks now; None when that is over or no longer allowed."""
    kept = session[KEY]
    target = _target(kept["target"])
    is_over = timezone.now() >= datetime.fromisoformat(kept["until"])
    if is_over or target is None or not viewer.may_administer:
        return None
    if rights_of(target.pk).administer:
        return None
    for name in ("language", "time_zone", "theme", "density", "navigation"):
        setattr(target, name, getattr(viewer, name))  # the reader stays who he is
    return target


def end_viewing(session: Any, viewer: User) -> None:
    """Be oneself again."""
    kept = session.pop(KEY, None)
    if kept is not None:
        _tell(viewer, "view_as.end", kept["target"])


def note_page(viewer: User, target: User, path: str) -> None:
    """Each page that was opened stands in the audit under both names."""
    _tell(viewer, "view_as.page", target.pk, path=path[:200])


def refusal_of(request: Any) -> str:
    """Why a request is refused while viewing; "" when it is not."""
    if request.method not in SAFE:
        return _("You are only viewing as somebody else: nothing can be changed. Leave first.")
    is_file = request.path.startswith("/jobs/") and request.path.endswith("/file/")
    if is_file or request.path.startswith(CLOSED):
        return _("This page stays closed while you view as somebody else.")
    return ""


def _target(pk: int) -> User | None:
    if pk > 0:
        return User.objects.filter(pk=pk, is_active=True).first()
    role = Role.objects.filter(pk=-pk).first()
    return stand_in(role) if role is not None else None


def _tell(viewer: User, action: str, target: int, **more: Any) -> None:
    detail: dict[str, Any] = {**more}
    if target > 0:
        detail["user"] = target
    else:
        role = Role.objects.filter(pk=-target).first()
        detail["role"] = role.name if role is not None else str(-target)
    record_audit(actor=viewer, action=action, detail=detail)
