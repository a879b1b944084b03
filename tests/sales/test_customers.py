"""Customers: what is their own beyond what every module inherits."""

from typing import Any

import pytest

from crm.access.policy import access_to
from crm.lib.codes import expected_check_character
from crm.lists.query import query_of
from crm.records.act import Act
from crm.records.bulk_changes import update_many
from crm.records.errors import DuplicateFound, Invalid
from crm.records.services import create_record, update_record
from sales.customers.models import Customer
from tests.people import Cast

pytestmark = pytest.mark.django_db


def company(actor: Any, name: str, **values: Any) -> int:
    return create_record(actor=actor, module="customers", values={"name": name, **values})


def parent_of(pk: int) -> int | None:
    return Customer.unscoped.get(pk=pk).parent_id


def test_no_company_stands_above_itself(cast: Cast) -> None:
    top = company(cast.owner, "岚泊集团有限公司")
    middle = company(cast.owner, "岚泊仪表有限公司", parent=top)
    low = company(cast.owner, "岚泊传感有限公司", parent=middle)
    for pk, parent in ((top, low), (top, top), (middle, low)):
        with pytest.raises(Invalid) as refused:
            update_record(
                actor=cast.owner, module="customers", pk=pk, values={"parent": parent}, version=1
            )
        assert "parent" in refused.value.fields
    assert (parent_of(top), parent_of(middle), parent_of(low)) == (None, top, middle)


def test_two_rows_of_one_batch_cannot_close_a_ring(cast: Cast) -> None:
    first = company(cast.owner, "澜序一号有限公司")
    second = company(cast.owner, "澜序二号有限公司")
    rows = [(first, {"parent": second}), (second, {"parent": first})]
    outcomes = update_many(actor=cast.owner, module="customers", rows=rows, act=Act(cast.owner))
    assert [bool(one.errors) for one in outcomes] == [False, True]
    assert (parent_of(first), parent_of(second)) == (second, None)


def test_a_sole_trader_is_known_by_the_credit_code(cast: Cast) -> None:
    code = "91310000MA1FL5E63"
    code += expected_check_character(f"{code}X")
    company(cast.owner, "卢丽娟", kind="person", credit_code=code)
    for kind in ("person", "company"):
        with pytest.raises(DuplicateFound) as refused:
            company(cast.owner, "丽娟花店", kind=kind, credit_code=code)
        assert list(refused.value.fields) == ["credit_code"]


def test_a_customer_has_one_colleague_who_serves_it(cast: Cast) -> None:
    """The field comes from the declaration: written by form and API, read in list and feed."""
    pk = company(cast.owner, "澜序七号有限公司", service_person=cast.clerk.pk)
    access = access_to(cast.owner, "customers")
    assert access.get(pk)["service_person"].label == "Clerk"
    query = {"field": "service_person", "op": "eq", "value": "@me"}
    mine = access_to(cast.clerk, "customers")
    assert [row.pk for row in mine.page(query_of(mine, query).slice, [])] == [pk]
    with pytest.raises(Invalid):
        company(cast.owner, "澜序八号有限公司", service_person=10**9)
