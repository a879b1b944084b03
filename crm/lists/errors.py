"""A query that cannot be asked."""

from crm.access.errors import Refusal


class BadQuery(Refusal):
    """An unknown or unreadable field, operator, value or parameter; never silently dropped."""
