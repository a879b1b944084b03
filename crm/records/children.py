"""The kernel's own collections: phones, mails, addresses and tags of any module's records."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.models import ChildHistoryBase, HistoryRows


class Child(models.Model):
    """A row that belongs to a record: of which module, of which record, in which place."""

    may_lag = True  # as its record

    module = models.CharField(max_length=40, editable=False)
    record_id = models.BigIntegerField(editable=False)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    rows = models.Manager()

    class Meta:
        abstract = True
        default_manager_name = "rows"
        base_manager_name = "rows"


class ChildHistory(HistoryRows):
    """The history of child rows: read by the act and the record that they belong to."""

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """The one index that such a history needs."""
        name = f"{self.table_name.removesuffix('_history')}_acts"
        index = models.Index(fields=["act", "record_id"], name=name)
        return {**super().get_meta_options(model), "indexes": [index]}


def child_history(table: str, *left_out: str) -> ChildHistory:
    """The history of a child model, in a table of its own; the columns `left_out` are not kept."""
    return ChildHistory(
        bases=[ChildHistoryBase], excluded_fields=list(left_out), table_name=table,
        cascade_delete_history=False,
    )  # fmt: skip


def child_index(name: str) -> models.Index:
    """The index by which a record's child rows are loaded."""
    return models.Index("module", "record_id", name=name)


class Phone(Child):
    """A telephone number as people write it, and as E.164 for look-ups."""

    number = models.CharField(pgettext_lazy("phone", "number"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    e164 = models.CharField(max_length=24, blank=True, editable=False)
    tail = models.CharField(max_length=24, blank=True, editable=False)  # digits, last one first

    history = child_history("crm_phone_history", "e164", "tail")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_phone"
        indexes = [
            child_index("crm_phone_record"),
            models.Index("e164", name="crm_phone_e164"),
            models.Index(fields=["tail"], name="crm_phone_tail", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.number


class Mail(Child):
    """A mail address."""

    address = models.EmailField(pgettext_lazy("mail", "address"), max_length=254)
    kind = models.CharField(_("kind"), max_length=20, blank=True)

    history = child_history("crm_mail_history")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_mail"
        indexes = [child_index("crm_mail_record"), models.Index("address", name="crm_mail_address")]

    def __str__(self) -> str:
        return self.address


class Address(Child):
    """A postal address in China or elsewhere."""

    street = models.CharField(_("street address"), max_length=300)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)

    history = child_history("crm_address_history")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_address"
        indexes = [child_index("crm_address_record")]

    def __str__(self) -> str:
        return self.street


class Tag(Child):
    """A word that people put on a record."""

    name = models.CharField(_("tag"), max_length=40)

    history = child_history("crm_tag_history")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_tag"
        indexes = [models.Index("module", "name", "record_id", name="crm_tag_name")]
        constraints = [
            models.UniqueConstraint(fields=["module", "record_id", "name"], name="crm_tag_once")
        ]

    def __str__(self) -> str:
        return self.name
