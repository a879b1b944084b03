"""The pages of an import and an export, step by step, as a browser without script goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.jobs.models import Job
from crm.jobs.running import run
from sales.customers.models import Customer
from tests.kernel.exchange_calls import table
from tests.kernel.helpers import add, unlike
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")

TEXT = "公司全称|税号|级别|年营业额（万）"


@pytest.fixture
def page(cast: Cast, client: Client) -> Client:
    client.force_login(cast.owner)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def send(page: Client, text: str) -> tuple[Job, str]:
    answer = page.post(
        "/customers/import/", {"file": SimpleUploadedFile("名单.csv", text.encode())}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return Job.objects.get(), answer["Location"]


def html(answer: Any) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[:3000])
    return str(answer.content.decode())


def fix(page: Client, url: str) -> Any:
    """Correct the two wrong cells of row 3 and go on."""
    columns = {
        f"column-{n}": path for n, path in enumerate(("name", "credit_code", "level", "revenue"))
    }
    return page.post(
        url,
        {
            **columns,
            "fix-3-1": "",
            "was-3-1": "91330400MA0000X7R3",
            "fix-3-2": "B",
            "was-3-2": "Z",
            "act": "next",
        },
    )


def test_the_whole_way(cast: Cast, page: Client) -> None:
    assert "dropzone" in html(page.get("/customers/import/"))
    known = unlike("Known")
    add(cast.owner, name=known)
    good, bad = unlike("Good"), unlike("Bad")
    job, url = send(
        page, table(TEXT, f"{good}||A|1", f"{bad}|91330400MA0000X7R3|Z|2", f"{known}||B|3")
    )
    assert "card/?flat=1" in html(page.get(url))
    run(job.pk)
    assert page.get(f"/jobs/{job.pk}/card/?flat=1")["HX-Refresh"] == "true"
    shown = html(page.get(url))
    for word in (bad, "times 10,000", "91330400MA0000X7R3", 'name="fix-3-2"'):
        assert word in shown
    assert known in html(page.get(f"{url}?rows=near"))
    assert fix(page, url)["Location"] == f"{url}?step=duplicates"
    job.refresh_from_db()
    assert job.detail["counts"] == {"created": 2, "refused": 0, "near": 1}
    assert known in html(page.get(f"{url}?step=duplicates"))
    page.post(f"{url}?step=duplicates", {"policy": "skip", "key": "name", "empty": "keep"})
    run(job.pk)
    done = html(page.get(url))
    assert Customer.unscoped.filter(name__in=[good, bad]).count() == 2
    assert f"/jobs/{job.pk}/file/" in done
    assert page.get(f"/jobs/{job.pk}/file/").status_code == 200
    link = done.split('class="figure" href="')[1].split('"')[0].replace("&amp;", "&")
    came_in = html(page.get(link))
    assert good in came_in
    assert known not in came_in
    assert "bin" in html(page.get(f"{url}undo/"))
    page.post(f"{url}undo/")
    run(job.pk)
    assert "undone" in html(page.get(url))
    assert Customer.unscoped.filter(name=good, deleted_at=None).count() == 0


def test_another_mapping_is_checked_anew(cast: Cast, page: Client) -> None:
    job, url = send(page, table("Firma|Rest", f"{unlike()}|12"))
    run(job.pk)
    page.post(url, {"column-0": "name", "column-1": "employees", "act": "check"})
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
    run(job.pk)
    job.refresh_from_db()
    assert job.detail["counts"] == {"created": 1}
    page.post(f"{url}?step=duplicates", {"policy": "skip"})
    run(job.pk)
    assert Customer.unscoped.get().employees == 12


def test_decided_row_by_row(cast: Cast, page: Client) -> None:
    pk = add(cast.owner, name="苏州青澜仪器有限公司", level="C")
    job, url = send(page, table("公司全称|级别", "青澜仪器|A", "青澜仪器（北京）|B"))
    run(job.pk)
    columns = {"column-0": "name", "column-1": "level"}
    page.post(url, {**columns, "decide-2": str(pk)})
    page.post(url, {**columns, "decide-3": "create"})
    page.post(f"{url}?step=duplicates", {"policy": "skip"})
    run(job.pk)
    assert Customer.unscoped.get(pk=pk).level == "A"
    assert set(Customer.unscoped.values_list("name", flat=True)) == {"青澜仪器", "青澜仪器（北京）"}


def test_security_45_pages_of_others_and_without_rights_are_shut(cast: Cast, page: Client) -> None:
    job, url = send(page, table("name", unlike()))
    other = Client()
    other.force_login(cast.director)
    for path in (url, f"{url}undo/", f"/jobs/{job.pk}/card/", f"/jobs/{job.pk}/file/"):
        assert other.get(path).status_code == 404, path
    for path in (f"/jobs/{job.pk}/cancel/", f"/jobs/{job.pk}/away/"):
        assert other.post(path).status_code == 404, path
    cast.right("owner", "customers", **{"import": "none", "export": "none"})
    for path in ("/customers/import/", "/customers/import/template/", "/customers/export/", url):
        assert page.get(path).status_code == 403, path


def test_a_wrong_file_says_why(cast: Cast, page: Client) -> None:
    assert page.post("/customers/import/").status_code == 400
    job, url = send(page, "<html>x</html>")
    run(job.pk)
    job.refresh_from_db()
    assert str(job.detail["message"]) in html(page.get(url))


def test_export_page_and_jobs_page(cast: Cast, page: Client) -> None:
    add(cast.owner, name=unlike("Shown"), level="A")
    assert "level=A" in html(page.get("/customers/export/?level=A&columns=name,level&sort=name"))
    answer = page.post(
        "/customers/export/", {"query": "level=A", "columns": ["name"], "format": "csv"}
    )
    assert answer["Location"] == "/jobs/"
    job = Job.objects.get()
    assert job.title in html(page.get("/jobs/"))
    run(job.pk)
    assert f"/jobs/{job.pk}/file/" in html(page.get("/jobs/"))
    assert f"job-{job.pk}" in html(page.get("/customers/"))
    data = b"".join(page.get(f"/jobs/{job.pk}/file/").streaming_content)
    assert b"Shown" in data
    assert f"job-{job.pk}" not in html(page.get("/customers/"))  # fetched, so it has been seen
    assert f"job-{job.pk}" in html(page.get("/jobs/"))
    page.post(f"/jobs/{job.pk}/away/")
    assert page.get("/customers/export/?columns=no_such").status_code == 400
