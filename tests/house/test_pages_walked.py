"""Every page is opened in a real browser, light and dark, wide and narrow, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from tests.browser.inventory import NOT_WALKED
from tests.browser.walk import Known, places

pytestmark = pytest.mark.django_db  # an address asks which modules there are


def names(patterns: Any = None) -> Iterator[str]:
    """The names of all addresses but those of the API, which answers machines."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            yield from names(one.url_patterns)
        elif isinstance(one, URLPattern) and not (one.name or "").startswith("api-"):
            yield one.name or str(one.pattern)


def walked() -> set[str]:
    at = Known(**dict.fromkeys(Known.__annotations__, 1))
    return {str(resolve(place.path.partition("?")[0]).url_name) for place in places(at)}


def test_every_page_is_walked_or_has_a_reason():
    unknown = set(names()) - walked() - set(NOT_WALKED)
    assert unknown == set(), "Add a Place to tests/browser/walk.py, or a reason to inventory.py"


def test_no_reason_is_left_over():
    assert set(NOT_WALKED) <= set(names())
    assert set(NOT_WALKED) & walked() == set()
