"""Branches merged in a list's order give what one plain query would; lateral or flat alike."""

from datetime import UTC, datetime, timedelta
from functools import cmp_to_key

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.access import paging, statements
from crm.access.grants import Grants, Scope
from crm.access.paging import Key, Slice
from crm.access.policy import Access
from crm.modules.registry import module_named
from sales.models import Customer
from tests.people import Cast, share

DAY = datetime(2026, 1, 1, tzinfo=UTC)
SORTABLE = ("changed_at", "name", "last_follow_up_at", "employees", "level", "city", "owner")
BLANKS_FIRST = {"last_follow_up_at"}  # when ascending; all others keep them last both ways

maybe = st.one_of(st.none(), st.integers(0, 3))
rows = st.lists(
    st.tuples(
        st.integers(0, 4),  # owner
        st.integers(0, 2),  # department
        st.integers(0, 3),  # changed
        st.sampled_from(["a", "b", "c"]),  # name
        maybe,  # last follow-up
        maybe,  # employees
        st.sampled_from(["", "A", "B"]),  # level
        st.booleans(),  # shared with the reader
    ),
    max_size=14,
)
orders = st.lists(
    st.tuples(st.sampled_from(SORTABLE), st.booleans()), max_size=4, unique_by=lambda key: key[0]
)


class Back(Exception):
    """Takes an example's rows away again."""


def make(drawn, people, departments):
    made = [
        Customer(
            owner_id=people[owner], department_id=departments[department], name=name,
            sort_name=name, changed_at=DAY + timedelta(days=changed), city="",
            level=level, employees=employees,
            last_follow_up_at=None if seen is None else DAY + timedelta(days=seen),
        )
        for owner, department, changed, name, seen, employees, level, _shared in drawn
    ]  # fmt: skip
    return Customer.unscoped.bulk_create(made)


def value_of(row, name):
    if name == "owner":
        return row.owner.display_name
    return getattr(row, {"name": "sort_name"}.get(name, name))


def in_order(found, order, id_descending):
    def compare(one, other):
        for name, descending in order:
            a, b = value_of(one, name), value_of(other, name)
            if a == b:
                continue
            if a is None or b is None:
                blanks_first = name in BLANKS_FIRST and not descending
                return (-1 if a is None else 1) * (1 if blanks_first else -1)
            return (-1 if a < b else 1) * (-1 if descending else 1)
        return (one.pk - other.pk) * (-1 if id_descending else 1)

    return sorted(found, key=cmp_to_key(compare))


def door(cast, drawn, owners, below):
    """The owner with this scope by hand, and those of the drawn rows that it reaches."""
    people = [p.pk for p in (cast.teammate, cast.stranger, cast.clerk, cast.leader, cast.manager)]
    departments = [cast.departments[name].pk for name in ("east", "west", "centre")]
    made = make(drawn, people, departments)
    shared = {row.pk for row, one in zip(made, drawn, strict=True) if one[-1]}
    for pk in shared:
        share("customers", pk, cast.owner)
    scope = Scope(
        owners=frozenset(people[n] for n in owners),
        departments=frozenset(departments[n] for n in below),
    )
    statements._kept.clear()  # grants made by hand raise no version of the rights
    grants = Grants(
        user_id=cast.owner.pk, module="customers", scopes={"view": scope}, states={"name": 2}
    )
    reached = [
        row
        for row in made
        if row.owner_id in scope.owners
        or row.department_id in scope.departments
        or row.pk in shared
    ]
    return Access(cast.owner, module_named("customers"), grants), reached


@pytest.mark.parametrize("lateral_depth", [1000, 0])
@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    drawn=rows,
    owners=st.sets(st.integers(0, 4), max_size=3),
    below=st.sets(st.integers(0, 2), max_size=2),
    order=orders,
    only_a=st.booleans(),
    offset=st.integers(0, 5),
    size=st.integers(1, 8),
)
def test_merged_branches_equal_one_plain_query(
    cast, monkeypatch, lateral_depth, drawn, owners, below, order, only_a, offset, size
):
    monkeypatch.setattr(paging, "LATERAL_DEPTH", lateral_depth)
    with pytest.raises(Back):
        check(cast, drawn, owners, below, order, only_a, offset, size)


@transaction.atomic
def check(cast: Cast, drawn, owners, below, order, only_a, offset, size):
    access, reached = door(cast, drawn, owners, below)
    keys = tuple(Key(access.module.fields[name], descending) for name, descending in order)
    wanted = Slice(Q(level="A") if only_a else Q(), keys, offset, size)
    expected = in_order(
        [row for row in reached if row.level == "A" or not only_a],
        order,
        bool(order) and order[-1][1],
    )
    shown = [row.pk for row in access.page(wanted, [])]
    assert shown == [row.pk for row in expected[offset : offset + size]]
    assert access.count(wanted.where) == (len(expected), True)
    raise Back


@pytest.fixture
def many(cast):
    people = [cast.owner.pk, cast.teammate.pk, cast.stranger.pk]
    made = Customer.unscoped.bulk_create(
        Customer(
            owner_id=people[n % 3], department_id=cast.departments["east"].pk, name=f"n{n:03}",
            sort_name=f"n{n:03}", changed_at=DAY + timedelta(minutes=n),
        )
        for n in range(90)
    )  # fmt: skip
    return made


@pytest.mark.parametrize("person", ["owner", "teammate", "clerk", "manager", "director"])
def test_pages_follow_each_other_without_gap_or_overlap(cast, many, person):
    access = Access(
        cast.people[person], module_named("customers"), cast.people[person].grants("customers")
    )
    order = (Key(access.module.fields["changed_at"], True),)
    whole = [row.pk for row in access.page(Slice(order=order, size=200), [])]
    pages = [
        row.pk
        for start in range(0, 100, 20)
        for row in access.page(Slice(order=order, offset=start, size=20), [])
    ]
    assert pages == whole
    assert len(set(whole)) == len(whole) == access.count(Q())[0]


def test_a_page_costs_the_same_with_few_and_many_rows(cast, many, queries):
    access = Access(cast.manager, module_named("customers"), cast.manager.grants("customers"))
    columns = ["name", "owner", "department", "phones", "tags", "parent"]
    access.page(Slice(size=90), columns)  # names of people are kept
    costs = []
    for size in (20, 80):
        with queries() as made:
            assert len(access.page(Slice(size=size), columns)) == size
        costs.append(len(made))
    assert costs[0] == costs[1] <= 8


def test_counts_stop_at_the_limit(cast, many, monkeypatch):
    monkeypatch.setattr("crm.access.policy.COUNT_LIMIT", 50)
    access = Access(cast.manager, module_named("customers"), cast.manager.grants("customers"))
    assert access.count(Q()) == (50, False)
    assert access.count(Q(), exact=True) == (90, True)
    assert access.count(Q(sort_name__lt="n020")) == (20, True)
