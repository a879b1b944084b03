"""The same change of fields for many records; see crm/jobs/deeds.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop

from crm.access.policy import access_to
from crm.jobs.deeds import Deed, Rows, ask_for, register_deed
from crm.jobs.models import Job
from crm.records.act import Act
from crm.records.deeds import Done
from crm.records.edits import Edit, check_edits, edit_many, take_back

KIND = "edit"


def ask_for_edit(
    *, owner: Any, module: str, pks: Sequence[int], edits: Sequence[Edit], source: str = "bulk"
) -> Job:
    """A job that changes these records. Raises TooMuch, NotAllowed, Invalid."""
    check_edits(access_to(owner, module), edits)
    wanted = [{"field": one.field, "how": one.how, "value": one.value} for one in edits]
    return ask_for(
        owner=owner, kind=KIND, module=module, pks=pks, title=gettext_noop("Edit %s"),
        options={"edits": wanted}, source=source,
    )  # fmt: skip


def _edit(person: Any, job: Job, pks: Sequence[int], act: Act) -> Mapping[int, Done]:
    edits = [Edit(**one) for one in job.options["edits"]]
    outcomes, after = edit_many(actor=person, module=job.module, pks=pks, edits=edits, act=act)
    return {
        pk: Done(one.errors, one.before, after.get(pk) or {}, one.version)
        for pk, one in zip(pks, outcomes, strict=True)
    }


def _take_back(person: Any, job: Job, rows: Rows, act: Act) -> Mapping[int, str]:
    left = take_back(
        actor=person, module=job.module, act=act,
        rows={pk: (dict(before), dict(after)) for pk, (before, after) in rows.items()},
    )  # fmt: skip
    return dict.fromkeys(left, "")


def register() -> None:
    """Let jobs edit many records."""
    register_deed(KIND, Deed(_edit, _take_back))
