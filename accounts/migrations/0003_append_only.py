"""Histories of people and rights can be added to and never changed."""

from django.db import migrations

from crm.records.triggers import append_only

HISTORIES = [
    "accounts_historicaluser", "accounts_historicaldepartment", "accounts_historicalposition",
    "accounts_historicalmembership", "accounts_historicalteam", "accounts_historicalteammember",
    "accounts_historicalrole", "accounts_historicalroleholder", "accounts_historicalroleright",
    "accounts_historicalrolefield",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_preferences"), ("crm", "0002_events_and_guards")]

    operations = [append_only(table) for table in HISTORIES]
