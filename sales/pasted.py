"""What a pasted text says about customers and contacts: which find is meant for which field."""

from collections.abc import Sequence
from typing import Any

from crm.lib.pasted import Pasted

WORDS = {"wechat": ("微信", "wechat", "weixin", "wx", "vx", "v信")}
_KINDS = {"mobile": "mobile", "landline": "office", "fax": "fax"}


def reached(found: Pasted) -> dict[str, Sequence[Any]]:
    """Phones, mails, addresses and accounts, as every module keeps them."""
    phones = [{"number": number, "kind": _KINDS[kind]} for number, kind in found.phones]
    mails = [{"address": mail, "kind": "work"} for mail in found.mails]
    addresses = [
        {
            "street": place.street, "province": place.province, "city": place.city,
            "district": place.district, "postcode": found.postcode if number == 0 else "",
        }
        for number, place in enumerate(found.places)
    ]  # fmt: skip
    rows = {"phones": phones, "mails": mails, "addresses": addresses}
    return {**{name: [one] for name, one in rows.items() if one}, **found.labelled}


def as_customer(found: Pasted) -> dict[str, Sequence[Any]]:
    """A company, or a person where the text names none."""
    place = found.places[0] if found.places else None
    return {
        **reached(found),
        "name": [*found.companies, *found.people],
        "kind": ["company"] if found.companies else ["person"] if found.people else [],
        "website": found.sites,
        "credit_code": found.codes,
        "province": [place.province] if place and place.province else [],
        "city": [place.city] if place and place.city else [],
    }


def as_contact(found: Pasted) -> dict[str, Sequence[Any]]:
    """A person, and where he works."""
    return {
        **reached(found),
        "name": found.people,
        "customer": found.companies,
        "job": found.jobs,
        "unit": found.units,
    }
