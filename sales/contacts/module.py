"""What a contact is, said once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.customfields.company import answer_of
from crm.lib.matching import Keys as PersonKeys
from crm.lib.matching import person_keys
from crm.lib.pasted import Pasted
from crm.lib.pinyin import pinyin_key
from crm.modules.collections import Collection
from crm.modules.module import GROUPS, Keys, Module, Part
from crm.records.collections import ADDRESSES, MAILS, PHONES, TAGS
from sales.contacts.employment import remember_employers
from sales.contacts.headings import HEADINGS
from sales.contacts.models import Contact, Employment
from sales.pasted import WORDS, as_contact
from sales.people import keys_with_mobile, mobile_setting

EMPLOYMENTS = Collection(
    name="employments",
    label=_("other companies"),
    model=Employment,
    fields=("customer", "job", "since", "until"),
    changes={"customer": {"target": "customers"}},
    identity=("customer", "job", "since"),
)


class Contacts(Module):
    """The people of a company, their part in a decision and to whom they report."""

    name = "contacts"
    label = _("Contact")
    label_plural = _("Contacts")
    about = _("The people at your customers: whom to call, and who decides what.")
    icon = "person"
    group = GROUPS["sales"]
    model = Contact
    number_prefix = "LX"
    sections = {
        _("Basics"): ["name", "customer", "job", "unit", "part", "reports_to", "wechat"],
        _("Person"): ["gender", "birthday"],
        _("Notes"): ["preferences", "remark"],
        _("Dates"): ["last_follow_up_at", "next_contact_at"],
    }
    columns = ["name", "customer", "job", "part", "phones", "mails", "owner", "changed_at"]
    phone_columns = ["customer", "job", "phones"]
    quick = ["name", "customer", "job", "part", "phones", "mails"]
    facts = ["customer", "job", "part", "owner", "collaborators"]
    filters = ["owner", "customer", "part", "tags"]
    headings = HEADINGS
    search = {
        "n": "name", "p": "phones.number", "m": "mails.address", "w": "wechat", "z": "number",
    }  # fmt: skip
    collections = (PHONES, MAILS, ADDRESSES, TAGS, EMPLOYMENTS)
    changes = {
        "name": {"sort_column": "sort_name"},
        "part": {"kind": "choice", "dictionary": "decision_part"},
        "gender": {"kind": "choice", "dictionary": "gender"},
        "next_contact_at": {"is_due": True},
    }
    read_only = frozenset({"last_follow_up_at", "next_contact_at"})
    background = frozenset({"last_follow_up_at", "next_contact_at"})
    parent = "customer"
    has_follow_ups = True
    parts = (Part("contacts", "reports_to", _("Reports to this person"), ("job", "part")),)
    settings = (mobile_setting(_("The same mobile at two contacts"), Q()),)
    duplicate_fields = frozenset({"name", "phones", "mails"})
    pasted_words = WORDS
    pasted_note = "remark"

    def proposed(self, found: Pasted) -> Mapping[str, Sequence[Any]]:
        """What a pasted text says."""
        return as_contact(found)

    def keys(self, values: Mapping[str, Any]) -> Keys:
        """The same name at several companies is no duplicate; a mobile as the company says."""
        numbers = [row["number"] for row in values.get("phones") or () if row.get("number")]
        mails = [row["address"] for row in values.get("mails") or () if row.get("address")]
        found = person_keys(values.get("name") or "", numbers, mails)
        alike = PersonKeys([], [*found.exact, *found.near])
        return keys_with_mobile(alike, answer_of(self, "mobile_alone"))

    def derive(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The name as it sorts, surname first and by sound."""
        return {"sort_name": pinyin_key(values.get("name") or "", person=True)[:200]}

    def after_write(self, act: Any, ids: Sequence[int]) -> None:
        """Who goes to another company keeps the one that he left, with his job there."""
        remember_employers(act, self, ids)

    def other_parents(self, ids: Sequence[int], dead: Sequence[int]) -> dict[int, int]:
        """Contacts that still work at another company go there instead of into the bin."""
        rows = Employment.rows.filter(
            module=self.name, record_id__in=list(ids), until__isnull=True
        ).exclude(customer_id__in=list(dead))
        living = rows.filter(customer__deleted_at__isnull=True)
        return dict(living.values_list("record_id", "customer_id"))
