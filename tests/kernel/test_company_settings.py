"""Decisions for the whole company: what a mobile alone means (B4), and the keys that follow."""

import pytest
from django.test import Client

from crm.access.policy import access_to
from crm.customfields.company import answer_of
from crm.jobs.models import Job
from crm.jobs.rekeying import collisions, set_answer
from crm.jobs.running import run
from crm.modules.registry import module_named
from crm.records.beside import AuditEntry, MatchKey, UniqueValue
from crm.records.duplicates import matches_of
from crm.records.errors import DuplicateFound, Invalid
from crm.records.lifecycle import delete_records
from crm.records.services import create_record
from tests.kernel.helpers import add, change, refused, stored

MOBILE = "13800138000"
ROW = "+8613800138000"


def decide(cast, value, module="customers"):
    """Decide, and let the job end."""
    job = set_answer(
        actor=cast.administrator, module=module_named(module), name="mobile_alone", value=value
    )
    if job is not None:
        run(job.pk)
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.detail
    return job


def person(actor, name, module="customers", phone=MOBILE):
    kind = {"kind": "person"} if module == "customers" else {}
    return add(actor, module, name=name, phones=[phone], **kind)


def exact_holder(module="customers"):
    found = UniqueValue.objects.filter(module=module, field="mobile", value=ROW)
    return list(found.values_list("record_id", flat=True))


def near_holders(module="customers"):
    found = MatchKey.objects.filter(module=module, rule="mobile", key=ROW)
    return sorted(found.values_list("record_id", flat=True))


def known(actor, module="customers", **values):
    access = access_to(actor, module)
    values = {"name": "Somebody else", "phones": [{"number": MOBILE}], **values}
    return [(match.rule, match.is_exact) for match in matches_of(access, values)]


def test_at_first_a_mobile_alone_is_offered(cast):
    first = person(cast.owner, "Li Lei")
    second = person(cast.stranger, "Han Mei")
    assert near_holders() == [first, second]
    assert exact_holder() == []


def test_exact_refuses_the_next_one_and_names_the_holder(cast):
    person(cast.owner, "Li Lei")
    job = decide(cast, "exact")
    assert (job.total, job.done, job.errors) == (1, 1, 0)
    problem = refused(DuplicateFound, person, cast.stranger, "Han Mei")
    assert "belongs to" in str(problem.fields)
    firm = create_record(
        actor=cast.stranger, module="customers",
        values={"name": "Alpha Pumps", "phones": [{"number": MOBILE}]},
    )  # fmt: skip
    assert stored("customers", firm), "of companies the same mobile is only offered"
    assert ("mobile", False) in known(cast.owner)


def test_records_that_collide_keep_what_they_have_and_are_told(cast):
    first = person(cast.owner, "Li Lei")
    second = person(cast.stranger, "Han Mei")
    third = person(cast.owner, "Wang Fang")
    job = decide(cast, "exact")
    assert exact_holder() == [first], "who entered first owns"
    assert near_holders() == [first, second, third]
    assert collisions(job) == [(second, first), (third, first)]
    assert job.errors == 2
    assert "2 records have what earlier ones have" in job.detail["message"]
    assert stored("customers", second).version == 1
    change(cast.stranger, second, name="Han Meimei")
    change(cast.stranger, second, phones=[{"number": MOBILE}, {"number": "13900139000"}])
    refused(DuplicateFound, person, cast.owner, "Zhao Si", phone="13900139000")
    delete_records(actor=cast.owner, module="customers", pks=[first])
    change(cast.stranger, second, name="Han Mei Mei")
    assert exact_holder() == [second], "what it had beside its twin becomes its own"


def test_nothing_means_nothing_and_back_again(cast):
    first = person(cast.owner, "Li Lei")
    second = person(cast.stranger, "Han Mei")
    decide(cast, "nothing")
    assert (near_holders(), exact_holder()) == ([], [])
    assert known(cast.owner, kind="person") == []
    third = person(cast.owner, "Wang Fang")
    decide(cast, "near")
    assert near_holders() == [first, second, third]
    decide(cast, "exact")
    assert (near_holders(), exact_holder()) == ([first, second, third], [first])
    decide(cast, "near")
    assert (near_holders(), exact_holder()) == ([first, second, third], [])
    refused(DuplicateFound, person, cast.owner, "li lei")


def test_contacts_have_a_decision_of_their_own(cast):
    first = person(cast.owner, "Li Lei", "contacts")
    decide(cast, "exact", "contacts")
    assert exact_holder("contacts") == [first]
    refused(DuplicateFound, person, cast.owner, "Han Mei", "contacts")
    person(cast.owner, "Han Mei")
    person(cast.owner, "Wang Fang")


def test_deleted_records_hold_no_key(cast):
    gone = person(cast.owner, "Li Lei")
    delete_records(actor=cast.owner, module="customers", pks=[gone])
    decide(cast, "exact")
    assert (near_holders(), exact_holder()) == ([], [])


def test_a_decision_twice_or_in_two_jobs_ends_the_same(cast):
    person(cast.owner, "Li Lei")
    customers = module_named("customers")
    jobs = [
        set_answer(actor=cast.administrator, module=customers, name="mobile_alone", value=value)
        for value in ("exact", "near", "near")
    ]
    assert jobs[2] is None
    for job in jobs[1::-1]:
        run(job.pk)
    assert (len(near_holders()), exact_holder()) == (1, [])


def test_the_statements_of_a_batch_do_not_grow_with_its_records(cast, queries):
    def asked():
        with queries() as seen:
            decide(cast, "exact")
        with queries():
            decide(cast, "near")
        return len(seen)

    person(cast.owner, "Li Lei")
    few = asked()
    for place in range(12):
        person(cast.owner, f"Person {place}", phone=f"139{place:08d}")
    assert asked() <= few


def test_what_is_no_answer_is_refused_and_decisions_are_audited(cast):
    customers = module_named("customers")
    with pytest.raises(Invalid):
        set_answer(actor=cast.administrator, module=customers, name="mobile_alone", value="x")
    decide(cast, "exact")
    assert answer_of(module_named("customers"), "mobile_alone") == "exact"
    entry = AuditEntry.objects.get(action="company.setting")
    assert entry.actor_id == cast.administrator.pk
    assert entry.detail == {"setting": "mobile_alone", "before": "near", "after": "exact"}


def test_the_page_is_for_administrators_and_shows_what_came_of_it(cast):
    first, second = person(cast.owner, "Li Lei"), person(cast.stranger, "Han Mei")
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.director)
    assert client.get("/setup/company/").status_code == 403
    assert client.post("/setup/company/", {"customers.mobile_alone": "exact"}).status_code == 403
    client.force_login(cast.administrator)
    assert "/setup/company/" in client.get("/setup/").content.decode()
    assert "says nothing" in client.get("/setup/company/").content.decode()
    assert client.post("/setup/company/", {"customers.mobile_alone": "x"}).status_code == 400
    assert client.post("/setup/company/", {"customers.mobile_alone": "exact"}).status_code == 302
    run(Job.objects.get(kind="rekey").pk)
    shown = client.get("/setup/company/").content.decode()
    assert f'/customers/{first}/"' in shown
    assert f'/customers/{second}/"' in shown
    assert "1 record has what an earlier one has; it keeps it." in shown
