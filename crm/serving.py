"""Asked once before people are served: is there anything in the database that forbids it?"""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.utils.module_loading import import_string


def refuse_unsafe_data() -> None:
    """Raise ImproperlyConfigured with every reason that the START_CHECKS of the settings give."""
    try:
        reasons = [reason for check in settings.START_CHECKS for reason in import_string(check)()]
    finally:
        connections.close_all()  # the server forks after this
    if reasons:
        raise ImproperlyConfigured("This database is not served:\n- " + "\n- ".join(reasons))
