"""Every way by which a value can leave the product, and how a test goes it.

`SURFACES` maps a name to what visits it; known.py says which addresses, jobs, commands and tasks
each of them stands for. What is typed is typed in capitals, so that a page which repeats it shows
none of the record's own words.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.urls import reverse

from accounts.proving.reads import READS
from crm.access.errors import Refusal
from crm.access.policy import access_to
from crm.customfields.files import FieldFile
from crm.exchange.services import start_export
from crm.jobs.running import run
from crm.lists.query import query_from
from crm.records.lifecycle import delete_records, restore_record
from tests.contract.bulk import deed_told, visit_bulk, visit_bulk_edit
from tests.contract.canaries import flat
from tests.contract.filters import FILTERS
from tests.contract.library import visit_documents, visit_library
from tests.contract.merging import visit_merge
from tests.contract.shapes import SHAPES, THOROUGH_SHAPES
from tests.contract.sharing import visit_shares
from tests.contract.viewing import visit_views
from tests.contract.visitor import Visitor


def _list_parts(visitor: Visitor) -> bytes:
    found = visitor.page("list", part=True) + visitor.page("list", query={"part": "count"})
    for name in visitor.planted.module.right_names():
        found += visitor.page("list", query={"part": "filter", "field": name})
    return found


def _fields(visitor: Visitor) -> bytes:
    found = b""
    for name in visitor.planted.module.fields:
        found += visitor.page("field", name=name) + visitor.page("field-edit", name=name)
    return found


def _uncover(visitor: Visitor) -> bytes:
    """Every closed field uncovered on purpose: what is hidden stays so."""
    found = b""
    readable = access_to(visitor.planted.reader, visitor.planted.module.name).readable
    for name in visitor.planted.module.right_names():
        if name in readable and not visitor.planted.module.fields[name.partition(".")[0]].members:
            continue
        if "." not in name:
            found += visitor.post("field-show", name=name)
        url = f"{visitor.api_url}actions/unmask/"
        found += visitor.body(visitor.api.post(url, {"field": name}))
    return found


def _rejected_edit(visitor: Visitor) -> bytes:
    """A form that comes back with errors, and one that meets a newer version."""
    title = visitor.planted.module.title
    return b"".join(
        visitor.post("edit", {"version": version, title: ""})
        for version in ("1", str(visitor.stored.version))
    )


def _new(visitor: Visitor) -> bytes:
    """The whole form and the sheet, which know what the new record hangs on; saved by the sheet."""
    module = visitor.planted.module
    name, pk = visitor.planted.parent or (module.name, visitor.planted.pk)
    given = {one.name: pk for one in module.fields.values() if one.target == name}
    found = visitor.page("new", query=given) + visitor.page("quick", query=given, part=True)
    return found + visitor.post("quick", {module.title: ""})


def _duplicates(visitor: Visitor) -> bytes:
    """What is typed, and what is pasted, on a page and by a machine."""
    pasted = {"text": f"{visitor.word}\n13800138000", "keep": True}
    address = f"/api/v1/{visitor.planted.module.name}/propose/"
    return (
        visitor.post("duplicates", {visitor.planted.module.title: visitor.word})
        + visitor.post("propose", pasted)
        + visitor.body(visitor.client.post(address, pasted, content_type="application/json"))
    )


def _bin(visitor: Visitor) -> bytes:
    """The record while it lies in the bin, brought back; deleted by the reader, and taken back."""
    planted = visitor.planted
    module, pk = planted.module.name, planted.pk
    delete_records(actor=planted.cast.director, module=module, pks=[pk])
    found = visitor.page("bin") + visitor.page("bin", query={"module": module})
    found += visitor.page("record") + _api_record(visitor) + _api(visitor, "?bin=1")
    found += visitor.act(visitor.address("restore"))
    found += visitor.body(visitor.api.post(f"{visitor.api_url}actions/restore/"))
    _bring_back(visitor)
    found += visitor.act(visitor.address("bulk-delete"), {"pk": pk, "confirmed": "1"})
    found += deed_told(visitor, "delete")
    found += visitor.body(visitor.api.post(f"{visitor.api_url}actions/delete/"))
    _bring_back(visitor)
    return found


def _bring_back(visitor: Visitor) -> None:
    planted = visitor.planted
    if visitor.stored.deleted_at is not None:
        actor, module = planted.cast.director, planted.module.name
        restore_record(actor=actor, module=module, pk=planted.pk)


def _parent(visitor: Visitor) -> bytes:
    """The page of the record that this one hangs on: timeline and related block."""
    parent = visitor.planted.parent
    if parent is None:
        return b""
    name, pk = parent
    tab = {"tab": visitor.planted.module.name}
    found = b"".join(
        visitor.body(visitor.client.get(f"/{name}/{pk}/{way}", query))
        for way, query in (("", {}), ("", tab), ("peek/", {}))
    )
    if name == "customers":
        found += visitor.page("reporting-lines", pk=pk)
    return found


def _api_record(visitor: Visitor) -> bytes:
    return _api(visitor, f"{visitor.planted.pk}/")


def _api(visitor: Visitor, rest: str) -> bytes:
    return visitor.body(visitor.api.get(f"{visitor.planted.module.name}/{rest}"))


def _api_writes(visitor: Visitor) -> bytes:
    """Answers to writes: a conflict, a wrong value, a duplicate, the same owner again."""
    module, api, url = visitor.planted.module, visitor.api, visitor.api_url
    title, stored = module.title, visitor.stored
    return b"".join(
        visitor.body(answer)
        for answer in (
            api.patch(url, {"version": 1, title: "other"}),
            api.patch(url, {"version": stored.version, title: ""}),
            api.post(f"{module.name}/", {title: visitor.word, "no_such_field": 1}),
            api.post(f"{module.name}/", {title: visitor.word, "number": "x"}),
            api.post(f"{module.name}/duplicates/", {title: visitor.word}),
            api.post(f"{url}actions/assign/", {"owner": stored.owner_id}),
        )
    )


def _screen_pop(visitor: Visitor) -> bytes:
    number = visitor.planted.marks.get("phones.number", (b"13800138000",))[0].decode()
    return visitor.body(visitor.api.get(f"/api/v1/screen-pop/?phone={number}"))


def _log_follow_up(visitor: Visitor) -> bytes:
    """Something was said: the answer is the timeline, as a part and on the page."""
    answer = visitor.client.post(
        visitor.address("log-follow-up"), {"text": "said", "kind": "other"},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    return visitor.body(answer) + visitor.act(visitor.address("log-follow-up"), {"text": ""})


def _attachment(visitor: Visitor) -> bytes:
    pk = visitor.planted.file
    return visitor.page("attachment", pk=pk) if pk else b""


def _field_files(visitor: Visitor) -> bytes:
    """Each file that a field of the record holds, as a page and over the API."""
    files = FieldFile.objects.filter(
        module=visitor.planted.module.name, record_id=visitor.planted.pk
    )
    found = b""
    for pk, name in files.values_list("pk", "field"):
        found += visitor.page("field-file", pk=pk)
        found += visitor.page("field-file-preview", pk=pk, part=True)
        found += visitor.page("field-file-page", pk=pk, page=1)
        new = {"module": visitor.planted.module.name, "name": name}
        found += visitor.body(visitor.client.post(reverse("field-file-new", kwargs=new)))
        found += visitor.body(visitor.api.get(f"field-files/{pk}/"))
        path = f"{visitor.planted.module.name}/field-files/{name}/"
        found += visitor.body(
            visitor.api.call("POST", path, b"", content_type="multipart/form-data; boundary=x")
        )
    return found


def _me(visitor: Visitor) -> bytes:
    names = ("me", "me-password", "me-second-factor", "me-sessions", "me-tokens")
    return b"".join(visitor.page(name) for name in names)


def _setup(visitor: Visitor) -> bytes:
    """Every page of the setup, those with a name or number in their address included."""
    planted = visitor.planted
    found = b""
    options = {one.dictionary for one in planted.module.fields.values() if one.dictionary}
    places: list[tuple[str, dict[str, Any]]] = [
        (name, {})
        for name in ("setup", "setup-people", "setup-person-new", "setup-departments",
                     "setup-department-new", "setup-teams", "setup-team-new", "setup-positions",
                     "setup-roles", "setup-role-new", "setup-sign-ins", "setup-people-import",
                     "setup-proof",
                     "dictionaries")
    ]  # fmt: skip
    places += [(name, {}) for name in ("setup-stages", "setup-stage-new")]
    places += [("dictionary", {"name": name}) for name in sorted(options)]
    places += [(name, {"name": planted.role.name}) for name in ("setup-role", "setup-role-edit")]
    places += [
        ("setup-person", {"pk": planted.reader.pk}),
        ("setup-department", {"pk": planted.reader.department_id}),
    ]
    for name, given in places:
        found += visitor.page(name, **given)
    module = {"module": planted.module.name}
    return found + visitor.page("setup-role", query=module, name=planted.role.name)


def _export(kind: str) -> Callable[[Visitor], bytes]:
    def visit(visitor: Visitor) -> bytes:
        try:
            job = start_export(
                actor=visitor.planted.reader, module=visitor.planted.module.name,
                query=QueryDict(), columns=visitor.visible(), format=kind,
            )  # fmt: skip
        except Refusal as refusal:
            return str(refusal.message).encode()
        run(job.pk)
        found = visitor.body(visitor.api.get(f"jobs/{job.pk}/"))
        found += visitor.page("export") + visitor.page("jobs")
        found += visitor.page("job-card", pk=job.pk) + visitor.page("job-file", pk=job.pk)
        job.refresh_from_db()
        assert job.result, job.detail
        with default_storage.open(job.result, "rb") as file:
            return found + flat(file.read()) + visitor.body(visitor.api.get(f"jobs/{job.pk}/file/"))

    return visit


def _import(visitor: Visitor) -> bytes:
    """A file that holds the record's title: checked, brought in, its rejected rows, taken back."""
    found = visitor.page("import") + visitor.page("import-template")
    answer = visitor.client.post(visitor.address("import"), {"file": _file(visitor)})
    found += visitor.body(answer)
    if answer.status_code != 302:
        given = {"file": _file(visitor), "policy": "skip"}
        return found + visitor.body(_send(visitor, given))
    number = int(answer["Location"].strip("/").rpartition("/")[2])
    run(number)
    for query in ({}, {"rows": "all"}, {"step": "duplicates"}):
        found += visitor.page("import-page", query=query, pk=number)
    found += visitor.act(f"{answer['Location']}?step=duplicates", {"policy": "skip"})
    run(number)
    found += visitor.page("import-page", pk=number) + visitor.page("job-file", pk=number)
    found += visitor.page("import-undo", pk=number)
    found += visitor.act(visitor.address("import-undo", pk=number))
    run(number)
    found += visitor.act(reverse("job-away", kwargs={"pk": number}))
    return found + (_second_import(visitor) if visitor.planted.is_thorough else b"")


