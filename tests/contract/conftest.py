"""The four readers of the contract tests, and the record that each of them reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.modules.registry import module_named
from tests.contract.canaries import Planted, plant, share_with
from tests.contract.equipment import NAME, make_equipment
from tests.people import Cast, make_cast

READERS = ("owner", "clerk", "director", "receiver")


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path) -> None:
    """Files of jobs lie in a folder of the test."""
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
