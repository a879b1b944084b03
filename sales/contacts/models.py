"""Contacts: the people of a company, with their part in a decision."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.sharing import share_models
from crm.records.children import Child, child_index
from crm.records.models import Record, history_rows, record_indexes
from sales.customers.models import Customer


class Contact(Record):
    """A person at a customer; earlier and further companies stand in `employments`."""

    name = models.CharField(pgettext_lazy("person", "name"), max_length=100)
    sort_name = models.CharField(max_length=200, blank=True, editable=False)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    job = models.CharField(_("job"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    part = models.CharField(_("part in decisions"), max_length=20, blank=True)
    reports_to = models.ForeignKey(
        "self", verbose_name=_("reports to"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    gender = models.CharField(_("gender"), max_length=10, blank=True)
    birthday = models.DateField(_("birthday"), null=True, blank=True)
    wechat = models.CharField(_("WeChat"), max_length=60, blank=True)
    preferences = models.TextField(_("preferences"), blank=True)
    remark = models.TextField(_("remark"), blank=True)
    last_follow_up_at = models.DateTimeField(_("last follow-up"), null=True, editable=False)
    next_contact_at = models.DateTimeField(_("next contact"), null=True, blank=True, editable=False)

    history = history_rows(
        "sales_contact_history", "sort_name", "last_follow_up_at", "next_contact_at"
    )

    class Meta(Record.Meta):
        verbose_name = _("contact")
        indexes = [
            *record_indexes("contact", "changed_at", "sort_name"),
            models.Index("number", name="contact_number"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reports_to=models.F("pk")), name="contact_reports_to"
            )
        ]

    def __str__(self) -> str:
        return self.name


ContactShare, ContactGroupShare = share_models(Contact)


class Employment(Child):
    """A company where the person works or worked besides the main one."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    job = models.CharField(_("job"), max_length=60, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    history = history_rows("sales_employment_history")

    class Meta(Child.Meta):
        indexes = [child_index("employment_record")]

    def __str__(self) -> str:
        return f"{self.job} {self.customer_id}"
