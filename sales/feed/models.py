"""Who follows which customer, where he has said so himself."""

from django.conf import settings
from django.db import models

from sales.customers.models import Customer


class Following(models.Model):
    """A person's own word on a customer: followed though another's, or not though his own."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    is_on = models.BooleanField(default=True)

    class Meta:
        db_table = "sales_following"
        constraints = [
            models.UniqueConstraint(fields=["user", "customer"], name="sales_following_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.customer_id}"
