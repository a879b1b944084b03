"""What is shown of a value to people who may know only that it is there."""

_STARS = "****"


def mask_phone(number: str) -> str:
    """ "+8613800138000" gives "138****8000"; of other numbers at most half of the digits stay.

    Takes E.164 or any writing; spaces, signs and the country code of China are left out, and an
    extension should not be part of it.
    """
    digits = "".join([sign for sign in number if sign.isdecimal()])
    if number.lstrip().startswith("+86") or (len(digits) == 13 and digits.startswith("861")):
        digits = digits[2:]
    if len(digits) >= 11:
        return f"{digits[:3]}{_STARS}{digits[-4:]}"
    if len(digits) >= 7:
        return f"{digits[:2]}{_STARS}{digits[-2:]}"
    return _STARS


def mask_email(address: str) -> str:
    """ "zhangwei@example.com" gives "z****@example.com": the first sign and the domain stay."""
    local, at, domain = address.strip().rpartition("@")
    if not at or len(local) < 1:
        return _STARS
    return f"{local[0] if len(local) > 1 else ''}{_STARS}@{domain}"


def mask_text(text: str) -> str:
    """ "张伟明" gives "张****": of more signs the first stays; the length never shows."""
    text = text.strip()
    return f"{text[0]}{_STARS}" if len(text) > 1 else _STARS


def mask_code(code: str) -> str:
    """ "91310000MA1FL5E63K" gives "91****3K": two signs at each end of codes of eight and more."""
    code = code.strip()
    return f"{code[:2]}{_STARS}{code[-2:]}" if len(code) >= 8 else _STARS
