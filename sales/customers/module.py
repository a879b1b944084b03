"""What a customer is, said once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.customfields.company import answer_of
from crm.lib.masks import mask_code
from crm.lib.matching import company_keys, person_keys
from crm.lib.pasted import Pasted
from crm.lib.pinyin import pinyin_key
from crm.modules.collections import Collection
from crm.modules.module import GROUPS, Keys, Module, Part
from crm.records.collections import ADDRESSES, MAILS, PHONES, TAGS
from sales.contacts.employment import people_group
from sales.customers.headings import HEADINGS
from sales.customers.models import CompanyRelation, Customer
from sales.feed.following import follow_extras
from sales.life.moving import follow_touch, follow_write
from sales.life.on_page import stage_extras
from sales.life.rules import rules_with_choice
from sales.pasted import WORDS, as_customer
from sales.people import keys_with_mobile, mobile_setting

RELATIONS = Collection(
    name="relations",
    label=_("related companies"),
    model=CompanyRelation,
    fields=("other", "kind"),
    changes={
        "other": {"target": "customers"},
        "kind": {"kind": "choice", "dictionary": "company_relation"},
    },
    identity=("other", "kind"),
)


class Customers(Module):
    """Companies and people alike."""

    name = "customers"
    label = _("Customer")
    label_plural = _("Customers")
    about = _("Companies and people you do business with: who they are, and how far you got.")
    icon = "building"
    group = GROUPS["sales"]
    model = Customer
    number_prefix = "KH"
    sections = {
        _("Basics"): [
            "name", "kind", "relationship", "stage", "level", "service_person", "source",
            "industry", "employees", "region", "province", "city", "website", "wechat", "parent",
        ],
        _("Money"): ["revenue", "credit_limit", "payment_terms"],
        _("Invoice data"): ["credit_code", "invoice_title", "bank", "bank_account"],
        _("Person"): ["birthday", "gender", "occupation", "household", "interests"],
        _("Notes"): ["preferences", "remark"],
        _("Dates"): ["last_follow_up_at", "next_contact_at"],
    }  # fmt: skip
    columns = [
        "name", "level", "stage", "industry", "city", "owner", "service_person",
        "last_follow_up_at", "next_contact_at", "source", "revenue", "phones", "tags",
    ]  # fmt: skip
    phone_columns = ["level", "stage", "city", "next_contact_at"]
    quick = ["name", "kind", "phones", "level", "source", "industry", "city"]
    facts = ["owner", "collaborators", "service_person", "industry", "city", "next_contact_at"]
    filters = [
        "owner", "service_person", "level", "stage", "industry", "region", "source", "tags",
        "next_contact_at",
    ]  # fmt: skip
    stage = "stage"
    level = "level"
    headings = HEADINGS
    search = {
        "n": "name", "p": "phones.number", "c": "credit_code", "z": "number", "m": "mails.address",
        "w": "wechat", "t": "tags.name",
    }  # fmt: skip
    collections = (PHONES, MAILS, ADDRESSES, TAGS, RELATIONS)
    changes = {
        "name": {"sort_column": "sort_name"},
        "kind": {"default": "company"},
        "relationship": {"kind": "choice", "dictionary": "customer_role"},
        "stage": {"kind": "choice", "dictionary": "life_stage", "label": _("Stage")},
        "level": {"kind": "choice", "dictionary": "level"},
        "source": {"kind": "choice", "dictionary": "source"},
        "industry": {"kind": "choice", "dictionary": "industry"},
        "region": {"kind": "choice", "dictionary": "region"},
        "gender": {"kind": "choice", "dictionary": "gender"},
        "revenue": {"kind": "money", "unit": _("CNY")},
        "credit_limit": {"kind": "money", "unit": _("CNY")},
        "employees": {"unit": _("people")},
        "credit_code": {"kind": "credit_code", "mask": mask_code},
        "bank_account": {"mask": mask_code},
        "birthday": {"is_yearly": True},
        "last_follow_up_at": {"nulls_first": True},
        "next_contact_at": {"is_due": True},
    }
    read_only = frozenset({"last_follow_up_at", "next_contact_at"})
    background = frozenset({"last_follow_up_at", "next_contact_at"})
    closed = frozenset({"credit_limit"})
    has_follow_ups = True
    team_page = "/customers/stages/"
    team_label = _("Moves between stages")
    parts = (Part("customers", "parent", _("Subsidiaries"), ("level", "owner")),)
    settings = (
        mobile_setting(_("The same mobile at two customers who are people"), Q(kind="person")),
    )
    duplicate_fields = frozenset({"name", "kind", "credit_code", "phones", "mails", "website"})
    pasted_words = WORDS
    pasted_note = "remark"

    def proposed(self, found: Pasted) -> Mapping[str, Sequence[Any]]:
        """What a pasted text says."""
        return as_customer(found)

    def keys(self, values: Mapping[str, Any]) -> Keys:
        """Both: credit code; companies: folded name; persons: name with mobile (mission row B4)."""
        numbers = [row["number"] for row in values.get("phones") or () if row.get("number")]
        mails = [row["address"] for row in values.get("mails") or () if row.get("address")]
        name, code = values.get("name") or "", values.get("credit_code") or ""
        if values.get("kind") == Customer.Kind.PERSON:
            answer = answer_of(self, "mobile_alone")
            return keys_with_mobile(person_keys(name, numbers, mails, code), answer)
        found = company_keys(name, code, numbers, mails, values.get("website") or "")
        return Keys(frozenset(found.exact), frozenset(found.near))

    def derive(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The name as it sorts: by sound."""
        is_person = values.get("kind") == Customer.Kind.PERSON
        return {"sort_name": pinyin_key(values.get("name") or "", person=is_person)[:400]}

    def after_write(self, act: Any, ids: Sequence[int]) -> None:
        """Moves between stages are counted; the rules look at what was written."""
        follow_write(act, ids)

    def after_touch(self, act: Any, ids: Sequence[int]) -> None:
        """A follow-up may move a customer to another stage."""
        follow_touch(act, ids)

    def uses_of_choice(self, dictionary: str, value: str) -> Sequence[str]:
        """Rules of stages ask for choices."""
        return rules_with_choice(dictionary, value)

    def on_page(self, access: Any, row: Any) -> dict[str, Any]:
        """The star, since when it stands at its stage and by whom, and who worked there."""
        stage, star = stage_extras(access, row), follow_extras(access, row)
        actions = [*star["actions"], *stage.get("actions", [])]
        people = people_group(access, row)
        groups = [people] if people else []
        return {**stage, "watch": star["watch"], "actions": actions, "groups": groups}
