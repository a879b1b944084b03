"""Phone numbers in any format that people write, as E.164 and as they are read aloud."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from crm.lib.text import clean

_HOME_REGION = "CN"
_HOME_CODE = 86
_LONGEST_INPUT = 60  # longer text is no phone number, and is not handed to a parser
_LONGEST_EXTENSION = 8

_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SHOWN_MOBILE = re.compile(r"(1[3-9][0-9]) ([0-9]{4}) ([0-9]{4})")  # as we store it
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})")
_SEPARATORS = str.maketrans("", "", " -()/.")
_MOBILE_SIGNS = str.maketrans("", "", " -()\t\u00a0")
_LABEL = re.compile(
    r"^(?:手机号?码?|电话|座机|固话|传真|tel|phone|mobile|mob|fax)\s*[:.]?\s*", re.I
)
_WHOLE_NUMBER_CELL = re.compile(r"([0-9]{7,})\.0*")
_SHORTENED_CELL = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]+", re.I)
_EXTENSION = re.compile(
    r"\s*(?:转|轉|分机|分機|内线|ext(?:ension)?\.?|[x#])\s*[:.]?\s*([0-9]{1,12})\s*$", re.I
)
_DASHED_EXTENSION = re.compile(r"^(\(?0?[0-9]{2,4}\)?[ -]*[0-9]{7,8})-([0-9]{1,6})$")
_SERVICE_NUMBER = re.compile(r"9[56][0-9]{3,6}")
_ALLOWED = re.compile(r"\+?[0-9()\- ./]+")
_BETWEEN_NUMBERS = re.compile(
    r"[/、;,|\r\n]+|或|\band\b|(?<=[0-9])\s+(?=(?:\+?86)?1[3-9][0-9]{9}\b)"
)
_MOBILE_KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class InvalidPhone(ValueError):
    """Text that is no phone number; the message says in a sentence what is wrong with it."""


class Phone(NamedTuple):
    """One number: `e164` ("+8613800138000"), `display` ("138 0013 8000"), kind and extension."""

    e164: str
    display: str
    is_mobile: bool
    extension: str


def parse_phone(value: str | int | float) -> Phone:
    """Read one number; without a country code it is taken as Chinese.

    Takes full-width digits, any spacing, 86, +86, 0086, area codes, extensions (转, 分机, ext, x,
    #, or a third group behind a dash), 400 numbers, five-digit service numbers (95588) and the
    numbers of a spreadsheet (13800138000.0). Raises InvalidPhone. A plain Chinese mobile costs
    about 1 µs, others about 50 µs.
    """
    return _read(value if isinstance(value, str) else _text_of_number(value))


@lru_cache(maxsize=4096)
def _read(text: str) -> Phone:
    """One number; kept, since a write reads it for its column, its keys and its search entry."""
    if _PLAIN_MOBILE.fullmatch(text):
        return _mobile(text)
    shown = _SHOWN_MOBILE.fullmatch(text)
    if shown:
        return _mobile("".join(shown.groups()))
    text = _normalise(text)
    mobile = _MOBILE.fullmatch(text.translate(_MOBILE_SIGNS))
    if mobile:
        return _mobile(mobile[1])
    text, extension = _split_extension(text)
    if extension:
        mobile = _MOBILE.fullmatch(text.translate(_MOBILE_SIGNS))
        if mobile:
            return _mobile(mobile[1], extension)
    if _SERVICE_NUMBER.fullmatch(text):
        return Phone(f"+{_HOME_CODE}{text}", text, False, extension)
    return _parse_other(text, extension)


def parse_phones(value: str | int | float) -> list[Phone]:
    """Read all numbers of one cell, each once, in their order; an empty cell gives an empty list.

    They may be separated by / 、 ; , | 或 or line ends, mobiles by spaces too. Raises InvalidPhone
    when any of them is none.
    """
    text = value if isinstance(value, str) else _text_of_number(value)
    found: dict[tuple[str, str], Phone] = {}
    for part in split_phones(text):
        phone = parse_phone(part)
        found.setdefault((phone.e164, phone.extension), phone)
    return list(found.values())


def split_phones(text: str) -> list[str]:
    """The pieces of one cell that should each be a number, stripped, none of them empty."""
    if _PLAIN_MOBILE.fullmatch(text):
        return [text]
    pieces = _BETWEEN_NUMBERS.split(unicodedata.normalize("NFKC", text))
    return [piece.strip() for piece in pieces if piece.strip()]


def reversed_digits(text: str) -> str:
    """All digits from the last to the first, without leading zeros of the number.

    Numbers are stored so: the last digits that someone dials ("8000", "021-62345678") then are a
    prefix of what "+8613800138000" and "+862162345678" give.
    """
    digits = "".join([sign for sign in unicodedata.normalize("NFKC", text) if sign in "0123456789"])
    return digits.lstrip("0")[::-1]


def _mobile(digits: str, extension: str = "") -> Phone:
    return Phone(f"+86{digits}", f"{digits[:3]} {digits[3:7]} {digits[7:]}", True, extension)


def _text_of_number(value: int | float) -> str:
    if isinstance(value, bool):
        raise InvalidPhone(_("This is not a phone number."))
    if isinstance(value, float):
        if not value.is_integer():
            raise InvalidPhone(_("This is not a phone number: it has decimals."))
        value = int(value)
    return str(value)


def _normalise(text: str) -> str:
    """Half width, one kind of dash and bracket, no label in front, no spreadsheet decimals."""
    if len(text) > _LONGEST_INPUT:
        raise InvalidPhone(_("This is too long for a phone number."))
    text = clean(unicodedata.normalize("NFKC", text)).strip("' ")
    text = re.sub("[\u2010-\u2015\u2212_—~]", "-", text)
    text = _LABEL.sub("", text)
    if not text:
        raise InvalidPhone(_("A phone number is missing."))
    if _SHORTENED_CELL.fullmatch(text):
        raise InvalidPhone(
            _("The spreadsheet has shortened this number; format its column as text.")
        )
    whole = _WHOLE_NUMBER_CELL.fullmatch(text)
    return whole[1] if whole else text


def _split_extension(text: str) -> tuple[str, str]:
    dashed = _DASHED_EXTENSION.match(text)
    if dashed:
        return dashed[1], dashed[2]
    marked = _EXTENSION.search(text)
    if not marked:
        return text, ""
    if len(marked[1]) > _LONGEST_EXTENSION:
        raise InvalidPhone(_("The extension of this phone number is too long."))
    return text[: marked.start()].strip(), marked[1]


def _parse_other(text: str, extension: str) -> Phone:
    """Landlines, 400 numbers and numbers abroad, by the tables of phonenumbers."""
    if not _ALLOWED.fullmatch(text):
        raise InvalidPhone(_("This is not a phone number: it holds other signs than digits."))
    if sum(sign.isdigit() for sign in text) < 5:
        raise InvalidPhone(_("This phone number is too short."))
    return _parse_digits(text.translate(_SEPARATORS))._replace(extension=extension)


def _parse_digits(text: str) -> Phone:
    """One number without its separators."""
    try:
        number = phonenumbers.parse(text, _HOME_REGION)
    except NumberParseException as error:
        raise InvalidPhone(_parse_reason(error)) from None
    is_home = number.country_code == _HOME_CODE
    is_valid = phonenumbers.is_valid_number(number)
    if not is_valid:
        _refuse_impossible(number, is_home)
    style = PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
    return Phone(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.format_number(number, style),
        phonenumbers.number_type(number) in _MOBILE_KINDS and not is_home,
        "",
    )


def _parse_reason(error: NumberParseException) -> object:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return _("This phone number begins with a country code that does not exist.")
    if error.error_type == NumberParseException.TOO_LONG:
        return _("This phone number is too long.")
    if error.error_type == NumberParseException.NOT_A_NUMBER:
        return _("This is not a phone number.")
    return _("This phone number is too short.")


def _refuse_impossible(number: phonenumbers.PhoneNumber, is_home: bool) -> None:
    """Raise for a number that cannot exist; abroad, a possible length is enough."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    national = str(number.national_number)
    if reason == ValidationResult.TOO_LONG or (is_home and len(national) > 11):
        raise InvalidPhone(_("This phone number is too long."))
    if reason == ValidationResult.TOO_SHORT:
        raise InvalidPhone(_("This phone number is too short."))
    if is_home and national.startswith("1") and len(national) in (9, 10):
        raise InvalidPhone(_("This phone number is too short: a mobile has 11 digits."))
    if is_home and len(national) in (7, 8):
        raise InvalidPhone(_("The area code is missing: write 021-62345678."))
    if is_home:
        raise InvalidPhone(_("No phone number in China looks like this; check the digits."))
    if reason != ValidationResult.IS_POSSIBLE:
        raise InvalidPhone(_("This phone number does not have the length its country uses."))
