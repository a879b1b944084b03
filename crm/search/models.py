"""The search table: one row per record, its words as lexemes that tell their field."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchEntry(models.Model):
    """What a record is found by. Owner and department are copies, so that scopes apply here."""

    may_lag = True  # as its record

    pk = models.CompositePrimaryKey("module", "record_id")
    module = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    owner_id = models.BigIntegerField(null=True)
    department_id = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()
    terms = SearchVectorField()

    class Meta:
        app_label = "crm"
        db_table = "crm_search_entry"
        indexes = [GinIndex(fields=["terms"], name="crm_search_entry_terms")]

    def __str__(self) -> str:
        return f"{self.module}/{self.record_id}"
