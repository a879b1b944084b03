"""What administrators define: dictionaries of choices, fields, whole modules."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class ModuleDefinition(models.Model):
    """A module that an administrator made; its records are rows of CustomRecord."""

    name = models.CharField(max_length=40, unique=True)
    labels = models.JSONField(default=dict)
    labels_plural = models.JSONField(default=dict)
    icon = models.CharField(max_length=20, default="dots")
    number_prefix = models.CharField(max_length=8)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "crm"
        db_table = "crm_module_definition"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class FieldDefinition(models.Model):
    """A field that an administrator added to a module; values live under `cf_<id>`."""

    module = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    labels = models.JSONField(default=dict)
    section = models.JSONField(default=dict)
    dictionary = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40, blank=True)
    required = models.BooleanField(default=False)
    places = models.PositiveSmallIntegerField(default=2)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "crm"
        db_table = "crm_field_definition"
        ordering = ["module", "position", "id"]

    def __str__(self) -> str:
        return f"{self.module}.cf_{self.pk}"
