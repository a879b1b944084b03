"""Whether an error says that the database went away."""

from django.db import DatabaseError, InterfaceError, OperationalError


def is_lost(error: BaseException | None) -> bool:
    """Whether a connection could not be made or was cut, or PostgreSQL gave a statement up.

    A server that dies in the middle of an answer is told by the driver as a bare DatabaseError.
    """
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
