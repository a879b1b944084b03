"""Says who is asking."""

from django.contrib.auth.middleware import AuthenticationMiddleware


class PersonMiddleware(AuthenticationMiddleware):
    """Sets request.user."""