def _second_import(visitor: Visitor) -> bytes:
    """The same file through the API, stopped before it is done."""
    answer = _send(visitor, {"file": _file(visitor), "policy": "create"})
    found = visitor.body(answer)
    if answer.status_code == 202:
        path = f"jobs/{answer.json()['job']}/"
        for way in ("", "file/"):
            found += visitor.body(visitor.api.get(f"{path}{way}"))
        for way in ("cancel/", "undo/"):
            found += visitor.body(visitor.api.post(f"{path}{way}"))
        found += visitor.act(f"/{path}cancel/")
    return found


def _send(visitor: Visitor, given: dict[str, Any]) -> Any:
    path = f"/api/v1/{visitor.planted.module.name}/import/"
    bearer = {"authorization": f"Bearer {visitor.api.secret}"}
    return visitor.api.client.post(path, given, headers=bearer)


def _file(visitor: Visitor) -> SimpleUploadedFile:
    module = visitor.planted.module
    text = f"{module.fields[module.title].label}\n{visitor.word}\n"
    return SimpleUploadedFile("list.csv", text.encode())


def _services(visitor: Visitor) -> bytes:
    """What the door itself hands out, to whatever room comes next."""
    access = access_to(visitor.planted.reader, visitor.planted.module.name)
    rows = access.page(query_from(QueryDict(), access).slice)
    return json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False).encode()


