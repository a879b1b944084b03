"""The collection of files that a module may have."""

from django.utils.translation import gettext_lazy as _

from crm.documents.models import Attachment
from crm.modules.collections import Collection

FILES = Collection(
    name="files",
    label=_("files"),
    model=Attachment,
    fields=("name", "size"),
    changes={},
    identity=("name", "size"),
    stored=("stored", "sha256", "added_by_id"),
    is_read_only=True,
)
