"""Follow-ups: what was said and done with whom, on any record."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.records.children import Child, child_history, child_index
from crm.records.models import LIVING, Record, history_rows, record_indexes


class FollowUp(Record):
    """One contact: its kind, when it was, what was said, when the next one is due.

    `subject` names the record it hangs on (`customers/7`), `partner` the person it was with
    (`contacts/12`). The owner is its author.
    """

    subject = models.CharField(_("about"), max_length=60)
    partner = models.CharField(_("with"), max_length=60, blank=True)
    kind = models.CharField(pgettext_lazy("follow-up", "kind"), max_length=20, default="call")
    text = models.TextField(_("text"))
    happened_at = models.DateTimeField(_("time"), default=timezone.now)
    next_contact_at = models.DateTimeField(_("next contact"), null=True, blank=True)

    history = history_rows("crm_follow_up_history")

    class Meta(Record.Meta):
        app_label = "crm"
        db_table = "crm_follow_up"
        verbose_name = _("follow-up")
        indexes = [
            *record_indexes("follow_up", "happened_at"),
            models.Index(
                F("subject"), F("happened_at").desc(), F("id").desc(),
                name="follow_up_subject", condition=LIVING,
            ),
            models.Index(
                F("partner"), name="follow_up_partner",
                condition=LIVING & ~models.Q(partner=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.text[:40]


class Mention(Child):
    """A colleague who was named in a follow-up."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="+",
    )

    history = child_history("crm_mention_history")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_mention"
        indexes = [child_index("crm_mention_record")]

    def __str__(self) -> str:
        return f"@{self.person_id}"


class Phrase(models.Model):
    """A quick phrase for the composer: of one person, or of everybody."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    text = models.CharField(_("text"), max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "crm"
        db_table = "crm_phrase"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
