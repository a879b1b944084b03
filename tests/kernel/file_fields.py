"""A field of files on customers, and files sent for it."""

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.services import fields
from crm.documents.field_files import upload_field_file

NAMES = {"en": "Business licence", "zh-hans": "营业执照"}


def file_field(administrator):
    """The name of a field that takes two files, PDF or JPG."""
    row = fields.add_field(
        actor=administrator, module="customers", kind="file", labels=NAMES, files=(2, "pdf, .JPG")
    )
    return row.name


def given(name="licence.pdf", data=b"%PDF one"):
    return SimpleUploadedFile(name, data)


def sent(actor, field, name="licence.pdf", data=b"%PDF one"):
    file = given(name, data)
    return upload_field_file(actor=actor, module="customers", field=field, file=file).pk
