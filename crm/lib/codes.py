"""The unified social credit code (统一社会信用代码): read, checked, its faults named."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc

_LENGTH = 18
_UNUSED = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_SEPARATORS = str.maketrans("", "", " -_.\t\u00a0\u200b\u2010\u2011\u2012\u2013\u2014\ufeff'")
_REGISTRATION_NUMBER = re.compile(r"[0-9]{15}|[0-9]{13}")


class InvalidCode(ValueError):
    """Text that is no credit code; the message says in a sentence what is wrong with it."""


def compact_code(text: str) -> str:
    """Half width, capitals, without spaces and dashes: what is compared and stored."""
    return unicodedata.normalize("NFKC", text).translate(_SEPARATORS).upper()


def expected_check_character(code: str) -> str:
    """The last character that the first 17 of `code` ask for.

    Raises InvalidCode when these aren't 17 characters of the alphabet.
    """
    front = compact_code(code)[: _LENGTH - 1]
    if len(front) < _LENGTH - 1 or not _SHAPE.fullmatch(front + "0"):
        raise InvalidCode(_("The first 17 characters are not those of a credit code."))
    return uscc.calc_check_digit(front)


def parse_credit_code(text: str) -> str:
    """Read a credit code and give its 18 characters; raises InvalidCode with a sentence.

    Letters that the code never uses (O, I, Z, S, V) are refused and the likely one is named, not
    put in silently: a code that is right by chance would belong to another company.
    """
    code = compact_code(text)
    if not code:
        raise InvalidCode(_("The credit code is missing."))
    if _REGISTRATION_NUMBER.fullmatch(code):
        raise InvalidCode(
            _("This is an old registration number of %(count)s digits; a credit code has 18.")
            % {"count": len(code)}
        )
    if len(code) != _LENGTH:
        raise InvalidCode(
            _("A credit code has 18 characters, this one has %(count)s.") % {"count": len(code)}
        )
    for place, character in enumerate(code, 1):
        if character in _UNUSED:
            raise InvalidCode(
                _(
                    "Credit codes never use the letter %(found)s (place %(place)s);"
                    " %(meant)s is likely meant."
                )
                % {"found": character, "place": place, "meant": _UNUSED[character]}
            )
    if not _SHAPE.fullmatch(code):
        raise InvalidCode(
            _("This is not a credit code: letters and digits stand where they can't be.")
        )
    expected = uscc.calc_check_digit(code[:-1])
    if code[-1] != expected:
        raise InvalidCode(
            _("One character is wrong: the last one should be %(expected)s, not %(found)s.")
            % {"expected": expected, "found": code[-1]}
        )
    return code
