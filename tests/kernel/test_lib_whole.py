"""Numbers that come in as text: nothing but plain digits that an id may have."""

import pytest

from crm.lib.whole import whole_number, whole_numbers
from crm.views.pages import page_number


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "²", "１", "x", "9" * 19, "9" * 5000])
def test_nonsense_is_no_number(text):
    assert whole_number(text) is None
    assert page_number(text, 40) == 1


def test_numbers():
    assert whole_numbers(["7", "x", "0", "9" * 18]) == [7, 0, 10**18 - 1]
    assert [page_number(text, 40) for text in ("1", "40", "41", "0", "0001999")] == [1, 40, 1, 1, 1]
