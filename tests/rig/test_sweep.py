"""Every persona before every record by every read surface: the product shows what the rules say."""

from __future__ import annotations

import pytest

from accounts.proving.crawl import Crawl
from tests.rig.company import READERS
from tests.rig.size import one_in
from tests.rig.stage import Rig

pytestmark = pytest.mark.django_db


def test_everybody_before_everything(rig: Rig) -> None:
    company = rig.company
    words = {key: company.word(key) for key in company.cells}
    people = [company.cast.people[name] for name in READERS]
    roles = {company.cast.people[name].pk: name for name in READERS}
    crawl = Crawl(
        company.world, company.index, words, company.cells, roles, every=one_in(10)
    )  # fmt: skip
    crawl.tell = lambda _done, _total: rig.require_none(crawl.result)  # after each person
    result = crawl.walk(people)
    assert result.unreached == {}
    assert result.all_probes > 20_000
    rig.tell("sweep", result)
