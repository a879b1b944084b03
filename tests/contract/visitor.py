"""The reader of a planted record, as a visitor of pages and of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from crm.access.policy import access_to
from tests.contract.canaries import Planted, flat
from tests.kernel.api_calls import Api

RIGHT_OUT = frozenset({200, 201, 202, 204, 302, 303, 400, 403, 404, 409, 422})


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
        """What finds the record: its name, in capitals."""
        return self.planted.marks[self.planted.module.title][0].decode().upper()

    @property
    def module_name(self) -> str:
        """The module's name."""
        return self.planted.module.name

    @property
    def record(self) -> int:
        """The record's id."""
        return self.planted.pk

    def read_api(self, path: str) -> bytes:
        """GET from the API; its bytes."""
        return self.body(self.api.get(path))

    @property
    def api_url(self) -> str:
        """The record's address in the API."""
        return f"/api/v1/{self.planted.module.name}/{self.planted.pk}/"

    @property
    def customer(self) -> int:
        """The customer that this is about: the record itself, or what it hangs on."""
        module, pk = self.planted.parent or (self.planted.module.name, self.planted.pk)
        return pk if module == "customers" else self.planted.pk

    @property
    def stored(self) -> Any:
        """The row as it lies in the table, for what a reader would have read before."""
        return self.planted.module.rows.get(pk=self.planted.pk)

    def page(self, to: str, *, query: Any = None, part: bool = False, **kwargs: Any) -> bytes:
        """GET an address; its bytes."""
        headers = {"HX-Request": "true"} if part else {}
        return self.body(self.client.get(self.address(to, **kwargs), query or {}, headers=headers))

    def post(self, to: str, data: Any = None, **kwargs: Any) -> bytes:
        """POST to an address; its bytes."""
        return self.body(self.client.post(self.address(to, **kwargs), data or {}))

    def act(self, path: str, data: Any = None) -> bytes:
        """POST to a path and go on to where it leads, with what is told there."""
        answer = self.client.post(path, data or {}, follow=True)
        return self.body(answer)

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
        ["list", "filter", "board", "calendar", "new", "quick", "duplicates", "propose", "lookup",
         "bulk-assign", "bulk-edit",
         "bulk-share", "bulk-delete", "bulk-tag", "merge", "doubles",
         "doubles-apart", "import", "import-template",
         "import-page", "import-undo", "export", "views", "view", "view-save", "view-start",
         "view-plain-start", "view-delete", "view-restore"], MODULE,
    ),
    **dict.fromkeys(
        ["record", "peek", "edit", "history", "restore", "log-follow-up", "field", "field-edit",
         "field-show", "move", "documents", "shares", "share-again", "share-take-back"], RECORD,
    ),
}  # fmt: skip
