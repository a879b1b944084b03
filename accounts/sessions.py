"""Sessions in PostgreSQL: one row per browser, readable by its owner, keyed by a digest.

Redis may be down and nobody is signed out. A row dies when it was idle for
SESSION_IDLE_SECONDS, and SESSION_COOKIE_AGE after the sign-in whatever happens.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.utils import timezone

from accounts.models import User, UserSession
from accounts.models.signin import digest

BEGAN = "_began"  # ISO time of the sign-in; survives the change of keys


class SessionStore(DatabaseStore):
    """Django's store over UserSession; the cookie holds the key, the row its digest."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.row: UserSession | None = None
        self.address: str | None = None
        self.agent = ""

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    @property
    def person(self) -> User | None:
        """The user of the row, loaded together with it."""
        self._get_session()  # type: ignore[attr-defined]
        return self.row.user if self.row else None

    def _get_session_from_db(self) -> UserSession | None:
        now = timezone.now()
        idle = timedelta(seconds=settings.SESSION_IDLE_SECONDS)
        self.row = (
            UserSession.objects.select_related("user__position")
            .filter(
                session_key=digest(self.session_key or ""),
                expire_date__gt=now,
                seen_at__gt=now - idle,
            )
            .first()
        )
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        return UserSession.objects.filter(session_key=digest(session_key)).exists()

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        columns = self._columns(data)
        key = digest(self._get_or_create_session_key())  # type: ignore[attr-defined]
        if not must_create:
            if not UserSession.objects.filter(session_key=key).update(**columns):
                raise UpdateError
            return
        self.row = UserSession(
            session_key=key, address=self.address, agent=self.agent[:200], **columns
        )
        with transaction.atomic():
            self.row.save(force_insert=True)

    def _columns(self, data: dict[str, Any]) -> dict[str, Any]:
        began = datetime.fromisoformat(data[BEGAN]) if BEGAN in data else timezone.now()
        user_id = data.get(SESSION_KEY)
        return {
            "session_data": self.encode(data),
            "user_id": int(user_id) if user_id else None,
            "expire_date": began + timedelta(seconds=settings.SESSION_COOKIE_AGE),
            "created_at": began,
        }

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            UserSession.objects.filter(session_key=digest(key)).delete()

    def touch(self) -> None:
        """Note that the browser is still there, at most once in five minutes."""
        now = timezone.now()
        pause = min(timedelta(minutes=5), timedelta(seconds=settings.SESSION_IDLE_SECONDS / 4))
        if self.row is None or self.row.seen_at > now - pause:
            return
        UserSession.objects.filter(session_key=self.row.session_key).update(
            seen_at=now, address=self.address
        )

    @classmethod
    def clear_expired(cls) -> None:
        now = timezone.now()
        idle = timedelta(seconds=settings.SESSION_IDLE_SECONDS)
        UserSession.objects.filter(expire_date__lt=now).delete()
        UserSession.objects.filter(seen_at__lt=now - idle).delete()
