"""A choice merged into another: all values move by one job, what names it follows, and back."""

import json

import pytest

from crm.access.policy import access_to
from crm.customfields.models import ChoiceRule, FieldDefinition, Option
from crm.jobs.choices import ask_for_merge
from crm.jobs.models import Job
from crm.jobs.running import run
from crm.jobs.services import undo_job
from crm.lists.models import SavedView
from crm.modules.stamp import raise_definitions_version
from crm.records.beside import Event
from crm.records.changes import entries_of
from crm.records.errors import Invalid, NotAllowed
from crm.records.lifecycle import delete_records, restore_record
from sales.life.models import StageRule
from tests.kernel.helpers import add, change, refused, stored
from tests.kernel.pages import browser

PAGE = "/setup/dictionaries/industry/"
LOST, KEPT = "lost_one", "kept_one"


@pytest.fixture
def lists(cast):
    """Two choices of the industry, a field of several of them, one that depends on it."""
    for value in (LOST, KEPT):
        Option.objects.create(dictionary="industry", value=value, labels={"en": value.title()})
    many = FieldDefinition.objects.create(
        module="customers", kind="multi_choice", labels={"en": "Trades"}, dictionary="industry",
        default=[LOST],
    )  # fmt: skip
    raise_definitions_version()
    for person in ("owner", "stranger", "director"):
        cast.state(person, "customers", many.name, "edit")
    ChoiceRule.objects.create(
        module="customers", child=many.name, parent="industry",
        allowed={LOST: ["a"], KEPT: ["b", LOST]},
    )  # fmt: skip
    raise_definitions_version()
    return many.name


def merged(cast):
    job = ask_for_merge(actor=cast.administrator, dictionary="industry", lost=LOST, kept=KEPT)
    assert run(job.pk)
    job.refresh_from_db()
    return job


@pytest.fixture
def asking(cast, lists):
    """Two views that name both choices."""
    asked = {"all": [{"field": "industry", "op": "in", "value": [LOST, KEPT]}]}
    over = {"field": "customer.industry", "op": "eq", "value": LOST}
    for module, tree in (("customers", asked), ("contacts", over)):
        SavedView.objects.create(
            module=module, name=module, owner=cast.owner, state={"filter": json.dumps(tree)}
        )
    return [asked, over]


def trees():
    return [json.loads(one.state["filter"]) for one in SavedView.objects.order_by("pk")]


def undone(cast, job):
    undo_job(actor=cast.administrator, job_id=job.pk)
    assert run(job.pk)
    job.refresh_from_db()
    return job


def test_values_follow_and_come_back(cast, lists):
    ChoiceRule.objects.all().delete()
    raise_definitions_version()
    firm = add(cast.owner, industry=LOST, **{lists: [LOST, KEPT]})
    gone, other = (
        add(person, industry=value, **{lists: [KEPT]})
        for person, value in ((cast.stranger, LOST), (cast.owner, KEPT))
    )
    delete_records(actor=cast.stranger, module="customers", pks=[gone])
    job = merged(cast)
    assert job.state == Job.State.DONE, job.detail
    row = stored("customers", firm)
    assert (row.industry, row.custom[lists], row.version) == (KEPT, [KEPT], 3)
    assert row.changed_by_id == cast.administrator.pk
    assert stored("customers", other).version == 1
    access = access_to(cast.owner, "customers")
    said = [one.field.name for entry in entries_of(access, firm)[:2] for one in entry.changes]
    assert {"industry", lists} <= set(said)
    told = Event.objects.filter(module="customers", record_id=firm, kind="changed")
    assert sorted(one for event in told for one in event.changed) == sorted(["industry", lists])
    assert lists in refused(Invalid, add, cast.owner, **{lists: [LOST]}).fields
    restore_record(actor=cast.stranger, module="customers", pk=gone)
    assert stored("customers", gone).industry == KEPT

    change(cast.owner, firm, industry=KEPT, city="Wuxi")
    change(cast.stranger, gone, industry=None)
    job = undone(cast, job)
    assert (job.state, job.errors) == (Job.State.UNDONE, 1)
    row = stored("customers", firm)
    assert (row.industry, row.custom[lists]) == (LOST, [LOST, KEPT])
    assert stored("customers", gone).industry == ""
    assert stored("customers", other).industry == KEPT
    assert Option.objects.get(dictionary="industry", value=LOST).is_active