SURFACES: dict[str, Callable[[Visitor], bytes]] = {
    **READS,
    "list, parts": _list_parts,
    **FILTERS, **SHAPES,
    "edit, refused": _rejected_edit,
    "fields": _fields,
    "uncover": _uncover,
    "new": _new,
    "duplicates": _duplicates,
    "bulk": visit_bulk,
    "bulk edit": visit_bulk_edit,
    "merge": visit_merge,
    "bin": _bin,
    "parent": _parent,
    "audit": lambda v: v.page("audit"),
    "stage moves": lambda v: v.page("stage-moves") + v.post("stage-release", pk=v.customer),
    "feed": lambda v: (
        v.post("follow", pk=v.customer) + v.page("feed") + v.page("feed", query={"by": "all"})
    ),
    "shares": visit_shares,
    "saved views": visit_views,
    "setup": _setup,
    "me": _me,
    "attachment": _attachment,
    "field files": _field_files,
    "documents": visit_documents,
    "library": visit_library,
    "screen pop": _screen_pop,
    "follow-up logged": _log_follow_up,
    "api writes": _api_writes,
    "api index": lambda v: v.body(v.api.get("")) + v.body(v.api.get("/api/schema/?format=json")),
    "export xlsx": _export("xlsx"),
    "export csv": _export("csv"),
    "import": _import,
    "door": _services,
}  # fmt: skip

# A request or two per field: visited for some readers of each module only.
THOROUGH = THOROUGH_SHAPES | {"fields", "list, parts", "filters", "uncover"}
# Long work and what takes as long: half a second each.
LONG = frozenset(
    {"library", "documents", "shares", "saved views", "import", "export xlsx", "export csv", "bin",
     "merge", "api index"}
)  # fmt: skip
# For administrators; what others get there is a matter of tests/accounts/test_setup_pages.py.
ADMINISTRATION = frozenset({"setup"})
# There a masked value shows, for that is asked for.
UNCOVERS = frozenset({"uncover"})
# Where the open twin must show, so that a page of refusals cannot pass.
TWIN_SHOWS = frozenset(
    {"list", "list, all columns", "record", "peek", "edit", "fields", "history", "api list",
     "api record", "api history", "export xlsx", "export csv", "door"}
)  # fmt: skip
# Where a typed name finds the record, if names may be read.
FINDS = frozenset({"list, searched", "api search", "palette", "search"})
# Where every field that may be read must show.
ALL_SHOWS = frozenset(
    {"record", "edit", "list, all columns", "api record", "api list", "export csv", "export xlsx"}
)
