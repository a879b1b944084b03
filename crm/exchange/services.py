"""Imports and exports asked for, by page or API: the same questions asked of the rights."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files import File
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.policy import Access, access_to
from crm.exchange.checking import POLICIES, SKIP, UPDATE
from crm.exchange.files import LIMITS
from crm.exchange.importer import CHECK, RUN, require_import
from crm.exchange.keys import key_fields
from crm.exchange.spreadsheet import LimitExceeded
from crm.exchange.targets import target_at, targets_for, why_no_target
from crm.jobs.models import Job
from crm.jobs.services import keep_upload, start_job
from crm.lists.query import Query, query_from
from crm.lists.show import in_sentence
from crm.records.audit import record_audit
from crm.records.errors import Invalid

FORMATS = ("xlsx", "csv")


def start_import(
    *,
    actor: Any,
    module: str,
    file: File,
    name: str,
    phase: str = RUN,
    policy: str = SKIP,
    key: str = "",
    mapping: Mapping[str, str] | None = None,
) -> Job:
    """Store a file and have it imported, or with phase "check" only read and checked.

    `mapping` is heading → path; without it the columns are guessed. Raises NotAllowed, Invalid.
    """
    access = access_to(actor, module)
    require_import(access)
    checked = check_choices(access, policy, key, mapping or {})
    if file.size is not None and file.size > LIMITS.bytes:
        raise Invalid(fields={"file": [str(LimitExceeded("bytes", LIMITS.bytes))]})
    source = keep_upload(file, name)
    title = pgettext("a file", "Import %s") % name
    options = {"file": name[:150], "phase": phase, "policy": policy, "key": key, "mapping": checked}
    record_audit(
        actor=actor, action="import", module=module, detail={"file": name[:150], "phase": phase}
    )
    return start_job(
        owner=actor, kind="import", module=module, title=title, options=options, source=source
    )


def check_choices(
    access: Access, policy: str, key: str, mapping: Mapping[str, Any]
) -> dict[str, str]:
    """What a person chose for an import, if he may; the mapping by full paths. Raises Invalid."""
    errors: dict[str, list[Any]] = {}
    if policy not in POLICIES:
        errors["policy"] = [_("The policy is one of: %s.") % ", ".join(POLICIES)]
    names = [field.name for field in key_fields(access)]
    if policy == UPDATE and key and key.partition(".")[0] not in names:
        errors["key"] = [_("Records cannot be found by “%s”.") % str(key)[:80]]
    targets = targets_for(access)
    found: dict[str, str] = {}
    for heading, path in mapping.items():
        target = target_at(targets, str(path)) if path else None
        if path and target is None:
            errors.setdefault("mapping", []).append(why_no_target(access, str(path)))
        found[str(heading)] = target.path if target else ""
    if errors:
        raise Invalid(fields=errors)
    return found


def start_export(
    *, actor: Any, module: str, query: QueryDict, columns: Sequence[str] = (), format: str = "xlsx"
) -> Job:
    """Have the rows of a list written to a file. Raises NotAllowed, BadQuery, Invalid."""
    access = access_to(actor, module)
    access.require("export")
    if format not in FORMATS:
        raise Invalid(fields={"format": [_("The format is one of: %s.") % ", ".join(FORMATS)]})
    params = query.copy()
    params.pop("page", None)
    if columns:
        params["columns"] = ",".join(columns)
    checked = export_query(access, params)
    options = {"query": params.urlencode(), "columns": list(checked.columns), "format": format}
    record_audit(actor=actor, action="export", module=module, detail=options)
    title = _("Export %s") % in_sentence(access.module.label_plural)
    return start_job(owner=actor, kind="export", module=module, title=title, options=options)


def export_query(access: Access, params: QueryDict) -> Query:
    """The rows and columns of an export, checked as a list's are. Raises BadQuery, Invalid."""
    query = query_from(params, access)
    assert query.where is not None  # compiled here: what may not be asked is refused at once
    if not query.columns:
        raise Invalid(fields={"columns": [_("Choose at least one column.")]})
    return query


def query_of_body(body: Mapping[str, Any]) -> QueryDict:
    """The query of an API call's body: {filter, q, scope, sort}."""
    params = QueryDict(mutable=True)
    if body.get("filter"):
        given = body["filter"]
        params["filter"] = given if isinstance(given, str) else json.dumps(given, default=str)
    for name in ("scope", "q", "sort"):
        if body.get(name):
            params[name] = str(body[name])
    return params


__all__ = [
    "CHECK",
    "RUN",
    "check_choices",
    "export_query",
    "query_of_body",
    "start_export",
    "start_import",
]
