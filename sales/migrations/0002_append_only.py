"""Histories of the app's modules: added to, never changed."""

from django.db import migrations

from crm.records.triggers import append_only

HISTORIES = [
    "sales_customer_history", "sales_contact_history", "sales_company_relation_history",
    "sales_employment_history",
]


class Migration(migrations.Migration):
    dependencies = [
        ("sales", "0001_customers_contacts"),
        ("crm", "0002_events_and_guards"),
    ]

    operations = [append_only(table) for table in HISTORIES]
