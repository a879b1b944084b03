"""Every persona before every record by every read surface: the product shows what the rules say."""

from __future__ import annotations

import pytest

from accounts.proving.crawl import Crawl
from tests.rig.company import READERS, Company, make_company

EVERY = 5


@pytest.fixture
def company(db: None, settings) -> Company:
    settings.API_CALLS_PER_MINUTE = 10**6
    return make_company()


def crawl_of(company: Company) -> Crawl:
    words = {key: company.word(key) for key in company.cells}
    roles = {company.cast.people[name].pk: name for name in READERS}
    return Crawl(company.world, company.index, words, company.cells, roles, every=EVERY)


def test_everybody_before_everything(company):
    result = crawl_of(company).walk([company.cast.people[name] for name in READERS])
    assert result.findings == []
    assert result.unreached == {}
    assert result.all_probes > 20_000
