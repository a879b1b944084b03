"""The versions that tell every process when rights or definitions have changed."""

import pytest
from django.db import transaction

from crm.modules.stamp import (
    definitions_version,
    held_versions,
    raise_definitions_version,
    raise_rights_version,
    rights_version,
)


class Back(Exception):
    """Rolls a transaction back."""


pytestmark = pytest.mark.django_db


def test_raising_gives_a_number_that_never_came_before():
    seen = [rights_version()]
    for _round in range(5):
        raise_rights_version()
        seen.append(rights_version())
    assert seen == sorted(set(seen))


def test_a_number_that_was_rolled_back_never_comes_again():
    lost = []

    @transaction.atomic
    def raise_and_go_back():
        raise_rights_version()
        lost.append(rights_version())
        raise Back

    for _round in range(3):
        with pytest.raises(Back):
            raise_and_go_back()
    raise_rights_version()
    assert len(set(lost)) == 3
    assert rights_version() not in lost


def test_the_two_versions_are_independent():
    rights, definitions = rights_version(), definitions_version()
    raise_definitions_version()
    assert rights_version() == rights
    assert definitions_version() > definitions


def test_held_versions_are_read_once(queries):
    with queries() as seen, held_versions():
        for _round in range(4):
            rights_version()
            definitions_version()
    assert len(seen) == 1


def test_who_raises_a_version_sees_it_at_once_while_others_are_held():
    with held_versions():
        before = rights_version()
        raise_rights_version()
        assert rights_version() > before
