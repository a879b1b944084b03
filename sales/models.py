"""Gathers the models of the app's modules."""

from sales.contacts.models import Contact, ContactGroupShare, ContactShare, Employment
from sales.customers.models import (
    CompanyRelation,
    Customer,
    CustomerGroupShare,
    CustomerShare,
)  # fmt: skip
from sales.feed.models import Following
from sales.life.models import StageHold, StageMove, StageRule, StageRun

__all__ = [
    "CompanyRelation", "Contact", "ContactGroupShare", "ContactShare", "Customer",
    "CustomerGroupShare", "CustomerShare", "Employment", "Following", "StageHold", "StageMove",
    "StageRule", "StageRun",
]  # fmt: skip
