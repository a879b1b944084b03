"""The readers of the contract tests, and the record that each of them reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.modules.registry import module_named
from tests.contract.canaries import Planted, plant, share_with
from tests.contract.demo_roles import DemoCompany
from tests.contract.equipment import NAME, make_equipment
from tests.people import Cast, make_cast


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path) -> None:
    """Files of jobs lie in a folder of the test; what is asked for often is asked for here."""
    settings.UNCOVERS_PER_HOUR = settings.DUPLICATE_CHECKS_PER_HOUR = 10**6
    settings.API_CALLS_PER_MINUTE = 10**6
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


@pytest.fixture
def contract_cast(db: None) -> Cast:
    """The cast, with rights on the module that is made as rows too."""
    make_equipment()
    return make_cast()


@pytest.fixture
def planted(contract_cast: Cast) -> Callable[[str, str], Planted]:
    """planted("customers", "owner"): a record of the owner's with every field marked.

    The receiver is somebody who sees it by a share alone.
    """

    def make(module: str, reader: str) -> Planted:
        person = "stranger" if reader == "receiver" else reader
        made = plant(contract_cast, module, person, contract_cast.owner)
        if reader == "receiver":
            share_with(made)
        assert module_named(module) is not None
        return made

    assert module_named(NAME)
    return make


@pytest.fixture
def demo_planted(db: None) -> Callable[[str, str], Planted]:
    """demo_planted("customers", "agent"): what a holder of that shipped role alone reads.

    The record is that of a colleague who has left; a rep's is his own.
    """
    make_equipment()
    company = DemoCompany()

    def make(module: str, role: str, is_near: bool = True) -> Planted:
        return company.plant(module, role, is_near)

    return make
