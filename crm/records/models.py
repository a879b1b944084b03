"""What every record has, and the rows that stand beside records."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from crm.access.sharing import share_models


class HistoryBase(models.Model):
    """What each history row tells besides the values: the request and the act it belongs to."""

    request_id = models.CharField(max_length=40, blank=True)
    act = models.UUIDField(null=True, db_index=True)

    class Meta:
        abstract = True


class ChildHistoryBase(models.Model):
    """The same for child rows, whose act is looked up together with their record."""

    request_id = models.CharField(max_length=40, blank=True)
    act = models.UUIDField(null=True)

    class Meta:
        abstract = True


class HistoryRows(HistoricalRecords):
    """A history that is read by record and by act alone: it keeps no index for anything else."""

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        """The model's columns, the ones that name other rows without their indexes."""
        fields = super().copy_fields(model)
        for one in fields.values():
            if one.is_relation:
                one.db_index = False
        return fields

    def get_extra_fields(self, model: type[models.Model], fields: Any) -> dict[str, Any]:
        """What a history row tells besides: date and person without index, and without a check
        of the person for each row (nobody's account is ever deleted)."""
        extra = super().get_extra_fields(model, fields)
        extra["history_date"].db_index = False
        extra["history_user"].db_index = extra["history_user"].db_constraint = False
        return extra


def history_rows(table: str, *left_out: str) -> HistoryRows:
    """The history of a model, in a table of its own; the columns `left_out` are not kept."""
    return HistoryRows(
        bases=[HistoryBase], excluded_fields=list(left_out), table_name=table,
        cascade_delete_history=False,
    )  # fmt: skip


def person(**options: Any) -> models.ForeignKey:
    """A column that names a person who signs in."""
    defaults = {"null": True, "blank": True, "on_delete": models.PROTECT, "related_name": "+"}
    return models.ForeignKey(settings.AUTH_USER_MODEL, **{**defaults, **options})


class Record(models.Model):
    """A row that people own. It has no `objects`: rows are reached through crm.access only."""

    may_lag = True  # lists may read it from a replica

    number = models.CharField(_("number"), max_length=32, blank=True)
    owner = person(verbose_name=_("owner"), db_index=False)
    department = models.ForeignKey(
        settings.CRM_DEPARTMENT_MODEL,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = person(verbose_name=_("created by"), db_index=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)
    changed_by = person(verbose_name=_("changed by"), db_index=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_id = models.UUIDField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    custom = models.JSONField(default=dict, blank=True)

    unscoped = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "unscoped"
        default_manager_name = "unscoped"


LIVING = Q(deleted_at__isnull=True)


def record_indexes(table: str, *columns: str) -> list[models.Index]:
    """Indexes for lists: living rows led by owner, by department, and by nothing.

    `columns` are what lists are sorted by; `+name` puts rows without a value first when
    ascending, so that one index serves both directions. `table` starts the indexes' names.
    """
    made = []
    for number, column in enumerate(columns):
        name = column.lstrip("+")
        order = F(name).desc(nulls_last=True) if column.startswith("+") else F(name).desc()
        for lead, letter in ((("owner",), "o"), (("department",), "d"), ((), "a")):
            leading = [F(one) for one in lead]
            made.append(
                models.Index(
                    *leading,
                    order,
                    F("id").desc(),
                    name=f"{table}_{letter}{number}",
                    condition=LIVING,
                )
            )
    made.append(
        models.Index(
            F("deleted_at").desc(), name=f"{table}_bin", condition=Q(deleted_at__isnull=False)
        )
    )
    made.append(
        models.Index(F("deletion_id"), name=f"{table}_act", condition=Q(deletion_id__isnull=False))
    )
    made.append(merged_index(table))
    return made


def merged_index(table: str) -> models.Index:
    """What was merged into a record: asked by merges, their undo and each purge; few ever are."""
    merged = Q(merged_into__isnull=False)
    return models.Index(F("merged_into"), name=f"{table}_merged", condition=merged)


class CustomRecord(Record):
    """A record of a module that an administrator made; its fields live in `custom`."""

    module = models.CharField(max_length=40, editable=False)
    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(max_length=400, blank=True, editable=False)

    history = history_rows("crm_custom_record_history", "sort_name")

    class Meta:
        app_label = "crm"
        db_table = "crm_custom_record"
        indexes = [
            models.Index(
                "module", "owner", F("changed_at").desc(), F("id").desc(),
                name="customrec_o", condition=LIVING,
            ),
            models.Index(
                "module", "department", F("changed_at").desc(), F("id").desc(),
                name="customrec_d", condition=LIVING,
            ),
            models.Index(
                "module", F("changed_at").desc(), F("id").desc(),
                name="customrec_a", condition=LIVING,
            ),
            models.Index("module", F("deleted_at").desc(), name="customrec_bin", condition=~LIVING),
            merged_index("customrec"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


CustomRecordShare, CustomRecordGroupShare = share_models(CustomRecord, "crm_custom_record")
