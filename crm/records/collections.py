"""The collections that most modules have: phones, mails, addresses, tags."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.lib.masks import mask_email, mask_phone
from crm.lib.phones import parse_phone, reversed_digits
from crm.modules.collections import Collection
from crm.records.children import Address, Mail, Phone, Tag


def phone_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a number is looked up by: E.164, and its digits with the last one first."""
    e164 = parse_phone(values["number"]).e164
    return {"e164": e164, "tail": reversed_digits(e164)}


PHONES = Collection(
    name="phones",
    label=_("phones"),
    model=Phone,
    fields=("number", "kind"),
    changes={
        "number": {"kind": "phone", "mask": mask_phone},
        "kind": {"kind": "choice", "dictionary": "phone_kind"},
    },
    identity=("number",),
    derive=phone_columns,
    limit=20,
)
MAILS = Collection(
    name="mails",
    label=_("mails"),
    model=Mail,
    fields=("address", "kind"),
    changes={
        "address": {"mask": mask_email},
        "kind": {"kind": "choice", "dictionary": "mail_kind"},
    },
    identity=("address",),
    limit=20,
)
ADDRESSES = Collection(
    name="addresses",
    label=_("addresses"),
    model=Address,
    fields=("street", "kind", "province", "city", "district", "postcode"),
    changes={"kind": {"kind": "choice", "dictionary": "address_kind"}},
    identity=("street", "city", "kind"),
    limit=20,
)
TAGS = Collection(
    name="tags",
    label=_("tags"),
    model=Tag,
    fields=("name",),
    changes={},
    identity=("name",),
    limit=30,
)
