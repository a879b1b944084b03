"""The control of a field of files: those that it holds, and the way to add more."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access
from crm.customfields.files import LARGEST, FieldFile
from crm.lib.whole import whole_number
from crm.modules.fields import Field


def file_control(access: Access, field: Field, raw: Any) -> dict[str, Any]:
    """What the control shows besides what every control does; `raw` are ids as a form holds them.

    An id that somebody wrote into the form himself tells nothing: a file is named to those who
    see its record, and before it has one to whoever uploaded it.
    """
    return {
        "stored": _stored(access, field, raw or ()),
        "is_many": field.most_files > 1,
        "most": field.most_files,
        "too_many": _at_most(field),
        "upload_url": f"/files/fields/new/{access.module.name}/{field.name}/",
        "largest": LARGEST,
        "limits": _("Up to %d MB per file.") % (LARGEST // 1024 // 1024),
        "accept": ",".join(f".{one}" for one in field.endings),
        "help": " · ".join(filter(None, (str(field.help), _about(field)))),
    }


def _stored(access: Access, field: Field, raw: Any) -> list[dict[str, Any]]:
    numbers = (whole_number(str(one)) for one in raw)
    ids = [pk for pk in numbers if pk is not None and pk < 2**63]
    if not ids:
        return []
    found = FieldFile.objects.filter(module=access.module.name, field=field.name, pk__in=ids)
    rows = list(found.order_by("pk"))
    held = [one.record_id for one in rows if one.record_id is not None]
    seen = set(access.rows().filter(pk__in=held).values_list("pk", flat=True)) if held else set()
    return [
        {
            "value": one.pk, "name": one.name, "size": one.size,
            "preview_url": one.record_id and f"/files/fields/{one.pk}/preview/",
        }
        for one in rows
        if one.record_id in seen or (one.record_id is None and one.added_by_id == access.user.pk)
    ]  # fmt: skip


def _at_most(field: Field) -> str:
    most = field.most_files
    return ngettext("At most %d file.", "At most %d files.", most) % most


def _about(field: Field) -> str:
    """How many files, and which."""
    words = [_at_most(field)] if field.most_files > 1 else []
    if field.endings:
        words.append(_("Allowed: %s") % ", ".join(field.endings))
    return " ".join(words)
