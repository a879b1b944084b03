"""What administrators define: dictionaries of choices, fields, whole modules."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from crm.customfields.names import check_module_name
from crm.modules.sequences import make_sequence
from crm.modules.stamp import raise_definitions_version


class Option(models.Model):
    """One choice of a dictionary, with a label per language."""

    dictionary = models.CharField(_("dictionary"), max_length=40)
    value = models.CharField(_("value"), max_length=40)
    labels = models.JSONField(_("labels"), default=dict)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_option"
        ordering = ["dictionary", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["dictionary", "value"], name="crm_option_once")
        ]

    def __str__(self) -> str:
        return f"{self.dictionary}.{self.value}"


class Definitions(models.Manager):
    """Rows that must be saved one by one, since saving brings along what belongs to them."""

    def bulk_create(self, *args: Any, **kwargs: Any) -> Any:
        """Not for these: a module without its sequence could not number a record."""
        raise NotImplementedError("Save definitions of modules one by one.")


class ModuleDefinition(models.Model):
    """A module that an administrator made; its records are rows of CustomRecord.

    Saving one checks its name, makes the sequence of its numbers and tells every process.
    """

    name = models.CharField(max_length=40, unique=True)
    labels = models.JSONField(default=dict)
    labels_plural = models.JSONField(default=dict)
    icon = models.CharField(max_length=20, default="dots")
    number_prefix = models.CharField(max_length=8)
    position = models.PositiveSmallIntegerField(default=0)

    objects = Definitions()

    class Meta:
        app_label = "crm"
        db_table = "crm_module_definition"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValidationError for a name that no module may have."""
        try:
            check_module_name(self.name)
        except ValidationError as error:
            raise ValidationError({"name": error.messages}) from None
        with transaction.atomic():
            super().save(*args, **kwargs)
            make_sequence(self.name)
            raise_definitions_version()


class LivingFields(models.Manager):
    """The fields that are there: a deleted one shows nowhere until it is restored."""

    def get_queryset(self) -> models.QuerySet:
        """Without those in the bin."""
        return super().get_queryset().filter(deleted_at__isnull=True)


class FieldDefinition(models.Model):
    """A field that an administrator added to a module; values live under `key`.

    A conversion to another kind writes beside the old values, under a key of the next generation
    (`preparing` while it runs), and `past` keeps what the field was: [{key, kind, dictionary,
    places, until}], oldest first, `until` empty once its values are gone. `litter` are keys to
    be taken out of the rows: [{key, after}].
    One of kind `file` holds at most `most_files`, of these `endings` where there are any.
    One of kind FORMULA has no values: `formula` is its text, `result` the kind of field that it
    comes to, `inputs` all the fields that it reads, those of the formulas in it too.
    """

    FORMULA = "formula"

    module = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    labels = models.JSONField(default=dict)
    section = models.JSONField(default=dict)
    dictionary = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40, blank=True)
    help = models.JSONField(default=dict)
    required = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    default = models.JSONField(null=True)
    places = models.PositiveSmallIntegerField(default=2)
    position = models.PositiveSmallIntegerField(default=0)
    formula = models.TextField(default="", blank=True)
    result = models.CharField(max_length=20, default="", blank=True)
    inputs = models.JSONField(default=list, blank=True)
    generation = models.PositiveSmallIntegerField(default=0)
    last_generation = models.PositiveSmallIntegerField(default=0)
    preparing = models.CharField(max_length=40, blank=True)
    past = models.JSONField(default=list)
    litter = models.JSONField(default=list)
    most_files = models.PositiveSmallIntegerField(default=1)
    endings = models.JSONField(default=list, blank=True)
    is_fast = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True)

    objects = LivingFields()
    everything = models.Manager()

    class Meta:
        app_label = "crm"
        db_table = "crm_field_definition"
        ordering = ["module", "position", "id"]

    def __str__(self) -> str:
        return f"{self.module}.cf_{self.pk}"

    @property
    def name(self) -> str:
        """What the field is called in its module, whatever becomes of it."""
        return f"cf_{self.pk}"

    @property
    def key(self) -> str:
        """Where its values live in `custom`."""
        return self.key_at(self.generation)

    def key_at(self, generation: int) -> str:
        """Where the values of a generation live."""
        return f"cf_{self.pk}_{generation}" if generation else f"cf_{self.pk}"


class ChoiceRule(models.Model):
    """Which choices of one field go with which value of another, its parent.

    `allowed` leads from a value of the parent ("" for none) to the choices that go with it; a
    value that is not in it was never decided on and lets all through.
    """

    module = models.CharField(max_length=40)
    child = models.CharField(max_length=40)
    parent = models.CharField(max_length=40)
    allowed = models.JSONField(default=dict)

    class Meta:
        app_label = "crm"
        db_table = "crm_choice_rule"
        constraints = [
            models.UniqueConstraint(fields=["module", "child"], name="crm_choice_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.module}.{self.child} by {self.parent}"


class CompanySetting(models.Model):
    """The answer to one question that a module asks the whole company."""

    module = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=40)

    class Meta:
        app_label = "crm"
        db_table = "crm_company_setting"
        constraints = [
            models.UniqueConstraint(fields=["module", "name"], name="crm_company_setting_once")
        ]

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class LayoutRow(models.Model):
    """How a module's fields are arranged for a role, or for everybody (no role).

    `body` holds {"sections": [{"key", "labels", "fields", "more"}], "left_out": [names]};
    crm/customfields/layouts.py reads it, crm/records/layouts.py writes it.
    """

    module = models.CharField(max_length=40)
    role = models.BigIntegerField(null=True)
    body = models.JSONField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "crm"
        db_table = "crm_layout"
        constraints = [
            models.UniqueConstraint(
                fields=["module", "role"], name="crm_layout_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.role or 'everybody'}"
