"""What the pages of an import show: columns with guesses, checked rows, rows that look alike."""

from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access
from crm.exchange.checking import CREATE, NEAR, READY, REFUSED, SKIP, UPDATED
from crm.exchange.files import ENCODINGS, SEPARATORS
from crm.exchange.mapping import GUESSED, NONE, REMEMBERED, factor_of
from crm.exchange.rejected import reason_text
from crm.exchange.targets import (
    Target,
    describe,
    holds_files,
    named_file_field,
    targets_for,
)
from crm.jobs.models import Job, JobRow
from crm.lib.codes import InvalidCode, compact_code, expected_check_character
from crm.lists.columns import record_url
from crm.lists.show import in_a_row

MOST_LINES = 50
MOST_HEADS = 8
NUMBER_KINDS = frozenset({"integer", "decimal", "money", "percent"})


def summary(job: Job) -> str:
    """How the columns were matched, in one line."""
    origins = list((job.detail.get("origins") or {}).values())
    parts = [ngettext("%d column", "%d columns", len(origins)) % len(origins)]
    for origin, text in (
        (REMEMBERED, _("%d as last time")),
        (GUESSED, _("%d guessed")),
        (NONE, _("%d open")),
    ):
        count = origins.count(origin)
        if count:
            parts.append(text % count)
    return " · ".join(parts)


def text_choices(job: Job) -> dict[str, list[dict[str, Any]]]:
    """How a text file is read: its encoding and separator, each with what may be chosen instead."""
    found = job.detail.get("encoding", "")
    if not found:
        return {}
    found = "utf-8-sig" if found == "utf-8" else found  # read alike, with the mark or without
    names = {
        "utf-8-sig": "UTF-8", "gb18030": "GBK", "big5": "Big5", "utf-16": "UTF-16",
        "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE",
    }  # fmt: skip
    signs = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}
    separator = job.detail.get("separator", "")
    return {
        "encodings": [
            {"value": one, "label": names[one], "is_on": one == found}
            for one in ENCODINGS if one in names
        ],
        "separators": [
            {"value": one, "label": signs.get(one, one), "is_on": one == separator}
            for one in dict.fromkeys((*SEPARATORS, separator))
        ],
    }  # fmt: skip


def column_lines(access: Access, job: Job) -> list[dict[str, Any]]:
    """The columns of the file, as crm/import/map.html takes them."""
    targets = targets_for(access)
    groups = describe(targets)
    words = {
        REMEMBERED: _("As last time"),
        GUESSED: _("Guessed, have a look"),
        NONE: _("Not matched"),
    }
    mapping, samples = job.options.get("mapping") or {}, job.detail.get("samples") or []
    lines = []
    for place, heading in enumerate(job.detail.get("headings") or []):
        path = mapping.get(heading, "")
        origin = (job.detail.get("origins") or {}).get(heading, NONE)
        origin = NONE if not path and origin != REMEMBERED else origin
        values = [row[place] for row in samples if place < len(row) and row[place]]
        lines.append(
            {
                "index": place, "heading": heading, "origin": origin,
                "origin_label": words.get(origin, _("Chosen")),
                "samples": in_a_row(values[:3]),
                "options": _options(groups, path, heading, targets),
                "problem": _problem(job, path),
                "note": _note(access, path, heading),
            }
        )  # fmt: skip
    return lines


def _note(access: Access, path: str, heading: str) -> str:
    """Why a column that names a field stands for none."""
    field = named_file_field(access, heading) if not path else None
    return holds_files(field) if field else ""


def _options(
    groups: list[dict[str, Any]], path: str, heading: str, targets: dict[str, Target]
) -> list[dict[str, Any]]:
    made = []
    for group in groups:
        items = []
        for value, label, required in group["items"]:
            text = f"{group['label']} · {label}" + (_(" (required)") if required else "")
            if value == path and value in targets:
                factor = factor_of(heading, targets[value])
                text += _(", times %s") % f"{int(factor):,}" if factor != 1 else ""
            items.append({"value": value, "label": text, "is_on": value == path})
        made.append({"label": group["label"], "items": items})
    return made


def _problem(job: Job, path: str) -> dict[str, str] | None:
    found = (job.detail.get("columns") or {}).get(path) or {}
    if found.get("bad"):
        text = ngettext("%d row with an error", "%d rows with errors", found["bad"]) % found["bad"]
        return {"text": text, "url": "?rows=bad#check", "kind": "late"}
    if found.get("near"):
        text = ngettext("%d row looks known", "%d rows look known", found["near"]) % found["near"]
        return {"text": text, "url": "?rows=near#check", "kind": "soon"}
    return None


def check_context(access: Access, job: Job, shown: str) -> dict[str, Any] | None:
    """What the check found, as crm/import/check.html takes it."""
    counts = job.detail.get("counts")
    if counts is None:
        return None
    ready = sum(counts.get(one, 0) for one in READY)
    kinds = {
        "all": (_("All"), job.total, (REFUSED, NEAR, *READY)),
        "bad": (_("With errors"), counts.get(REFUSED, 0), (REFUSED,)),
        "near": (_("Look known"), counts.get(NEAR, 0), (NEAR,)),
        "ready": (_("Ready"), ready, READY),
    }
    if shown not in kinds:
        shown = next((one for one in ("bad", "near") if kinds[one][1]), "all")
    rows = list(
        JobRow.objects.filter(
            job=job, module=access.module.name, outcome__in=kinds[shown][2], cells__isnull=False
        ).order_by("number")[:MOST_LINES]
    )
    heads = _heads(access, job, rows)
    return {
        "ok": ready,
        "bad": kinds["bad"][1],
        "alike": kinds["near"][1],
        "total": job.total,
        "filters": [
            {"label": label, "count": count, "url": f"?rows={name}#check",
             "is_current": name == shown}
            for name, (label, count, _outcomes) in kinds.items()
        ],
        "bad_url": f"/jobs/{job.pk}/file/" if job.result else "",
        "heads": heads,
        "lines": [_line(access, job, row, heads) for row in rows],
        "shown": len(rows),
        "of": kinds[shown][1],
    }  # fmt: skip


