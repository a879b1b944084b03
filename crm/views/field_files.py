"""Files of added fields: uploads that come with a form, and the download of one."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm.access.policy import Access
from crm.documents.field_files import open_field_file, upload_field_file
from crm.modules.fields import Field
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.field_files import file_fields
from crm.views.files import download_of

NEW = "__new"  # behind the field's name: what the browser sends along


@require_safe
def field_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /files/fields/<id>/: the file, if the record is seen and the field may be read."""
    row, file = open_field_file(request.user, pk)
    return download_of(request, file, row.name, row.sha256)


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
