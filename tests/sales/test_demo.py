"""The demo goes through the write path and lies in the past."""

from datetime import date, timedelta

from django.core.management import call_command
from django.db import connection
from django.db.models import F, Max, Min
from django.test import TestCase
from django.utils import timezone

from accounts.models import User
from crm.access.policy import access_to
from crm.activities.models import FollowUp, Mention, Phrase
from crm.records.beside import Event
from crm.records.children import Phone
from crm.records.history import history_model
from crm.search.models import SearchEntry
from sales.contacts.models import Contact, Employment
from sales.customers.models import CompanyRelation, Customer
from sales.fixtures.demo_load import load_demo
from sales.life.models import StageHold, StageMove, StageRule


class Demo(TestCase):
    """One demo, looked at from all sides."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.today: date = timezone.localdate()
        assert load_demo(cls.today, say=lambda text: None)

    def test_it_is_all_there(self):
        assert 250 <= Customer.unscoped.count() <= 275
        assert 390 <= Contact.unscoped.count() <= 450
        assert 1_350 <= FollowUp.unscoped.count() <= 1_700
        assert Customer.unscoped.filter(owner=None).exists()
        assert Customer.unscoped.exclude(parent=None).count() == 7
        assert CompanyRelation.rows.count() >= 10
        assert Mention.rows.exists()
        assert Phrase.objects.filter(owner=None).count() >= 12
        living = Customer.unscoped.count() + Contact.unscoped.count()
        assert SearchEntry.objects.filter(module__in=["customers", "contacts"]).count() == living

    def test_a_second_time_changes_nothing(self):
        before = Customer.unscoped.count()
        call_command("demo", verbosity=0)
        assert Customer.unscoped.count() == before

    def test_everything_happened_before_today(self):
        begin = timezone.now() - timedelta(days=390)
        for model in (Customer, Contact, FollowUp):
            history = history_model(model).objects
            for rows, name in (
                (model.unscoped, "created_at"),
                (model.unscoped, "changed_at"),
                (history, "history_date"),
            ):
                found = rows.aggregate(first=Min(name), last=Max(name))
                assert found["first"] > begin, (model, name)
                assert timezone.localdate(found["last"]) < self.today, (model, name)
        assert timezone.localdate(Event.objects.aggregate(last=Max("at"))["last"]) < self.today
        kept = history_model(Phone).objects.aggregate(last=Max("history_date"))
        assert timezone.localdate(kept["last"]) < self.today

    def test_dates_agree_with_each_other(self):
        assert not Customer.unscoped.filter(last_follow_up_at=None).exists()
        assert not Customer.unscoped.filter(last_follow_up_at__lt=F("created_at")).exists()
        assert not FollowUp.unscoped.exclude(created_at=F("happened_at")).exists()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM sales_customer c WHERE last_follow_up_at <>"
                " (SELECT max(happened_at) FROM crm_follow_up f"
                "  WHERE f.subject = 'customers/' || c.id)"
            )
            assert cursor.fetchone() == (0,)

    def test_the_demo_people_see_their_share(self):
        counts = {
            name: access_to(User.objects.get(username=name), "customers").rows("view").count()
            for name in ("rep", "rep2", "manager", "admin")
        }
        assert counts["rep"] > 50
        assert counts["rep2"] > 40
        assert counts["rep"] + counts["rep2"] < counts["manager"] < counts["admin"]

    def test_history_is_guarded_again(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('crm.erasing', true)")
            assert cursor.fetchone()[0] != "on"

    def test_customers_came_to_their_stages_step_by_step(self):
        moves = StageMove.objects.all()
        assert moves.count() > 200
        assert timezone.localdate(moves.aggregate(last=Max("at"))["last"]) < self.today
        assert not StageHold.objects.exists()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM sales_stage_move m WHERE NOT EXISTS (SELECT FROM"
                " sales_customer_history h WHERE h.id = m.customer_id AND h.history_date = m.at"
                " AND h.stage = m.to_stage)"
            )
            assert cursor.fetchone() == (0,)
        assert StageRule.objects.filter(is_on=False).count() == 0

    def test_some_are_served_by_one_colleague_and_some_worked_elsewhere(self):
        assert Customer.unscoped.exclude(service_person=None).count() > 30
        rows = Employment.rows
        assert rows.filter(until=None).exists()
        assert rows.exclude(until=None).exists()
