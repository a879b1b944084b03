"""Records over the API: list, create, read, change, delete, history, actions, duplicates."""

import re
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.errors import NotVisible
from crm.access.policy import Access
from crm.api.actions import Call, action_named, check_body
from crm.api.doors import ApiView, pk_of
from crm.api.history import history_page
from crm.api.parsing import as_object, idempotency_key, read_json
from crm.api.values import match_as_json, row_as_json, rows_as_json
from crm.lists.errors import BadQuery
from crm.lists.query import DEEPEST, query_from
from crm.lists.turning import TURNS, Turn, read_page
from crm.operation.replica import read_on_replica
from crm.records.cleaning import Cleaner
from crm.records.drafts import draft_of
from crm.records.duplicates import matches_of
from crm.records.errors import DuplicateFound, Invalid, MergedAway
from crm.records.lifecycle import delete_records
from crm.records.limits import note_check
from crm.records.merging import leads_on
from crm.records.services import create_record, update_record

ALWAYS = ("number",)  # shown whatever columns are asked for, if it may be seen
ONCE = frozenset({"scope", "q", "filter", "sort", "columns", "size", "count", "bin", *TURNS})
PAGES_ONLY = frozenset({"peek", "density", "widths"})  # what our own pages add to an address
_version = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


class ListView(ApiView):
    """/api/v1/<module>/"""

    schema = None

    def get(self, request: Request, module: str) -> Response:
        """One page of what the person may see."""
        return read_on_replica(request.user, lambda: self._page(request, module))

    def _page(self, request: Request, module: str) -> Response:
        access = self.open(module)
        params = _parameters(request.query_params)
        if params.pop("bin", None):
            access.require("delete")
            access = access.in_bin()
        else:
            access.require("view")
        query = query_from(params, access, columns=tuple(access.module.fields))
        shown = {*query.columns, *ALWAYS}
        page = read_page(query, shown)
        count, is_exact = access.count(query.where, exact=query.exact_count)
        return Response(
            {
                "count": count,
                "count_exact": is_exact,
                **_links(request, page.next, page.previous),
                "results": rows_as_json(access, page.rows),
            }
        )

    def post(self, request: Request, module: str) -> Response:
        """Enter a record; with Idempotency-Key the same call again answers the same record."""
        access = self.open(module)
        values = as_object(request.data)
        try:
            pk = create_record(
                actor=request.user, module=module, values=values,
                key=idempotency_key(request), source="api",
            )  # fmt: skip
        except DuplicateFound:
            note_check(access, "create")
            raise
        answer = _record(access, pk)
        answer.status_code = 201
        answer["Location"] = request.build_absolute_uri(f"{request.path}{pk}/")
        return answer


class RecordView(ApiView):
    """/api/v1/<module>/<id>/"""

    schema = None

    def get(self, request: Request, module: str, pk: str) -> Response:
        """The record as the person may see it; one that was merged leads on to the survivor."""
        _no_parameters(request)
        access, number = self.open(module), pk_of(pk)
        try:
            return _record(access, number)
        except NotVisible:
            onward = leads_on(access, number)
            if onward is None:
                raise
        moved = Response(status=302)
        moved["Location"] = request.build_absolute_uri(f"/api/v1/{module}/{onward}/")
        return moved

    def patch(self, request: Request, module: str, pk: str) -> Response:
        """Change the fields that the body names."""
        access = self.open(module)
        values = as_object(request.data)
        version = _version_of(request, values)
        try:
            update_record(
                actor=request.user, module=module, pk=pk_of(pk), values=values, version=version,
                source="api",
            )  # fmt: skip
        except DuplicateFound:
            note_check(access, "change")
            raise
        except NotVisible:
            _tell_merged(access, pk_of(pk))
            raise
        return _record(access, pk_of(pk))

    def delete(self, request: Request, module: str, pk: str) -> Response:
        """Put the record into the recycle bin."""
        access = self.open(module)
        version = _version_of(request, {})
        try:
            delete_records(
                actor=request.user, module=module, pks=[pk_of(pk)], version=version, source="api"
            )
        except NotVisible:
            _tell_merged(access, pk_of(pk))
            raise
        return Response(status=204)


class HistoryView(ApiView):
    """/api/v1/<module>/<id>/history/"""

    schema = None

    def get(self, request: Request, module: str, pk: str) -> Response:
        """What happened to the record, in the fields that the person may read."""
        access = self.open(module)
        params = _parameters(request.query_params)
        if set(params) - {"page", "size"}:
            raise BadQuery(_("History takes only the parameters “page” and “size”."))
        query = query_from(params, access)
        offset = (query.page - 1) * query.size
        entries, count = history_page(access, pk_of(pk), offset, query.size)
        has_next = offset + query.size < count and offset + query.size <= DEEPEST
        links = _links(
            request,
            {"page": query.page + 1} if has_next else {},
            {"page": query.page - 1} if query.page > 1 else {},
        )
        return Response({"count": count, "count_exact": True, **links, "results": entries})