def _heads(access: Access, job: Job, rows: list[JobRow]) -> list[dict[str, Any]]:
    """The columns of the checked rows: the title, then those with errors, then the others."""
    targets = targets_for(access)
    wrong = {path for row in rows for path in (row.reasons or {}).get("fields", {})}
    found = []
    for place, heading in enumerate(job.detail.get("headings") or []):
        path = (job.options.get("mapping") or {}).get(heading, "")
        if path in targets:
            align = "num" if targets[path].value_field.kind in NUMBER_KINDS else ""
            is_code = path.endswith("credit_code")
            width = "w216" if path == access.module.title else "w168" if is_code else ""
            found.append(
                {"index": place, "label": heading, "path": path, "align": align, "width": width}
            )
    found.sort(
        key=lambda one: (one["path"] != access.module.title, one["path"] not in wrong, one["index"])
    )
    return found[:MOST_HEADS]


def _line(access: Access, job: Job, row: JobRow, heads: list[dict[str, Any]]) -> dict[str, Any]:
    reasons = (row.reasons or {}).get("fields") or {}
    is_near = row.outcome == NEAR
    cells = []
    given = row.cells or []
    for head in heads:
        value = given[head["index"]] if head["index"] < len(given) else None
        text = "" if value is None else str(value)
        is_wrong = head["path"] in reasons and not is_near
        cells.append(
            {
                "html": escape(text), "value": text, "align": head["align"],
                "state": "wrong" if is_wrong else "odd" if head["path"] in reasons else "",
                "field": head["index"], "label": head["label"], "is_input": is_wrong,
            }
        )  # fmt: skip
    why, repairs = reason_text(job, row.reasons or {}), _repairs(row, heads)
    if is_near:
        why, repairs = _alike_words(job, row)
    is_ready = row.outcome in READY
    if is_ready:
        why = _("Updates a record") if row.outcome == UPDATED else _("Ready")
    return {
        "number": row.number,
        "cells": cells,
        "why": why,
        "why_class": "soon" if is_near else "faint" if is_ready else "",
        "repairs": repairs,
    }


def _repairs(row: JobRow, heads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A last sign of a credit code that can be reckoned is offered, never put in silently."""
    for head in heads:
        if head["path"].endswith("credit_code") and head["path"] in (row.reasons or {}).get(
            "fields", {}
        ):
            code = compact_code(str((row.cells or [])[head["index"]] or ""))
            try:
                right = code[:17] + expected_check_character(code)
            except InvalidCode:
                continue
            if len(code) == len(right) and code != right:
                name = f"fix-{row.number}-{head['index']}"
                return [{"label": _("Change to %s") % right, "name": name, "value": right}]
    return []


def _alike_words(job: Job, row: JobRow) -> tuple[str, list[dict[str, Any]]]:
    matches = (row.reasons or {}).get("matches") or []
    name = f"decide-{row.number}"
    decided = (job.options.get("decisions") or {}).get(str(row.number), "")
    repairs = [{"label": _("Skip"), "name": name, "value": SKIP}]
    if not matches:
        return reason_text(job, row.reasons or {}), repairs
    first = matches[0]
    why = _("Looks like “%(label)s”, %(word)s.") % {
        "label": first["label"] or _("a record out of your sight"),
        "word": first["word"],
    }
    if not first["exact"]:
        repairs.append({"label": _("Create anyway"), "name": name, "value": CREATE})
    if first["pk"]:
        repairs.append({"label": _("Put into it"), "name": name, "value": str(first["pk"])})
    chosen = next((one["label"] for one in repairs if one["value"] == decided), "")
    if chosen:
        why = f"{why} → {chosen}"
    return why, [one for one in repairs if one["value"] != decided]


def alike_rows(access: Access, job: Job) -> list[dict[str, Any]]:
    """The rows that look like known records, as crm/import/duplicates.html takes them."""
    found = []
    rows = JobRow.objects.filter(job=job, outcome=NEAR, cells__isnull=False).order_by("number")
    title = next(
        (n for n, heading in enumerate(job.detail.get("headings") or [])
         if (job.options.get("mapping") or {}).get(heading) == access.module.title),
        0,
    )  # fmt: skip
    for row in rows[:MOST_LINES]:
        matches = (row.reasons or {}).get("matches") or [{}]
        first = matches[0]
        pk = first.get("pk")
        found.append(
            {
                "number": row.number,
                "title": str((row.cells or [""])[title] or ""),
                "existing": first.get("label") or "",
                "existing_url": record_url(access.module.name, pk) if pk else "",
                "why": _("the same") if first.get("exact") else reason_text(job, row.reasons or {}),
                "owner": first.get("word") or "",
            }
        )
    return found
