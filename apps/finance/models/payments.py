from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.finance.models.indexes import reversed_rows


class Payment(Document):
    """Money received from a customer or paid to a supplier, allocated to open invoices."""

    class Direction(models.TextChoices):
        IN = "in", _("Received")
        OUT = "out", _("Paid")

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("bank or cash account")
    )
    date = models.DateField(_("date"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    exchange_rate = QuantityField(
        _("exchange rate"), max_digits=20, decimal_places=8, default=1, editable=False
    )
    amount = MoneyField(_("amount"))
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            *Document.Meta.constraints,
            *positive("finance_payment", "amount", "exchange_rate"),
            *company_references("finance_payment", "partner", "account", "entry"),
        ]
        indexes = [reversed_rows("finance_payment")]
        permissions = [("reverse_payment", "Can reverse payments")]


class CreditAllocation(CompanyBound):
    """The part of a credit note that settles an invoice, in their currency.

    In company currency ``amount_company`` leaves the invoice, ``credit_company`` the credit note:
    each at its own rate.
    """

    credit_note = CompanyForeignKey("finance.Invoice", related_name="credit_allocations")
    invoice = CompanyForeignKey("finance.Invoice", related_name="credited_allocations")
    amount = MoneyField(_("amount"))
    amount_company = MoneyField(_("amount in company currency"))
    credit_company = MoneyField(_("credit in company currency"))
    date = models.DateField(_("date"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("allocation of a credit note")
        verbose_name_plural = _("allocations of credit notes")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("finance_creditallocation", "amount"),
            *company_references("finance_creditallocation", "credit_note", "invoice"),
        ]
        indexes = [models.Index(fields=["credit_note"], name="finance_creditallocation_note")]

    def __str__(self) -> str:
        return f"{self.credit_note} → {self.invoice}: {self.amount}"


class PaymentAllocation(CompanyBound):
    """The part of a payment that settles an invoice, in the invoice's currency.

    ``amount_company`` is what leaves the control account: the part at the invoice's own rate.
    ``date`` is the payment's, or a later day on which money on account found its invoice. One that
    is taken back has a negative mirror from that day on. Instead of an invoice it names the
    ``settlement`` by which a small rest of the payment was written off.
    """

    payment = CompanyForeignKey(Payment, on_delete=models.CASCADE, related_name="allocations")
    invoice = CompanyForeignKey("finance.Invoice", related_name="allocations", null=True)
    settlement = CompanyForeignKey(
        "finance.Settlement",
        related_name="allocations",
        null=True,
        editable=False,
        verbose_name=_("settlement"),
    )
    amount = MoneyField(_("amount"))
    amount_company = MoneyField(_("amount in company currency"))
    date = models.DateField(_("date"))
    reverses = CompanyForeignKey(
        "self", related_name="reversals", null=True, editable=False, verbose_name=_("reverses")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, reverses__isnull=True)
                | models.Q(amount__lt=0, reverses__isnull=False),
                name="finance_paymentallocation_sign",
            ),
            models.UniqueConstraint(
                fields=["reverses"], name="finance_paymentallocation_reversed_once"
            ),
            models.CheckConstraint(
                condition=models.Q(invoice__isnull=False, settlement__isnull=True)
                | models.Q(invoice__isnull=True, settlement__isnull=False),
                name="finance_paymentallocation_invoice_or_settlement",
            ),
            *company_references(
                "finance_paymentallocation", "payment", "invoice", "settlement", "reverses"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice or self.settlement}: {self.amount}"
