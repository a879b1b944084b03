"""Every way by which a value can leave the product, and how a test goes it.

`SURFACES` maps a name to what visits it; `COVERS` says which addresses, jobs, commands and tasks
each of them stands for; `EXEMPT` names those that carry no record's value, with the reason. A
new address that stands in neither fails the build (test_registry.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from crm.access.errors import Refusal
from crm.access.policy import access_to
from crm.exchange.services import start_export
from crm.jobs.running import run
from crm.lists.query import query_from
from crm.records.lifecycle import delete_records, restore_record
from tests.contract.canaries import Planted, flat
from tests.kernel.api_calls import Api

RIGHT_OUT = frozenset({200, 302, 303, 400, 403, 404, 409, 422})


@dataclass
class Visitor:
    """The reader of a planted record, in a browser and with a token."""

    planted: Planted
    client: Client
    api: Api

    @classmethod
    def of(cls, planted: Planted) -> Visitor:
        """A fresh browser and token of the reader."""
        client = Client(raise_request_exception=True, headers={"accept-language": "en"})
        client.force_login(planted.reader)
        return cls(planted, client, Api(planted.reader))

    @property
    def word(self) -> str:
        """What finds the record: its open twin's value, if that is a word."""
        return self.planted.marks[self.planted.module.title][0].decode()

    def page(self, to: str, *, query: Any = None, part: bool = False, **kwargs: Any) -> bytes:
        """GET an address; its bytes."""
        headers = {"HX-Request": "true"} if part else {}
        return self.body(self.client.get(self.address(to, **kwargs), query or {}, headers=headers))

    def post(self, to: str, data: Any = None, **kwargs: Any) -> bytes:
        """POST to an address; its bytes."""
        return self.body(self.client.post(self.address(to, **kwargs), data or {}))

    def address(self, to: str, **kwargs: Any) -> str:
        """The address of this module or record."""
        given: dict[str, Any] = {"module": self.planted.module.name, "pk": self.planted.pk}
        wanted = {key: value for key, value in given.items() if key in NEEDS.get(to, ())}
        return reverse(to, kwargs={**wanted, **kwargs})

    def body(self, answer: Any) -> bytes:
        """An answer's bytes; a server error is a failure of its own."""
        assert answer.status_code in RIGHT_OUT, (answer.status_code, answer.request["PATH_INFO"])
        data = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return flat(data) + str(dict(answer.headers)).encode()

    def visible(self) -> list[str]:
        """The columns that the reader may ask for."""
        access = access_to(self.planted.reader, self.planted.module.name)
        return [name for name in self.planted.module.fields if name in access.visible]


MODULE, RECORD = ("module",), ("module", "pk")
NEEDS = {
    **dict.fromkeys(
        ["list", "new", "duplicates", "lookup", "bulk-assign", "bulk-delete", "import",
         "import-template", "import-page", "export"], MODULE,
    ),
    **dict.fromkeys(
        ["record", "peek", "edit", "history", "restore", "log-follow-up", "field", "field-edit",
         "field-show"], RECORD,
    ),
}  # fmt: skip


def _list_all(visitor: Visitor) -> bytes:
    return visitor.page("list", query={"columns": ",".join(visitor.visible())})


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


def _rejected_edit(visitor: Visitor) -> bytes:
    """A form that comes back with errors, and one that meets a newer version."""
    title = visitor.planted.module.title
    return visitor.post("edit", {"version": "1", title: ""}) + visitor.post(
        "edit", {"version": "2", title: ""}
    )


def _duplicates(visitor: Visitor) -> bytes:
    return visitor.post("duplicates", {visitor.planted.module.title: visitor.word})


def _bin(visitor: Visitor) -> bytes:
    """The record while it lies in the bin; it comes back afterwards."""
    planted = visitor.planted
    boss, module = planted.cast.director, planted.module.name
    delete_records(actor=boss, module=module, pks=[planted.pk])
    found = visitor.page("bin") + visitor.page("bin", query={"module": module})
    found += visitor.page("record") + visitor.api.get(f"{module}/{planted.pk}/").content
    restore_record(actor=boss, module=module, pk=planted.pk)
    return found


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
    """Answers to writes: a conflict, a wrong value, a duplicate."""
    module, pk = visitor.planted.module, visitor.planted.pk
    path, api, title = f"{module.name}/{pk}/", visitor.api, module.title
    return b"".join(
        visitor.body(answer)
        for answer in (
            api.patch(path, {"version": 1, title: "other"}),
            api.patch(path, {"version": 2, title: ""}),
            api.post(f"{module.name}/", {title: visitor.word, "no_such_field": 1}),
            api.post(f"{module.name}/duplicates/", {title: visitor.word}),
        )
    )


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
    """A file that holds the record's title, read and checked: preview, duplicates, template."""
    module = visitor.planted.module
    found = visitor.page("import") + visitor.page("import-template")
    text = f"{module.fields[module.title].label}\n{visitor.word}\n"
    file = SimpleUploadedFile("list.csv", text.encode())
    answer = visitor.client.post(visitor.address("import"), {"file": file})
    found += visitor.body(answer)
    if answer.status_code == 302:
        number = int(answer["Location"].strip("/").rpartition("/")[2])
        run(number)
        for query in ({}, {"rows": "all"}, {"step": "duplicates"}):
            found += visitor.page("import-page", query=query, pk=number)
    return found


