"""The files that rows name: what a backup must copy, and what has gone from the storage."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models

COLUMN = "stored"  # what a column with a file's name in the storage is called


def columns_with_files(model: type[models.Model]) -> tuple[str, ...]:
    """The columns of a model that name files in the storage.

    A model says it by `kept_files`; else it is the column `stored`. History names no files: they
    outlive no row.
    """
    names = {field.name for field in model._meta.concrete_fields}
    if "history_id" in names:
        return ()
    return getattr(model, "kept_files", (COLUMN,) if COLUMN in names else ())


def stored_files() -> list[str]:
    """The names of all files, each once, in order; read in the caller's transaction."""
    return sorted(set(_names()))


def _names() -> Iterator[str]:
    for model in apps.get_models():
        for column in columns_with_files(model):
            for value in model._base_manager.values_list(column, flat=True).iterator():
                yield from _flat(value)


def _flat(value: Any) -> Iterable[str]:
    """A name, or a list of names."""
    if isinstance(value, list):
        return [str(one) for one in value if one]
    return [str(value)] if value else []
