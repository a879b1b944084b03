"""What is loaded by COPY is what the write path would have stored."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase

from accounts.models import User
from crm.access.policy import access_to
from crm.activities.models import FollowUp
from crm.activities.touch import touch_subjects
from crm.customfields.models import FieldDefinition
from crm.documents.filing import open_document
from crm.documents.models import Document
from crm.lists.models import SavedView
from crm.modules.registry import module_named
from crm.records.beside import MatchKey, UniqueValue
from crm.records.children import Address, Mail, Phone, Tag
from crm.records.cleaning import Cleaner
from crm.records.drafts import plain, snapshots
from crm.records.field_indexes import is_ready, made_indexes
from crm.records.history import history_model
from crm.search.entries import lexemes_of
from sales.contacts.models import Contact
from sales.customers.models import Customer, CustomerShare
from sales.fixtures.generate import ForeignCustomers, generate

TODAY = date(2026, 11, 23)
COUNT = 120
MODELS = (Customer, Contact, FollowUp, Phone, Mail, Address, Tag)


def records(name: str) -> tuple[Any, list[Any]]:
    module = module_named(name)
    return module, list(module.rows.order_by("id"))


class Loaded(TestCase):
    """One small load, looked at from all sides."""

    @classmethod
    def setUpTestData(cls) -> None:
        generate(COUNT, 1, TODAY, say=lambda text: None)

    def test_counts_owners_and_numbers(self):
        assert Customer.unscoped.count() == COUNT
        assert Contact.unscoped.count() == COUNT * 3 // 2
        assert FollowUp.unscoped.count() == COUNT * 3
        first, last = Customer.unscoped.order_by("id")[0], Customer.unscoped.order_by("-id")[0]
        assert int(last.number[2:]) - int(first.number[2:]) == COUNT - 1
        for customer in Customer.unscoped.select_related("owner"):
            if customer.owner is not None:
                assert customer.department_id == customer.owner.department_id
                assert customer.created_by_id == customer.owner_id
        people = connection.cursor()
        people.execute("SELECT count(*), count(DISTINCT department_id) FROM accounts_user")
        assert people.fetchone() == (501, 60)  # one of them administers and owns nothing
        people.execute(
            "SELECT max(length(path) - length(replace(path, '/', ''))) - 1 FROM accounts_department"
        )
        assert people.fetchone() == (3,)

    def test_keys_words_and_sort_names_are_the_modules_own(self):
        for name in ("customers", "contacts"):
            with self.subTest(name=name):
                module, rows = records(name)
                values = snapshots(module, rows)
                unique = set(
                    UniqueValue.objects.filter(module=name).values_list(
                        "record_id", "field", "value"
                    )
                )
                match = set(
                    MatchKey.objects.filter(module=name).values_list("record_id", "rule", "key")
                )
                assert unique == {
                    (pk, *key) for pk, found in values.items() for key in module.keys(found).exact
                }
                assert match == {
                    (pk, *key) for pk, found in values.items() for key in module.keys(found).near
                }
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT record_id, tsvector_to_array(terms), owner_id, department_id"
                        " FROM crm_search_entry WHERE module = %s",
                        [name],
                    )
                    entries = {row[0]: (set(row[1]), row[2], row[3]) for row in cursor.fetchall()}
                for row in rows:
                    words = set(lexemes_of(module, values[row.pk]))
                    assert entries[row.pk] == (words, row.owner_id, row.department_id)
                    assert row.sort_name == module.derive(values[row.pk])["sort_name"]
                    row.full_clean(exclude=["number"])

    def test_phones_are_stored_as_the_write_path_stores_them(self):
        derive = module_named("customers").collections_by_name["phones"].derive
        assert Phone.rows.exists()
        for phone in Phone.rows.all():
            assert {"e164": phone.e164, "tail": phone.tail} == derive({"number": phone.number})

    def test_dates_of_follow_ups_are_those_that_are_computed(self):
        for name in ("customers", "contacts"):
            with self.subTest(name=name):
                _module, rows = records(name)
                before = {row.pk: (row.last_follow_up_at, row.next_contact_at) for row in rows}
                touch_subjects(None, list(FollowUp.unscoped.values_list("pk", flat=True)))
                _module, rows = records(name)
                assert {
                    row.pk: (row.last_follow_up_at, row.next_contact_at) for row in rows
                } == before

    def test_every_row_has_its_first_history_row(self):
        for model in MODELS:
            with self.subTest(model=model):
                kept = history_model(model).objects.filter(history_type="+")
                rows = model._default_manager
                assert rows.exists()
                assert set(kept.values_list("id", flat=True)) == set(
                    rows.values_list("pk", flat=True)
                )
                assert kept.count() == rows.count()
                assert not kept.filter(
                    history_date__gte=datetime(2026, 11, 24, tzinfo=UTC)
                ).exists()
                assert not kept.filter(history_user=None).exists()

    def test_added_fields_are_as_the_write_path_stores_them(self):
        module, rows = records("customers")
        added = [one for one in module.fields.values() if one.is_custom]
        assert {one.kind for one in added} >= {"integer", "money", "date", "choice", "boolean"}
        cleaner = Cleaner(access_to(User.objects.get(username="gadmin"), "customers"))
        for one in added:
            values = [row.custom[one.key] for row in rows if one.key in row.custom]
            assert values, one.kind
            assert [plain(cleaner.clean(one, value)) for value in values] == values
        fast = FieldDefinition.objects.filter(is_fast=True)
        assert fast
        assert all(is_ready(row, made_indexes()) for row in fast)

    def test_a_customer_of_version_n_has_n_history_rows_that_end_with_what_is_there(self):
        kept = history_model(Customer).objects
        for row in Customer.unscoped.filter(version__gt=2)[:20]:
            past = list(kept.filter(id=row.pk).order_by("history_date", "version"))
            assert [one.version for one in past] == list(range(1, row.version + 1))
            last = past[-1]
            assert (last.level, last.changed_at) == (row.level, row.changed_at)
            assert past[0].changed_at == row.created_at
            assert past[-2].level != past[-3].level

    def test_what_stands_beside_them_opens(self):
        shares = CustomerShare.objects.filter(content_object__in=Customer.unscoped.values("pk"))
        assert shares.exists()
        assert shares.exclude(part="").exists()
        document = Document.objects.filter(module="customers").first()
        _document, version, file = open_document(User.objects.get(username="g0001"), document.pk)
        assert len(file.read()) == version.size
        assert SavedView.objects.count() == 1500

    def test_more_is_added_only_when_asked_and_meets_nothing(self):
        generate(30, 1, TODAY, say=lambda text: None)
        assert Customer.unscoped.count() == COUNT + 30
        Customer.unscoped.filter(pk=Customer.unscoped.order_by("id")[0].pk).update(created_by=None)
        with pytest.raises(ForeignCustomers):
            generate(5, 1, TODAY, say=lambda text: None)
        with pytest.raises(CommandError, match="--append"):
            call_command("generate", customers=5, processes=1)
        generate(5, 1, TODAY, append=True, say=lambda text: None)
        assert Customer.unscoped.count() == COUNT + 35

    def test_what_is_entered_next_gets_the_next_number(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('crm_number_customers')")
            assert cursor.fetchone()[0] > int(Customer.unscoped.latest("id").number[2:])
