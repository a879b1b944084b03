"""A list of colleagues becomes departments and people."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Department, User
from accounts.services.people_import import free_username
from tests.people import Cast

SHARED = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "b2b_pipeline" / "sales_teams.csv"
)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(path: Path, **options: str) -> str:
    out = StringIO()
    call_command("import_people", str(path), stdout=out, stderr=out, **options)
    return out.getvalue()


def test_offices_teams_and_people(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv", "姓名,主管,部门", "陈一,王总,华东", "李二,王总,华东", ",王总,华东"
    )
    assert "row 4" in run(path, under="group")
    team = Department.objects.get(name__contains="王总")
    assert (team.parent.name, team.parent.parent.name) == ("华东", "group")
    assert team.manager.display_name == "王总"
    people = User.objects.filter(department=team)
    assert {one.username for one in people} == {"chenyi", "lier", "wangzong"}
    assert "0 people and 0 departments" in run(path, under="group")


def test_names_that_are_taken(cast: Cast) -> None:
    assert free_username("Owner") == "owner2"
    assert free_username("Rocco Neubert") == "rocco.neubert"


def test_files_without_names_are_refused(cast: Cast, tmp_path: Path) -> None:
    for content in ("a,b\n1,2", "", "<html></html>"):
        with pytest.raises(CommandError):
            run(write(tmp_path / "x.csv", content))
    with pytest.raises(CommandError):
        run(tmp_path / "no such file")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason=f"the shared data is not at {SHARED}")
def test_the_shared_teams(cast: Cast) -> None:
    before = User.objects.count()
    run(SHARED)
    with SHARED.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = {row["sales_agent"] for row in rows} | {row["manager"] for row in rows}
    assert User.objects.count() - before == len(names)
    for row in rows:
        agent = User.objects.get(display_name=row["sales_agent"])
        assert agent.department.manager.display_name == row["manager"]
        assert agent.department.parent.name == row["regional_office"]


def test_the_page(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert client.get("/setup/people/import/").status_code in {403, 404}
    client.force_login(cast.administrator)
    assert client.get("/setup/people/import/").status_code == 200
    assert client.post("/setup/people/import/").status_code == 400
    file = SimpleUploadedFile("x.csv", b"name,manager,office\nAnn Lee,Bo Xu,North")
    answer = client.post("/setup/people/import/", {"file": file})
    assert answer.status_code == 200
    assert User.objects.get(username="ann.lee").department.parent.name == "North"
