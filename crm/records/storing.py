"""Files into the storage: whole or not at all, and a full disk told in words."""

from contextlib import suppress
from typing import Any

from django.core.files.storage import default_storage

from crm.lib.disk import is_full
from crm.records.errors import NoRoomForFiles


def store_file(name: str, file: Any) -> str:
    """Keep a file under a name that nothing has yet; the name that it got.

    The storage of Django leaves the part that it had written; nothing of it stays here.
    Raises NoRoomForFiles.
    """
    try:
        return default_storage.save(name, file)
    except BaseException as error:
        with suppress(OSError):
            default_storage.delete(name)
        if is_full(error):
            raise NoRoomForFiles from error
        raise
