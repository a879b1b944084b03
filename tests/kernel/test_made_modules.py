"""Modules made as rows: their names, and the numbers that come with them."""

import pytest
from django.core.exceptions import ValidationError

from crm.customfields.models import ModuleDefinition
from crm.customfields.names import taken_names
from crm.modules.registry import module_named
from tests.kernel.helpers import add, stored
from tests.people import everywhere, fill_role


def make(name, **more):
    return ModuleDefinition.objects.create(name=name, number_prefix="X", **more)


def test_a_new_module_is_known_and_numbers_its_records_at_once(cast):
    make("rental-cars")
    assert module_named("rental-cars").number_prefix == "X"
    fill_role(cast.roles["owner"], "rental-cars", everywhere("own"))
    numbers = [stored("rental-cars", add(cast.owner, "rental-cars", name="a")).number for _ in "ab"]
    assert len(set(numbers)) == 2
    assert all(number.startswith("X0") for number in numbers)


@pytest.mark.parametrize(
    "name",
    ["auth", "jobs", "schema", "screen-pop", "setup", "login", "me", "bin", "search",
     "palette", "api", "v1", "any", "static", "healthz", "metrics", "files", "lookup"],
)  # fmt: skip
def test_a_name_that_an_address_has_is_refused(db, name):
    with pytest.raises(ValidationError, match="has an address of its own there"):
        make(name)
    assert not ModuleDefinition.objects.exists()


@pytest.mark.parametrize("name", ["Cars", "a_b", "", "7cars", "x" * 41, "a/b", "a b", "车"])
def test_a_name_that_no_address_could_have_is_refused(db, name):
    with pytest.raises(ValidationError, match="small letters"):
        make(name)


def test_a_name_of_a_declared_module_is_refused(db):
    with pytest.raises(ValidationError, match="already"):
        make("customers")


def test_taken_names_are_words_not_patterns():
    assert {"auth", "jobs", "schema", "screen-pop", "follow-ups"} <= taken_names()
    assert not [name for name in taken_names() if "<" in name or not name]


def test_definitions_are_not_saved_past_all_this(db):
    with pytest.raises(NotImplementedError):
        ModuleDefinition.objects.bulk_create([ModuleDefinition(name="auth")])
