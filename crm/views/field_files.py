"""Files of added fields: uploads before a form and with it, previews, the download of one."""

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.policy import Access
from crm.access.rows import FileRef
from crm.documents.field_files import (
    open_field_file,
    open_field_preview,
    seen_field_preview,
    upload_field_file,
)
from crm.lists.columns import record_url
from crm.modules.fields import Field
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.field_files import file_fields
from crm.views.documents import kind_of, preview_context
from crm.views.files import download_of, served

NEW = "__new"  # behind the field's name: what the browser sends along


@require_safe
def field_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /files/fields/<id>/: the file, if the record is seen and the field may be read."""
    row, file = open_field_file(request.user, pk)
    return download_of(request, file, row.name, row.sha256)


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /files/fields/<id>/preview/: what can be shown of the file, else its kind and size."""
    row, shown = seen_field_preview(request.user, pk)
    url = f"/files/fields/{pk}/"
    back_url = record_url(row.module, row.record_id or 0)
    context = {
        "title": row.name,
        "crumbs": [{"label": row.name, "url": back_url}],
        "kind": kind_of(row.name),
        "size": row.size,
        "url": url,
        "back_url": back_url,
        "preview": preview_context(shown, url),
    }
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/documents/field_file.html" if is_part else "crm/documents/field_file_page.html"
    return render(request, name, context)


@require_safe
def preview_page(request: HttpRequest, pk: int, page: int) -> HttpResponseBase:
    """GET /files/fields/<id>/preview/<page>/: one picture that the product drew itself."""
    name, file = open_field_preview(request.user, pk, page)
    tag = name.removeprefix("previews/").replace("/", "-")
    return served(request, file, tag, content_type="image/webp")


@require_POST
def upload(request: HttpRequest, module: str, name: str) -> HttpResponse:
    """POST /files/fields/new/<module>/<field>/: one file, from script; its tick, or the reason."""
    file = request.FILES.get("files")
    try:
        if not isinstance(file, UploadedFile):
            raise Invalid(fields={name: [_("Choose a file.")]})
        row = upload_field_file(actor=request.user, module=module, field=name, file=file)
    except Invalid as refusal:
        said = " ".join(str(one) for texts in refusal.fields.values() for one in texts)
        return HttpResponse(said, status=422, content_type="text/plain")
    one = {"value": row.pk, "name": row.name, "size": row.size, "preview_url": ""}
    return render(request, "crm/edit/file_kept.html", {"field": {"html_name": name}, "one": one})


def file_lines(files: Sequence[FileRef]) -> SafeString:
    """The files of one field for the page of their record: name, size, preview, download."""
    return render_to_string("crm/detail/files.html", {"files": files}) if files else SafeString("")


def take_uploads(access: Access, request: HttpRequest) -> None:
    """Keep the files that came with a form and put their ids into what was posted.

    So a form that is refused for something else shows them again, and nobody uploads them twice.
    Raises Invalid.
    """
    if not request.FILES:
        return
    post = request.POST.copy()
    errors: dict[str, list[Any]] = {}
    for field in file_fields(access.module):
        files = request.FILES.getlist(f"{field.name}{NEW}")
        if not files:
            continue
        kept = [] if field.most_files == 1 else post.getlist(field.name)
        made = _uploaded(access, field, files, errors, field.most_files - len(kept))
        post.setlist(field.name, [*kept, *made] if made else post.getlist(field.name))
    request.POST = post  # type: ignore[assignment]  # what every later reader of the form shall see
    if errors:
        raise Invalid(fields=errors)


def _uploaded(
    access: Access, field: Field, files: list[Any], errors: dict[str, list[Any]], room: int
) -> list[str]:
    if len(files) > room:
        text = ngettext("At most %d file.", "At most %d files.", field.most_files)
        errors[field.name] = [text % field.most_files]
        return []
    made = []
    for file in files:
        try:
            row = upload_field_file(
                actor=access.user, module=access.module.name, field=field.name, file=file
            )
        except NotVisible:
            errors[field.name] = [_("There is no such field.")]
        except NotAllowed as refusal:
            errors[field.name] = [refusal.message]
        except Invalid as refusal:
            errors.setdefault(field.name, []).extend(refusal.fields[field.name])
        else:
            made.append(str(row.pk))
    return made