class ActionView(ApiView):
    """/api/v1/<module>/<id>/actions/<action>/"""

    schema = None

    def post(self, request: Request, module: str, pk: str, action: str) -> Response:
        """Do the action; answers the record as it is now, or what the action says."""
        access = self.open(module)
        found = action_named(module, action)
        body = check_body(found, as_object(request.data))
        call = Call(access, pk_of(pk), body)
        try:
            result = found.run(call)
        except NotVisible:
            _tell_merged(access, call.pk)
            raise
        if result is not None:
            return Response(result)
        if found.is_gone:
            return Response(status=204)
        try:
            return _record(access, call.pk)
        except NotVisible:  # given away
            return Response({"id": call.pk})


class DuplicatesView(ApiView):
    """/api/v1/<module>/duplicates/"""

    schema = None

    def get(self, request: Request, module: str) -> Response:
        """Whether a record with the values in the address is known, and whose it is."""
        access = self.open(module)
        return self._answer(access, _values_in(access, request.query_params))

    def post(self, request: Request, module: str) -> Response:
        """The same for the values in the body."""
        return self._answer(self.open(module), as_object(request.data))

    def _answer(self, access: Access, values: dict[str, Any]) -> Response:
        if not (access.may("create") or access.may("edit")):
            access.require("create")
        draft = draft_of(Cleaner(access), values, access.writable())
        draft.refuse()
        if not values:
            raise Invalid(_("Give at least one value to look for."))
        note_check(access, "look-up")
        matches = [match_as_json(match) for match in matches_of(access, draft.all)]
        return Response({"exists": bool(matches), "matches": matches})


def _tell_merged(access: Access, pk: int) -> None:
    """Raise MergedAway where the record became one with another that the person sees."""
    onward = leads_on(access, pk)
    if onward is not None:
        raise MergedAway(onward)


def _record(access: Access, pk: int) -> Response:
    row = access.get(pk)
    answer = Response(row_as_json(access, row))
    answer["ETag"] = f'"{row.version}"'
    return answer


def _parameters(given: QueryDict) -> QueryDict:
    """A copy to work on. Raises BadQuery for what the API does not take."""
    for name in given:
        if name in PAGES_ONLY:
            raise BadQuery(_("There is no parameter or field “%s” that you may use here.") % name)
        if name in ONCE and len(given.getlist(name)) > 1:
            raise BadQuery(_("“%s” stands twice in the address.") % name)
    for name, allowed in (("count", {"exact"}), ("bin", {"1"})):
        if name in given and given[name] not in allowed:
            raise BadQuery(
                _("“%(name)s” may only be %(value)s.")
                % {"name": name, "value": allowed.copy().pop()}
            )
    if given.get("filter"):
        read_json(str(given["filter"]))
    return given.copy()


def _no_parameters(request: Request) -> None:
    for name in request.query_params:
        raise BadQuery(_("There is no parameter or field “%s” that you may use here.") % name[:80])


def _links(request: Request, following: Turn, previous: Turn) -> dict[str, str | None]:
    """Addresses of the pages beside this one."""
    links: dict[str, str | None] = {"next": None, "previous": None}
    for name, turn in (("next", following), ("previous", previous)):
        if turn:
            params = request.query_params.copy()
            for one in TURNS:
                params.pop(one, None)
            params.update({key: str(value) for key, value in turn.items()})
            links[name] = request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
    return links


def _version_of(request: Request, values: dict[str, Any]) -> int | None:
    """The version in the body (taken out of it) or in If-Match; None when there is none."""
    named = values.pop("version", None)
    if named is not None and (isinstance(named, bool) or not _version.fullmatch(str(named))):
        raise Invalid(fields={"version": [_("This must be a whole number.")]})
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None if named is None else int(str(named))
    found = _version.fullmatch(header)
    if found is None:
        raise Invalid(_("If-Match must hold one version."))
    if named is not None and int(str(named)) != int(found[1]):
        raise Invalid(fields={"version": [_("If-Match names another version.")]})
    return int(found[1])


def _values_in(access: Access, params: QueryDict) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in params:
        field = access.module.fields.get(name)
        several = field is not None and field.is_collection
        values[name] = params.getlist(name) if several else params[name]
    return values
