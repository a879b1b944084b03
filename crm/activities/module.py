"""What a follow-up is, said once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.activities.models import FollowUp, Mention
from crm.activities.touch import touch_subjects
from crm.documents.collection import FILES
from crm.modules.collections import Collection
from crm.modules.module import GROUPS, Module

MENTIONS = Collection(
    name="mentions",
    label=_("mentions"),
    model=Mention,
    fields=("person",),
    changes={},
    identity=("person",),
)


class FollowUps(Module):
    """Calls, visits, mails: who contacted whom, when, and what was said."""

    name = "follow-ups"
    label = _("Follow-up")
    label_plural = _("Follow-ups")
    about = _("What was said and agreed. You write a follow-up on the page of a customer.")
    icon = "pen"
    group = GROUPS["activities"]
    model = FollowUp
    title = "text"
    number_prefix = "GJ"
    sections = {
        _("Basics"): ["subject", "kind", "text", "partner", "happened_at", "next_contact_at"]
    }
    columns = ["happened_at", "subject", "kind", "text", "partner", "owner", "next_contact_at"]
    phone_columns = ["kind", "owner", "happened_at"]
    facts = ["subject", "owner", "happened_at"]
    filters = ["owner", "kind", "happened_at", "subject", "department"]
    search = {"x": "text", "z": "number"}
    default_sort = ("-happened_at",)
    collections = (MENTIONS, FILES)
    changes = {
        "subject": {"kind": "any_relation"},
        "partner": {"kind": "any_relation"},
        "kind": {"kind": "choice", "dictionary": "follow_up_kind"},
        "happened_at": {"default": timezone.now},
    }
    parent = "subject"
    is_only_inside = True
    team_page = "/follow-ups/team/"

    def validate(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What happened lies in the past; an hour's grace for clocks that differ."""
        happened = values.get("happened_at")
        if happened is not None and (happened - timezone.now()).total_seconds() > 3600:
            return {"happened_at": _("This lies in the future; plan it as the next contact.")}
        return {}

    def after_write(self, act: Any, ids: Sequence[int]) -> None:
        """The records they hang on know when they were last followed up."""
        touch_subjects(act, ids)
