"""View as: what an administrator sees as somebody else, and that nothing can be done there (30)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Role
from crm.access.policy import access_to
from crm.modules.stamp import raise_rights_version
from crm.records.beside import AuditEntry, Event
from tests.kernel.helpers import add
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(cast):
    """The administrator's browser, viewing as the owner."""
    client = browser(cast.administrator)
    assert client.post(f"/setup/people/{cast.owner.pk}/view/")["Location"] == "/"
    return client


def audit(action):
    rows = AuditEntry.objects.filter(action=action).order_by("pk")
    return [(one.actor_id, one.detail) for one in rows]


def test_security_30_the_pages_are_the_other_persons_with_a_banner(cast, viewer):
    mine, foreign = add(cast.owner, name="Mine works"), add(cast.stranger, name="Foreign works")
    page = viewer.get("/customers/")
    assert b"Mine works" in page.content
    assert b"Foreign works" not in page.content
    assert b"You view as <strong>Owner</strong>" in page.content
    assert viewer.get(f"/customers/{mine}/").status_code == 200
    assert viewer.get(f"/customers/{foreign}/").status_code == 404
    assert browser(cast.administrator).get(f"/customers/{foreign}/").status_code == 200


def test_security_30_nothing_can_be_changed_and_no_secrets_are_reached(cast, viewer):
    pk = add(cast.owner, name="Mine works")
    before = Event.objects.count()
    for method in ("post", "put", "patch", "delete"):
        for path in (
            "/customers/new/", f"/customers/{pk}/edit/", f"/customers/{pk}/fields/wechat/show/",
            f"/customers/{pk}/shares/", "/me/password/", "/me/tokens/", "/me/preferences/",
            f"/api/v1/customers/{pk}/", "/api/v1/auth/token/", "/setup/roles/owner/",
            f"/setup/people/{cast.stranger.pk}/view/",
        ):  # fmt: skip
            answer = getattr(viewer, method)(path, {"name": "changed"})
            assert answer.status_code == 403, (method, path)
            assert b"nothing can be changed" in answer.content
    for path in ("/me/", "/me/password/", "/me/tokens/", "/me/sessions/", "/setup/people/",
                 "/api/v1/customers/", "/api/v1/screen-pop/?phone=1", "/jobs/1/file/"):  # fmt: skip
        assert viewer.get(path).status_code == 403, path
    assert Event.objects.count() == before
    assert access_to(cast.owner, "customers").get(pk)["name"] == "Mine works"


def test_security_30_both_names_stand_in_the_audit_until_it_ends(cast, viewer):
    viewer.get("/customers/")
    assert viewer.post("/view-as/leave/")["Location"] == "/setup/"
    assert viewer.get("/setup/people/").status_code == 200
    both = (cast.administrator.pk, {"user": cast.owner.pk})
    assert audit("view_as.start") == [both] == audit("view_as.end")
    assert audit("view_as.page") == [(both[0], {**both[1], "path": "/customers/"})]
    page = viewer.get("/setup/audit/", {"kind": "actions"}).content
    assert b"Page opened while viewing as" in page
    assert b"Owner" in page


def test_it_ends_with_the_sign_out_after_half_an_hour(cast, viewer, freeze):
    with freeze(timezone.now() + dt.timedelta(minutes=31)):
        answer = viewer.post("/customers/new/", {"name": "Late works"})
    assert answer["Location"] == "/"  # neither as the one nor as the other
    assert not access_to(cast.administrator, "customers").rows().exists()
    assert viewer.get("/setup/people/").status_code == 200
    viewer.post(f"/setup/people/{cast.owner.pk}/view/")
    viewer.post("/logout/")
    assert viewer.get("/customers/").status_code == 302
    assert len(audit("view_as.end")) == 2
    assert [actor for actor, _detail in audit("sign_out")] == [cast.administrator.pk]


def test_it_ends_with_the_right_to_view(cast, viewer):
    Role.objects.filter(pk=cast.roles["administrator"].pk).update(administer=False)
    raise_rights_version()
    assert viewer.get("/customers/")["Location"] == "/"
    assert b"You view as" not in viewer.get("/customers/").content
    assert len(audit("view_as.end")) == 1


def test_security_30_nobody_gains_rights_by_it(cast):
    assert browser(cast.director).post(f"/setup/people/{cast.owner.pk}/view/").status_code == 403
    client = browser(cast.administrator)
    for pk in (cast.administrator.pk, cast.inactive.pk):
        assert client.post(f"/setup/people/{pk}/view/").status_code == 403
    assert client.post("/setup/roles/administrator/view/").status_code == 403
    assert audit("view_as.start") == []


def test_a_role_is_tried_by_somebody_who_holds_it_alone(cast):
    add(cast.stranger, name="Foreign works")
    client = browser(cast.administrator)
    client.post("/setup/roles/owner/view/")
    page = client.get("/customers/")
    assert page.status_code == 200
    assert b"whose only role is <strong>owner</strong>" in page.content
    assert b"Foreign works" not in page.content
    client.post("/view-as/leave/")
    client.post("/setup/roles/director/view/")
    assert b"Foreign works" in client.get("/customers/").content
    for path in ("/", "/follow-ups/", "/customers/new/", "/search/?q=works", "/jobs/", "/palette/"):
        assert client.get(path).status_code == 200, path
    assert audit("view_as.start")[-1][1] == {"role": "director"}