def test_views_and_rules_follow_and_come_back(cast, lists, asking):
    asked, over = asking
    job = merged(cast)
    assert job.detail["message"].endswith("2 saved views changed · 1 rule changed")
    assert trees() == [{"all": [{**asked["all"][0], "value": [KEPT]}]}, {**over, "value": KEPT}]
    assert ChoiceRule.objects.get().allowed == {KEPT: ["a", "b", KEPT]}
    assert FieldDefinition.objects.get(dictionary="industry").default == [KEPT]
    undone(cast, job)
    assert trees() == asking
    assert ChoiceRule.objects.get().allowed == {LOST: ["a"], KEPT: ["b", LOST]}


def test_what_still_asks_for_a_choice_keeps_it(cast, lists):
    StageRule.objects.create(
        stage="customer", condition={"field": "industry", "op": "eq", "value": LOST}
    )
    said = refused(Invalid, merged, cast).message
    assert "Stage rule" in str(said)
    StageRule.objects.all().delete()
    stages = Option.objects.filter(dictionary="life_stage").values_list("value", flat=True)
    said = refused(
        Invalid, ask_for_merge, actor=cast.administrator, dictionary="life_stage",
        lost=stages[0], kept=stages[1],
    )  # fmt: skip
    assert "product itself" in str(said.message)
    for kept in (LOST, "nothing"):
        refused(
            Invalid, ask_for_merge, actor=cast.administrator, dictionary="industry", lost=LOST,
            kept=kept,
        )  # fmt: skip


def test_only_administrators_merge_and_the_page_says_what_follows(cast, lists):
    SavedView.objects.create(
        module="customers", name="Their view", owner=cast.owner,
        state={"filter": json.dumps({"field": "industry", "op": "eq", "value": LOST})},
    )  # fmt: skip
    option = Option.objects.get(dictionary="industry", value=LOST)
    url = f"{PAGE}merge/{option.pk}/"
    for person in (cast.owner, cast.director):
        refused(
            NotAllowed, ask_for_merge, actor=person, dictionary="industry", lost=LOST, kept=KEPT
        )
        assert browser(person).get(url).status_code == 403
        assert browser(person).post(url, {"into": KEPT}).status_code == 403
    page = browser(cast.administrator)
    shown = page.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Their view" in shown
    assert "Customer · Trades" in shown
    assert f'<option value="{KEPT}">' in shown
    assert page.post(url, {"into": LOST}).status_code == 400
    assert page.post(url, {"into": KEPT}).status_code == 302
    job = Job.objects.get(kind="choices")
    assert run(job.pk)
    shown = page.get(PAGE).content.decode()
    undo = f"{PAGE}merge/undo/{job.pk}/"
    assert undo in shown
    assert "Lost_One” becomes “Kept_One" in shown
    assert browser(cast.owner).post(undo).status_code == 403
    assert page.post(undo).status_code == 302
    assert run(job.pk)
    assert Option.objects.get(pk=option.pk).is_active


def test_rows_of_lists_move_with_their_record(cast):
    values = list(Option.objects.filter(dictionary="phone_kind").values_list("value", flat=True))
    numbers = [{"number": "13800138000", "kind": values[0]}, {"number": "01066668888", "kind": ""}]
    firm = add(cast.owner, phones=numbers)

    def kinds():
        return [one["kind"] for one in access_to(cast.owner, "customers").get(firm)["phones"]]

    job = ask_for_merge(
        actor=cast.administrator, dictionary="phone_kind", lost=values[0], kept=values[1]
    )
    assert run(job.pk)
    assert kinds() == [values[1], ""]
    assert stored("customers", firm).version == 2
    last = entries_of(access_to(cast.owner, "customers"), firm)[0]
    assert (last.version, "becomes" in last.reason) == (2, True)
    undo_job(actor=cast.administrator, job_id=job.pk)
    assert run(job.pk)
    assert kinds() == [values[0], ""]
    stages = Option.objects.filter(dictionary="company_relation").values_list("value", flat=True)
    said = refused(
        Invalid, ask_for_merge, actor=cast.administrator, dictionary="company_relation",
        lost=stages[0], kept=stages[1],
    )  # fmt: skip
    assert "tells entries of a list apart" in str(said.message)
