"""What the kernel does once, when every app's models are there. The order is the order."""

from typing import Any

from django.apps import apps
from django.db.models.signals import post_migrate

from crm.activities.module import FollowUps
from crm.celery import ask_before_tasks
from crm.customfields.dictionaries import add_options
from crm.documents.carrying import carry_documents, take_back_documents
from crm.documents.field_files import forget_field_files
from crm.documents.forgetting import forget_documents
from crm.exchange.kinds import register as register_exchange
from crm.jobs import acting, checking, choices, editing, indexing
from crm.jobs.kinds import Kind, register_kind
from crm.jobs.rekeying import KIND as REKEY
from crm.jobs.rekeying import run_rekey
from crm.modules import checks  # noqa: F401  registers the start-up checks
from crm.modules.registry import (
    add_source,
    all_modules,
    declare,
    load_declarations,
    shipped_choices,
)
from crm.modules.stamp import make_stamp
from crm.operation.pause import is_paused
from crm.records.declared import database_definitions
from crm.records.doubles import forget_pairs
from crm.records.field_files import follow_files
from crm.records.followers import follow_merges, follow_purges, follow_touches, follow_writes
from crm.records.numbers import make_sequence
from crm.search.entries import refresh_entries
from crm.search.touching import touch_entries


def start() -> None:
    """Read the declarations, then tie the rooms that follow each other's work."""
    load_declarations()
    declare(FollowUps)
    add_source(database_definitions)
    follow_writes(refresh_entries)
    follow_writes(follow_files)
    follow_touches(touch_entries)
    follow_purges(forget_documents)
    follow_purges(forget_field_files)
    follow_purges(forget_pairs)
    follow_merges("documents", carry_documents, take_back_documents)
    register_exchange()
    register_kind(REKEY, Kind(work=run_rekey))
    editing.register()
    acting.register()
    choices.register()
    register_kind(checking.KIND, Kind(work=checking.run_check, broken_off=checking.broken_off))
    register_kind(indexing.KIND, Kind(work=indexing.run_index, broken_off=indexing.broken_off))
    ask_before_tasks(is_paused)
    post_migrate.connect(after_migrate, sender=apps.get_app_config("crm"))


def after_migrate(**_kwargs: Any) -> None:
    """Make what every module needs in the database and no migration says: sequences, choices."""
    make_stamp()
    for module in all_modules():
        make_sequence(module.name)
    for dictionary, options in shipped_choices().items():
        add_options(dictionary, options)
