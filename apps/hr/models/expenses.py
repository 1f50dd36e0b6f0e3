from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class ExpenseClaim(Document):
    """What an employee paid for the company, in the company's currency, until he has it back."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        APPROVED = "approved", _("Approved")
        POSTED = "posted", _("Posted")
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.CANCELLED},
        Status.SUBMITTED: {Status.DRAFT, Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.DRAFT, Status.POSTED},
        Status.POSTED: {Status.PAID, Status.REVERSED},
        Status.PAID: set(),
        Status.CANCELLED: set(),
        Status.REVERSED: set(),
    }

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False
    )
    employee = CompanyForeignKey(
        "hr.Employee", related_name="expense_claims", verbose_name=_("employee")
    )
    date = models.DateField(_("date"))
    purpose = models.CharField(_("purpose"), max_length=200)
    total = MoneyField(_("total"), default=0, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("expense claim")
        verbose_name_plural = _("expense claims")
        constraints = [
            *Document.Meta.constraints,
            *company_references("hr_expenseclaim", "employee"),
        ]
        permissions = [
            ("approve_expenseclaim", "Can approve expense claims"),
            ("post_expenseclaim", "Can post, pay and reverse expense claims"),
        ]


class ExpenseLine(CompanyBound):
    """One expense. Without a cost object the employee's department bears it."""

    claim = CompanyForeignKey(ExpenseClaim, on_delete=models.CASCADE, related_name="lines")
    date = models.DateField(_("date"))
    description = models.CharField(_("description"), max_length=200)
    amount = MoneyField(_("amount"))
    account = CompanyForeignKey(
        "finance.Account", related_name="+", null=True, blank=True, verbose_name=_("account")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cost object"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("date", "id")
        verbose_name = _("expense")
        verbose_name_plural = _("expenses")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("hr_expenseline", "amount"),
            *company_references("hr_expenseline", "claim", "account", "cost_object"),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.amount:f}"
