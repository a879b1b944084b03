"""A disk that is full, and has room again: by a limit on files, or a small disk really filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.callers import Browser, Program
from tests.faults.ground import Ground, wait_for
from tests.kernel.helpers import unlike

SMALL_FILE = b"a line of text\n" * 100_000  # 1.5 MB: kept in memory until it is stored
LARGE_FILE = b"a line of text\n" * 250_000  # 3.7 MB: goes through the temporary folder
ENGLISH, CHINESE = "server's disk is full", "服务器磁盘已满"


@contextlib.contextmanager
def limited(ground: Ground) -> Iterator[None]:
    """No file may grow over 1 MB in the web, 100 bytes in the worker: needs no rights at all."""
    ground.limit_files(ground.web, 1.2)
    ground.limit_files(ground.worker, 0.0001)
    try:
        yield
    finally:
        ground.limit_files(ground.web, None)
        ground.limit_files(ground.worker, None)


def may_mount() -> bool:
    """Whether this machine lets us put a disk of a few megabytes into a folder."""
    return (
        os.geteuid() == 0
        and not subprocess.run(["mount", "--version"], capture_output=True).returncode
    )


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """A disk of 4 MB in the folder's place, without a byte of room (ENOSPC)."""
    options = ["-t", "tmpfs", "-o", "size=4m,mode=777", "none", str(folder)]
    subprocess.run(["mount", *options], check=True)
    try:
        with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(2**12))
        yield
        os.unlink(folder / "filler")
        assert [one for one in folder.rglob("*") if one.is_file()] == [], "a part was left"
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


class Shelf:
    """One record with documents, as two people see it; one of them reads Chinese."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.program = Program(ground.port, ground.tokens["stranger"])
        self.browser = Browser(ground.port, "zh-CN")
        assert self.browser.sign_in("stranger").status == 302
        made = self.program.call("POST", "customers/", {"name": unlike("Shelf"), "level": "A"})
        self.pk = made.json()["id"]

    def state(self) -> tuple[object, ...]:
        """What is there of it: rows and files."""
        rows = self.ground.ask(
            "SELECT (SELECT version FROM sales_customer WHERE id = %s),"
            " (SELECT count(*) FROM crm_document WHERE record_id = %s),"
            " (SELECT count(*) FROM crm_document_version), (SELECT count(*) FROM crm_job)",
            self.pk, self.pk,
        )  # fmt: skip
        folders = (self.ground.media, self.ground.temp)
        files = sorted(
            str(one) for folder in folders for one in folder.rglob("*")
            if one.is_file() and one.name != "filler" and "keyuan-metrics" not in str(one)
        )  # fmt: skip
        return (*rows, files)

    def refuse_uploads(self, file: bytes, is_temporary: bool) -> None:
        """By page, by script and by API, in the person's language; nothing changes."""
        before = self.state()
        path = f"/customers/{self.pk}/documents/"
        sent = self.browser.upload(path, "a.txt", file, X_Requested_With="fetch")
        assert (sent.status, CHINESE in sent.text) == (507 if is_temporary else 422, True), sent
        assert "<" not in sent.text
        sent = self.browser.upload(path, "a.txt", file)
        if not is_temporary:
            assert sent.status == 302
            sent = self.browser.open(f"/customers/{self.pk}/?tab=documents")
        assert CHINESE in sent.text
        assert "Traceback" not in sent.text
        sent = self.program.send(f"customers/{self.pk}/documents/", "a.txt", file)
        assert sent.status == 507, sent.text[:300]
        assert sent.json()["detail"]
        self._require_same(before)

    def refuse_import(self, file: bytes) -> None:
        """A list that cannot be kept is no job."""
        before = self.state()
        sent = self.program.send("customers/import/", "list.csv", file, policy="create")
        assert sent.status == 507, sent.text[:300]
        self._require_same(before)

    def _require_same(self, before: tuple[object, ...]) -> None:
        assert self.state() == before, (before, self.state())

    def fail_export(self) -> None:
        """The job ends with the reason, and leaves no file."""
        files = self.state()[-1]
        told = self._export()
        assert told["state"] == "failed"
        assert CHINESE in str(told["detail"]), told
        assert self.state()[-1] == files

    def work_again(self) -> None:
        """With room there is no trace of what happened."""
        path = f"/customers/{self.pk}/documents/"
        sent = self.browser.upload(path, "b.txt", LARGE_FILE, X_Requested_With="fetch")
        assert sent.status == 204, sent.text[:300]
        assert self._export()["state"] == "done"

    def _export(self) -> dict[str, object]:
        order = {"format": "csv"}
        answer = self.program.call("POST", "customers/export/", order)
        job = self.program.job(answer)
        wait_for(lambda: self.program.ended(job), 60, "the end of an export")
        return self.program.ended(job) or {}
