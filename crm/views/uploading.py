"""Large uploads on their way: a file in the temporary folder, gone at once where it stays half."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class TidyTemporaryFiles(TemporaryFileUploadHandler):
    """Django leaves the half file to the garbage collector, so that a full disk stays full."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write the next part."""
        with self._gone_when_half():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Hand the file over; what was buffered is written here."""
        with self._gone_when_half():
            return super().file_complete(file_size)

    @contextmanager
    def _gone_when_half(self) -> Iterator[None]:
        file: Any = self.file
        try:
            yield
        except OSError:
            with suppress(OSError):  # it tries once more to write what it holds
                file.close()
            raise
