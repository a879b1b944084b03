"""The inspector says what the door does, with every role and share that decides."""

from __future__ import annotations

import pytest

from accounts.services.act import COMMAND_LINE
from accounts.services.roles import give_role
from accounts.views.setup.inspector import parts_of
from crm.access.holders import PERSON, TEAM, Holder
from crm.access.inspector import ON_RECORDS, verdicts
from crm.access.policy import access_to
from crm.access.sharing import EDIT
from crm.modules.registry import module_named
from crm.records.lifecycle import delete_records
from crm.records.sharing import Terms, share_records
from tests.kernel.helpers import add
from tests.kernel.pages import browser
from tests.people import PEOPLE

pytestmark = pytest.mark.django_db


def judged(person, pk, is_bin=False):
    module = module_named("customers")
    found = verdicts(person, module, parts_of(person, module), pk, is_bin)
    return {one.action: one for one in found}


def test_it_says_what_the_door_says_for_everybody_and_every_action(cast):
    pk = add(cast.stranger)
    team = Holder(TEAM, cast.team.pk)
    share_records(actor=cast.stranger, module="customers", pks=[pk], to=[team], terms=Terms(EDIT))
    for name in PEOPLE:
        person = cast.people[name]
        found = judged(person, pk)
        rows = {one: access_to(person, "customers").rows(one) for one in ON_RECORDS}
        for action, one in found.items():
            assert bool(one.decision) is rows[action].filter(pk=pk).exists(), (name, action)
            assert bool(one.decision) is (any(one.parts.values()) or bool(one.shares))
    assert [one.holder for one in judged(cast.owner, pk)["edit"].shares] == [team]
    assert judged(cast.owner, pk)["delete"].shares == ()


def test_each_role_is_weighed_by_itself_and_says_where_it_comes_from(cast):
    pk = add(cast.stranger)
    give_role(actor=COMMAND_LINE, role=cast.roles["director"], holder=cast.team)
    parts = {
        part.label: (part.source, yes) for part, yes in judged(cast.owner, pk)["view"].parts.items()
    }
    assert parts == {
        "owner": ("given to the person", False),
        "director": ("from the team Pioneers", True),
    }


def test_the_page_tells_actions_fields_and_readers(cast):
    pk = add(cast.stranger, name="Weighed works", wechat="weighed")
    cast.state("clerk", "customers", "wechat", "edit", only_when_empty=True)
    client = browser(cast.administrator)
    url = f"/setup/inspector/?who={cast.clerk.pk}&what=customers/{pk}"
    page = client.get(url)
    assert page.status_code == 200
    said = {one["label"]: one for one in page.context["actions"]}
    assert {str(label): one["is_yes"] for label, one in said.items()}["View"] is True
    states = {one["label"]: one for one in page.context["states"]}
    assert "only while it is empty" in states["WeChat"]["why"]
    assert states["Phones · Number"]["state"] == "Masked"
    names = {one["label"] for one in page.context["readers"]}
    assert names == {"Stranger", "Clerk", "Manager", "Director", "Administrator"}
    delete_records(actor=cast.stranger, module="customers", pks=[pk])
    page = client.get(f"/setup/inspector/?who={cast.owner.pk}&what=customers/{pk}")
    assert b"recycle bin" in page.content
    assert not any(one["is_yes"] for one in page.context["actions"])
    for what in ("customers/0", "customers/x", "nothing/1", "%00x", "customers/999999999999999999"):
        assert b"There is no such record" in client.get(f"/setup/inspector/?what={what}").content
    assert browser(cast.director).get(url).status_code == 403


def asked(cast, who, field, what=""):
    """The inspector's page about one field."""
    params = {"field": field, "what": what} | ({"who": who.pk} if who else {})
    answer = browser(cast.administrator).get("/setup/inspector/", params)
    assert answer.status_code == 200
    return answer.content.decode(), answer.context


def test_a_field_is_weighed_role_by_role_and_the_strongest_decides(cast):
    cast.state("owner", "customers", "wechat", "read")
    cast.state("director", "customers", "wechat", "edit", only_when_empty=True)
    give_role(actor=COMMAND_LINE, role=cast.roles["director"], holder=cast.team)
    pk = add(cast.owner, wechat="weighed")
    text, context = asked(cast, cast.owner, "customers.wechat", f"customers/{pk}")
    chain = {one["text"]: one["decides"] for one in context["field"]["chain"]}
    assert chain == {
        "Role owner: Read": False,
        "Role director: Edit, only while empty": True,
    }
    assert "filled in already" in context["field"]["now"]
    assert "group › centre › east" in text.lower()
    cast.state("owner", "customers", "wechat", "edit")
    _text, context = asked(cast, cast.owner, "customers.wechat", f"customers/{pk}")
    assert "may be changed" in context["field"]["now"]
    other = add(cast.outsider)
    cast.right("director", "customers", view="none")
    _text, context = asked(cast, cast.owner, "customers.wechat", f"customers/{other}")
    assert "out of reach" in context["field"]["now"]


def test_every_role_stands_in_the_line_of_a_field_as_the_door_has_it(cast):
    cast.state("clerk", "customers", "phones.number", "masked")
    cast.state("owner", "customers", "phones", "hidden")
    _text, context = asked(cast, None, "customers.phones.number")
    line = {one["label"]: one["level"] for one in context["field"]["roles"]}
    for name in PEOPLE:
        state = access_to(cast.people[name], "customers").state("phones.number")
        if name != "inactive":
            assert line[name] == state.name.lower(), name
    assert (line["clerk"], line["owner"]) == ("masked", "hidden")
    for wrong in ("customers.nothing", "nothing.name", "customers"):
        text, context = asked(cast, None, wrong)
        assert "field" not in context or "There is no such field" in text


def test_a_share_with_a_part_and_inputs_are_told(cast):
    pk = add(cast.stranger)
    share_records(
        actor=cast.stranger, module="customers", pks=[pk], to=[Holder(PERSON, cast.owner.pk)],
        terms=Terms(part="support"),
    )  # fmt: skip
    text, _context = asked(cast, cast.owner, "customers.city", f"customers/{pk}")
    assert "Collaborator Owner: Support" in text
    text, _context = asked(cast, cast.owner, "contacts.name", f"customers/{pk}")
    assert "another module" in text
