from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class JournalVoucher(Document):
    """An entry written by hand: draft, then posted, then perhaps reversed."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.POSTED, Status.CANCELLED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    journal = CompanyForeignKey("finance.Journal", related_name="+", verbose_name=_("journal"))
    date = models.DateField(_("date"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    is_closing = models.BooleanField(_("year-end closing"), default=False, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("journal voucher")
        verbose_name_plural = _("journal vouchers")
        constraints = [
            *Document.Meta.constraints,
            *company_references("finance_journalvoucher", "journal"),
        ]
        permissions = [
            ("post_journalvoucher", "Can post journal vouchers"),
            ("reverse_journalvoucher", "Can reverse journal vouchers"),
        ]


class JournalVoucherLine(CompanyBound):
    voucher = CompanyForeignKey(JournalVoucher, on_delete=models.CASCADE, related_name="lines")
    account = CompanyForeignKey("finance.Account", related_name="+", verbose_name=_("account"))
    debit = MoneyField(_("debit"), default=0)
    credit = MoneyField(_("credit"), default=0)
    memo = models.CharField(_("memo"), max_length=200, blank=True)
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("partner")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("voucher line")
        verbose_name_plural = _("voucher lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(debit__gte=0, credit__gte=0) & (Q(debit=0) | Q(credit=0)),
                name="finance_journalvoucherline_one_side",
            ),
            *company_references(
                "finance_journalvoucherline", "voucher", "account", "partner", "cost_object"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.debit - self.credit}"
