"""The three kinds of empty pages: what to begin with, what hides the rows, whom to ask."""

from accounts.models import Department, User
from tests.kernel.helpers import add


def test_the_first_time_says_what_this_is_and_how_to_begin(cast, client):
    for person, is_told_of_the_demo in ((cast.owner, False), (cast.administrator, True)):
        client.force_login(person)
        shown = client.get("/contacts/")
        assert shown.context["empty"] == "first"
        assert "/contacts/new/" in shown.content.decode()
        assert "/contacts/import/" in shown.content.decode()
        assert "The people at your customers" in shown.context["about"]
        assert ("manage.py demo" in shown.context["about"]) == is_told_of_the_demo


def test_no_match_shows_the_conditions_and_which_one_hides_most(cast, client, queries):
    for name, city in (("甲", "苏州"), ("乙", "苏州"), ("丙", "无锡")):
        add(cast.owner, name=f"{name}仪器有限公司", city=city, kind="company")
    client.force_login(cast.owner)
    shown = client.get("/customers/?city=苏州&kind=person&view=all")
    assert shown.context["empty"] == "nomatch"
    assert shown.context["hint"]["count"] == 2, "without the kind two of Suzhou are left"
    assert shown.context["hint"]["url"] in shown.content.decode().replace("&amp;", "&")
    assert len(client.get(shown.context["hint"]["url"]).context["rows"]) == 2
    assert client.get("/customers/?city=南京").context["hint"] is None  # clearing says the same
    with queries() as full:
        client.get("/customers/")
    assert not any("count(" in one["sql"].lower() for one in full), (
        "nobody counts for rows that show"
    )


def test_without_a_right_one_is_told_whom_to_ask(cast, client):
    cast.right("owner", "contacts", view="none", create="none")
    department = cast.owner.department
    Department.objects.filter(pk=department.pk).update(manager=cast.teammate)
    client.force_login(User.objects.get(pk=cast.owner.pk))
    shown = client.get("/contacts/")
    assert shown.context["empty"] == "noright"
    assert "contacts" in shown.context["reason"]
    assert cast.teammate.display_name in shown.context["whom"]
    assert shown.context["whom"] in shown.content.decode()