def _services(visitor: Visitor) -> bytes:
    """What the door itself hands out, to whatever room comes next."""
    access = access_to(visitor.planted.reader, visitor.planted.module.name)
    rows = access.page(query_from(QueryDict(), access).slice)
    return json.dumps([dict(row) for row in rows], default=str, ensure_ascii=False).encode()


SURFACES: dict[str, Callable[[Visitor], bytes]] = {
    "list": lambda v: v.page("list"),
    "list, all columns": _list_all,
    "list, searched": lambda v: v.page("list", query={"q": v.word}),
    "list, parts": _list_parts,
    "record": lambda v: v.page("record"),
    "peek": lambda v: v.page("peek"),
    "edit": lambda v: v.page("edit"),
    "edit, refused": _rejected_edit,
    "fields": _fields,
    "new": lambda v: v.page("new"),
    "history": lambda v: v.page("history"),
    "duplicates": _duplicates,
    "bulk": lambda v: b"".join(
        v.post(name, {"pk": v.planted.pk}) for name in ("bulk-delete", "bulk-assign")
    ),
    "bin": _bin,
    "parent": _parent,
    "palette": lambda v: v.page("palette", query={"q": v.word}) + v.page("palette"),
    "search": lambda v: v.page("search", query={"q": v.word}),
    "lookup": lambda v: b"".join(
        v.page(name, query={"q": v.word}) for name in ("lookup", "lookup-any")
    ),
    "home": lambda v: v.page("home"),
    "team activity": lambda v: v.page("team-activity"),
    "audit": lambda v: v.page("audit"),
    "api list": lambda v: _api(v, ""),
    "api record": _api_record,
    "api history": lambda v: _api(v, f"{v.planted.pk}/history/"),
    "api search": lambda v: _api(v, f"?q={v.word}"),
    "api writes": _api_writes,
    "api index": lambda v: v.body(v.api.get("")) + v.body(v.api.get("/api/schema/?format=json")),
    "export xlsx": _export("xlsx"),
    "export csv": _export("csv"),
    "import": _import,
    "door": _services,
}  # fmt: skip

# A request per field: one reader is enough.
THOROUGH = frozenset({"fields", "list, parts"})
# Where the open twin must show, so that a page of refusals cannot pass.
TWIN_SHOWS = frozenset(
    {"list", "list, all columns", "record", "peek", "edit", "fields", "history", "api list",
     "api record", "api history", "export xlsx", "export csv", "door"}
)  # fmt: skip
# Where every field that may be read must show.
ALL_SHOWS = frozenset(
    {"record", "edit", "list, all columns", "api record", "api list", "export csv", "export xlsx"}
)

COVERS = {
    "list": "list", "record": "record", "peek": "peek", "edit": "edit", "field": "fields",
    "field-edit": "fields", "new": "new", "history": "history", "duplicates": "duplicates",
    "bulk-assign": "bulk", "bulk-delete": "bulk", "bin": "bin", "palette": "palette",
    "search": "search", "lookup": "lookup", "lookup-any": "lookup", "home": "home",
    "team-activity": "team activity", "audit": "audit", "reporting-lines": "parent",
    "api-list": "api list", "api-record": "api record", "api-history": "api history",
    "api-duplicates": "api writes", "api-index": "api index", "api-schema": "api index",
    "import": "import", "import-template": "import", "import-page": "import",
    "export": "export csv", "jobs": "export csv",
    "job-card": "export csv", "job-file": "export csv",
    "api-export": "export csv", "api-job": "export csv", "api-job-file": "export csv",
}  # fmt: skip
JOBS = {"export": "export csv", "import": "writes only; tests/kernel/test_import.py"}
COMMANDS = {
    "add_administrator": "makes a person",
    "demo": "fills a database, prints counts",
    "generate": "fills a database, prints counts",
    "import_people": "reads a file of people, prints counts",
    "rights": "shows rights, no record's values",
}
TASKS = {
    "accounts.tasks": "sessions and sign-in mails, no records",
    "crm.jobs.tasks": "runs the jobs of JOBS",
}
EXEMPT = {
    "field-show": "uncovers on purpose and writes an audit entry: tests/kernel/test_api_records.py",
    "restore": "answers with a redirect to the record",
    "erase": "a number of records, administrators only",
    "bulk-undelete": "answers with a redirect to the list",
    "log-follow-up": "writes; answers with the timeline that `parent` visits",
    "attachment": "a file's bytes; asks the record's door",
    "dictionaries": "labels of choices, administrators only",
    "dictionary": "labels of choices, administrators only",
    "import-undo": "answers with a redirect to the import",
    "job-cancel": "state of a job", "job-away": "state of a job",
    "healthz": "no records", "readyz": "no records",
    "api-screen-pop": "a documented look-up by phone: tests/kernel/test_api_surface.py",
    "api-action": "writes; answers like api-record",
    "api-job-cancel": "state of a job", "api-job-undo": "state of a job",
    "api-import": "takes a file; answers with a job's number",
    "api-nothing": "404", "auth-token": "sign-in",
}  # fmt: skip
EXEMPT_STARTS = {
    "login": "before sign-in", "logout": "before sign-in", "password-": "before sign-in",
    "me": "one's own account", "preferences": "one's own account", "setup": "people and rights",
}  # fmt: skip
