"""Files on records and in the library: the row says what, the storage holds the bytes."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.customfields.files import FieldFile
from crm.records.children import Child, child_history, child_index
from crm.records.models import person


class Attachment(Child):
    """A file that hangs on a record."""

    name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    stored = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    added_by = person(editable=False, db_index=False)  # whose quota it counts in

    history = child_history("crm_attachment_history", "stored", "added_by")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_attachment"
        indexes = [
            child_index("crm_attachment_record"),
            models.Index("added_by", name="crm_attachment_person"),
        ]

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """A file that hangs on a record, in as many versions as were uploaded under its name.

    In the library `module` is `library` and `record_id` the folder (crm/documents/places.py).
    `sought` is what the name is found by, `deletion` the act that deleted it with its folder.
    """

    module = models.CharField(max_length=40, editable=False)
    record_id = models.BigIntegerField(editable=False)
    name = models.CharField(_("file name"), max_length=255)
    sought = models.TextField(default="", db_default="", editable=False)
    description = models.CharField(_("description"), max_length=500, blank=True)
    current = models.PositiveIntegerField(_("current version"), default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = person(editable=False, db_index=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = person(editable=False, db_index=False)
    deletion = models.UUIDField(null=True, editable=False)

    class Meta:
        app_label = "crm"
        db_table = "crm_document"
        indexes = [
            models.Index("module", "record_id", name="crm_document_record"),
            models.Index(
                "deleted_at", name="crm_document_bin", condition=models.Q(deleted_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "record_id", "name"], name="crm_document_name",
                condition=models.Q(deleted_at__isnull=True),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class DocumentVersion(models.Model):
    """One upload of a document: what lies in the storage, whose it is, and since when."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField(_("size"))
    stored = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = person(editable=False)  # whose quota it counts in

    class Meta:
        app_label = "crm"
        db_table = "crm_document_version"
        constraints = [
            models.UniqueConstraint(
                fields=["document", "number"], name="crm_document_version_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.number}"


class Preview(models.Model):
    """What can be shown of a file without opening it: pictures, a text, or a table.

    The file is a version of a document, or one of a field.
    """

    class State(models.TextChoices):
        """How far the preview is."""

        WAITING = "waiting"
        MAKING = "making"
        READY = "ready"
        FAILED = "failed"

    version = models.OneToOneField(
        DocumentVersion, on_delete=models.CASCADE, related_name="preview", null=True
    )
    field_file = models.OneToOneField(
        FieldFile, on_delete=models.CASCADE, related_name="+", null=True
    )
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    begun_at = models.DateTimeField(null=True)
    content = models.JSONField(default=dict)
    stored = models.JSONField(default=list)  # names of the pictures in the storage

    class Meta:
        app_label = "crm"
        db_table = "crm_document_preview"
        indexes = [
            models.Index(
                "id", name="crm_document_preview_due",
                condition=models.Q(state__in=("waiting", "making")),
            )
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(
                condition=models.Q(version__isnull=True) ^ models.Q(field_file__isnull=True),
                name="crm_document_preview_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id or self.field_file_id} {self.state}"

    @property
    def source(self) -> str:
        """Where the bytes of the file lie."""
        file = self.version or self.field_file
        assert file is not None  # the constraint says so
        return file.stored


class Folder(models.Model):
    """A folder of the library. Without rights of its own it has those of the folder above.

    Names are unique among the folders that a person sees in one place, which no constraint can
    say: a refusal must not tell of a folder out of reach.
    """

    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="children", editable=False
    )
    name = models.CharField(_("name"), max_length=120)
    has_own_rights = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = person(editable=False, db_index=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = person(editable=False, db_index=False)
    deletion = models.UUIDField(null=True, editable=False)

    class Meta:
        app_label = "crm"
        db_table = "crm_folder"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=False) | models.Q(has_own_rights=True),
                name="crm_folder_top_has_rights",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="crm_folder_not_in_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FolderRight(models.Model):
    """What some people may do in a folder that has rights of its own."""

    class Level(models.IntegerChoices):
        """Each includes those before it."""

        READ = 1, _("Read")
        ADD = 2, _("Add")
        MANAGE = 3, _("Manage")

    class Holder(models.TextChoices):
        """Who: everyone, or the one with the id `holder_id`; a group is a department or a team."""

        EVERYONE = "everyone"
        PERSON = "person"
        GROUP = "group"
        ROLE = "role"

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="rights")
    level = models.PositiveSmallIntegerField(choices=Level)
    holder = models.CharField(max_length=10, choices=Holder)
    holder_id = models.BigIntegerField(default=0)

    class Meta:
        app_label = "crm"
        db_table = "crm_folder_right"
        constraints = [
            models.UniqueConstraint("folder", "holder", "holder_id", name="crm_folder_right_once")
        ]
        indexes = [models.Index("holder", "holder_id", name="crm_folder_right_holder")]

    def __str__(self) -> str:
        return f"{self.folder_id} {self.holder}-{self.holder_id} {self.level}"
