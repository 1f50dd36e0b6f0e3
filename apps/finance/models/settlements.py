"""What settles open items without money: discounts, netting, write-offs; and a company's limits."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound
from apps.finance.models.indexes import reversed_rows


class InvoiceInstalment(CompanyBound):
    """A part of a posted invoice that is due on a day of its own, in the invoice's currency.

    ``upto`` sums the parts so far, so what is paid fills the earliest part first. An invoice
    without instalments is due all at once.
    """

    invoice = CompanyForeignKey("finance.Invoice", related_name="instalments")
    due_date = models.DateField(_("due date"))
    amount = MoneyField(_("amount"))
    upto = MoneyField(_("sum of the parts so far"))

    class Meta(CompanyBound.Meta):
        ordering = ("invoice", "upto")
        verbose_name = _("instalment of an invoice")
        verbose_name_plural = _("instalments of invoices")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("finance_invoiceinstalment", "amount"),
            CheckConstraint(
                condition=Q(upto__gte=models.F("amount")), name="finance_invoiceinstalment_upto"
            ),
            UniqueConstraint(fields=["invoice", "upto"], name="finance_invoiceinstalment_place"),
            *company_references("finance_invoiceinstalment", "invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.due_date}: {self.amount}"


class Settlement(Document):
    """Open items settled without money moving: posted at once, reversible as a whole.

    A discount belongs to the ``payment`` with which it was taken and goes when that goes; so does
    a write-off that was made with one. Netting sets receivables of a partner off against its
    payables. A write-off gives up small remainders of invoices, or keeps that of a payment.
    """

    class Kind(models.TextChoices):
        DISCOUNT = "discount", _("Early-payment discount")
        NETTING = "netting", _("Netting")
        WRITE_OFF = "write_off", _("Write-off")

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    date = models.DateField(_("date"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    payment = CompanyForeignKey(
        "finance.Payment",
        related_name="settlements",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("payment"),
    )
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        constraints = [
            *Document.Meta.constraints,
            CheckConstraint(
                condition=Q(kind="write_off")
                | Q(kind="discount", payment__isnull=False)
                | Q(kind="netting", payment__isnull=True),
                name="finance_settlement_discount_of_payment",
            ),
            *company_references("finance_settlement", "partner", "payment", "entry"),
        ]
        indexes = [
            Index(fields=["payment"], name="finance_settlement_payment"),
            reversed_rows("finance_settlement"),
        ]
        permissions = [
            ("net_settlement", "Can net receivables with payables"),
            ("writeoff_settlement", "Can write off small remainders"),
            ("reverse_settlement", "Can reverse settlements"),
        ]


class SettlementLine(CompanyBound):
    """The part of an invoice or a bill that is settled, in its currency; above zero.

    ``amount_company`` is what leaves the control account: the part at the invoice's own rate.
    """

    settlement = CompanyForeignKey(Settlement, related_name="lines")
    invoice = CompanyForeignKey("finance.Invoice", related_name="+", verbose_name=_("invoice"))
    amount = MoneyField(_("amount"))
    amount_company = MoneyField(_("amount in company currency"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("settled invoice")
        verbose_name_plural = _("settled invoices")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["settlement", "invoice"], name="finance_settlementline_invoice_once"
            ),
            *positive("finance_settlementline", "amount"),
            *company_references("finance_settlementline", "settlement", "invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"


class FinancePolicy(CompanyBound, AuditedModel):
    """What a company allows from a day on; without a row the defaults hold.

    ``ageing_days`` are the last days of the buckets, ascending, with commas. Tolerances of the
    three-way match: a bill's price may exceed the order's by both ``price_tolerance`` percent and
    ``amount_tolerance`` per line in the bill's currency; empty is without a limit. More than came
    may be billed up to both ``quantity_tolerance`` percent of what came and
    ``quantity_amount_tolerance`` per line, at the order's price in the bill's currency; without
    either nothing more.
    """

    valid_from = models.DateField(_("valid from"))
    ageing_days = models.CharField(_("buckets of the ageing"), max_length=60, default="30,60,90")
    write_off_limit = MoneyField(
        _("write-off limit"),
        default=Decimal(5),
        help_text=_("Per document, in company currency."),
    )
    price_tolerance = models.DecimalField(
        _("price tolerance in percent"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    amount_tolerance = MoneyField(_("tolerance per line"), null=True, blank=True)
    quantity_tolerance = models.DecimalField(
        _("quantity tolerance in percent"),
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Of what came. Without a tolerance no more than came is billed."),
    )
    quantity_amount_tolerance = MoneyField(
        _("quantity tolerance per line"),
        null=True,
        blank=True,
        help_text=_("Worth at the order's price, in the bill's currency."),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("company", "-valid_from")
        verbose_name = _("finance policy")
        verbose_name_plural = _("finance policies")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "valid_from"], name="finance_financepolicy_once"),
            *not_negative(
                "finance_financepolicy",
                "write_off_limit",
                "price_tolerance",
                "amount_tolerance",
                "quantity_tolerance",
                "quantity_amount_tolerance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} {self.valid_from}"
