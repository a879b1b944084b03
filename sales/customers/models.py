"""Customers: companies and people that we sell to, sell with, or compete with."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.access.sharing import share_models
from crm.records.children import Child, child_index
from crm.records.models import LIVING, Record, history_rows, person, record_indexes


class Customer(Record):
    """A company or a person. Money is in the company currency (CNY)."""

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        PERSON = "person", _("Person")

    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(max_length=400, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.COMPANY)
    relationship = models.CharField(_("relationship"), max_length=20, default="prospect")
    stage = models.CharField(_("stage of life"), max_length=20, default="prospect")
    level = models.CharField(_("level"), max_length=2, blank=True)
    service_person = person(verbose_name=_("service person"), db_index=False)
    source = models.CharField(_("source"), max_length=40, blank=True)
    industry = models.CharField(_("industry"), max_length=40, blank=True)
    region = models.CharField(_("region"), max_length=20, blank=True)
    province = models.CharField(_("province"), max_length=40, blank=True)
    city = models.CharField(_("city"), max_length=40, blank=True)
    employees = models.IntegerField(_("employees"), null=True, blank=True)
    revenue = models.DecimalField(
        _("annual revenue"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    website = models.URLField(_("website"), max_length=200, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", verbose_name=_("parent company"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    credit_code = models.CharField(_("credit code"), max_length=18, blank=True)
    invoice_title = models.CharField(_("invoice title"), max_length=200, blank=True)
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=40, blank=True)
    payment_terms = models.CharField(_("payment terms"), max_length=40, blank=True)
    credit_limit = models.DecimalField(
        _("credit limit"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=10, blank=True)
    occupation = models.CharField(_("occupation"), max_length=60, blank=True)
    household = models.CharField(_("household"), max_length=100, blank=True)
    interests = models.CharField(_("interests"), max_length=200, blank=True)
    preferences = models.TextField(_("preferences and promises"), blank=True)
    remark = models.TextField(_("remark"), blank=True)
    last_follow_up_at = models.DateTimeField(_("last follow-up"), null=True, editable=False)
    next_contact_at = models.DateTimeField(_("next contact"), null=True, blank=True, editable=False)

    history = history_rows(
        "sales_customer_history", "sort_name", "last_follow_up_at", "next_contact_at"
    )

    class Meta(Record.Meta):
        verbose_name = _("customer")
        indexes = [
            *record_indexes("customer", "changed_at", "sort_name", "+last_follow_up_at"),
            models.Index("number", name="customer_number"),
            models.Index(
                F("service_person"), F("changed_at").desc(), F("id").desc(),
                name="customer_service", condition=LIVING & Q(service_person__isnull=False),
            ),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(condition=Q(employees__gte=0), name="customer_employees"),
            models.CheckConstraint(condition=Q(revenue__gte=0), name="customer_revenue"),
            models.CheckConstraint(condition=Q(credit_limit__gte=0), name="customer_credit_limit"),
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="customer_parent"),
        ]

    def __str__(self) -> str:
        return self.name


CustomerShare, CustomerGroupShare = share_models(Customer)


class CompanyRelation(Child):
    """What another customer is to this one: supplier, investor, partner."""

    other = models.ForeignKey(
        Customer, verbose_name=_("company"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("relation"), max_length=20)

    history = history_rows("sales_company_relation_history")

    class Meta(Child.Meta):
        indexes = [child_index("company_relation_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.other_id}"
