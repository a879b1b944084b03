"""The request of somebody who is signed in, for the type checker."""

from django.http import HttpRequest

from accounts.models import User
from accounts.sessions import SessionStore


class Asking(HttpRequest):
    """What PersonMiddleware makes of a request."""

    user: User  # type: ignore[assignment]
    session: SessionStore  # type: ignore[assignment]
