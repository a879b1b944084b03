"""Gathers the kernel's models."""

from crm.activities.models import FollowUp, Mention, Phrase
from crm.customfields.files import FieldFile
from crm.customfields.models import (
    CompanySetting,
    FieldDefinition,
    LayoutRow,
    ModuleDefinition,
    Option,
)  # fmt: skip
from crm.documents.models import (
    Attachment,
    Document,
    DocumentVersion,
    Folder,
    FolderRight,
    Preview,
)  # fmt: skip
from crm.jobs.models import Job, JobRow, RememberedMapping
from crm.lists.models import SavedView, StartView
from crm.modules.stamp import Stamp
from crm.operation.models import Pause, Pulse, Written
from crm.records.beside import (
    AuditEntry,
    Event,
    ExternalId,
    IdempotencyKey,
    MatchKey,
    NotDouble,
    SharedKey,
    UniqueValue,
)  # fmt: skip
from crm.records.children import Address, Mail, Phone, Tag
from crm.records.models import CustomRecord, CustomRecordGroupShare, CustomRecordShare
from crm.search.models import SearchEntry

__all__ = [
    "Address", "Attachment", "AuditEntry", "CompanySetting", "CustomRecord",
    "CustomRecordGroupShare",
    "CustomRecordShare", "Document", "DocumentVersion", "Event", "ExternalId", "FieldDefinition",
    "FieldFile",
    "Folder", "FolderRight", "FollowUp", "IdempotencyKey",
    "Job", "JobRow", "LayoutRow", "Mail", "MatchKey", "Mention", "ModuleDefinition", "NotDouble",
    "Option", "Pause", "Phone",
    "Phrase", "Preview", "Pulse", "RememberedMapping", "SavedView", "SearchEntry",
    "SharedKey", "Stamp",
    "StartView",
    "Tag", "UniqueValue", "Written",
]  # fmt: skip
