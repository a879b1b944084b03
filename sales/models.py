"""Gathers the models of the app's modules."""

from sales.contacts.models import Contact, ContactGroupShare, ContactShare, Employment
from sales.customers.models import (
    CompanyRelation,
    Customer,
    CustomerGroupShare,
    CustomerShare,
)  # fmt: skip

__all__ = [
    "CompanyRelation", "Contact", "ContactGroupShare", "ContactShare", "Customer",
    "CustomerGroupShare", "CustomerShare", "Employment",
]  # fmt: skip
