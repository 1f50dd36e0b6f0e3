from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import not_negative
from apps.core.fields import MoneyField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class ApprovalLimit(CompanyBound, AuditedModel):
    """Up to which amount a person, or everybody in a role, may approve; in company currency.

    The highest limit of a person applies. As long as a company has no limit for a kind of
    document, everybody with the permission may approve, and bills and purchase
    orders need no approval.
    """

    class Document(models.TextChoices):
        BILL = "bill", _("Supplier bill")
        PAYMENT_RUN = "payment_run", _("Payment run")
        REQUISITION = "requisition", _("Requisition")
        PURCHASE_ORDER = "purchase_order", _("Purchase order")

    document = models.CharField(_("document"), max_length=14, choices=Document)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("person"),
    )
    role = models.ForeignKey(
        "auth.Group",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("role"),
    )
    amount = MoneyField(_("up to"), help_text=_("In company currency."))

    class Meta(CompanyBound.Meta):
        ordering = ("document", "amount")
        verbose_name = _("approval limit")
        verbose_name_plural = _("approval limits")
        constraints = [
            *CompanyBound.Meta.constraints,
            CheckConstraint(
                condition=Q(user__isnull=True, role__isnull=False)
                | Q(user__isnull=False, role__isnull=True),
                name="finance_approvallimit_person_or_role",
            ),
            UniqueConstraint(
                fields=["company", "document", "user", "role"],
                nulls_distinct=False,
                name="finance_approvallimit_once",
            ),
            *not_negative("finance_approvallimit", "amount"),
        ]

    def __str__(self) -> str:
        return f"{self.get_document_display()}, {self.user or self.role}: {self.amount}"
