from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.finance.models.indexes import reversed_rows
from apps.finance.models.taxes import TaxCode


class Invoice(Document):
    """A customer invoice, a supplier bill or a credit note of either: an open item.

    A credit note takes revenue and tax back and is owed to the customer until it is allocated; a
    supplier's takes cost and tax back and is owed to us.

    Its legal number is that of its journal entry, given when it is posted. What is still open is
    read from the allocations of payments, never stored.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer invoice")
        SUPPLIER = "supplier", _("Supplier bill")
        CREDIT_NOTE = "credit_note", _("Credit note")
        BILL_CREDIT = "bill_credit", _("Supplier's credit note")

    #: What takes another document back, each with what that is.
    CREDITS = {Kind.CREDIT_NOTE: Kind.CUSTOMER, Kind.BILL_CREDIT: Kind.SUPPLIER}
    #: What suppliers write: theirs is the number in ``reference``, cost and tax are deductible.
    PURCHASES = (Kind.SUPPLIER, Kind.BILL_CREDIT)

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
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    date = models.DateField(_("date"))
    due_date = models.DateField(_("due date"))
    payment_terms = CompanyForeignKey(
        "masterdata.PaymentTerms",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("payment terms"),
    )
    discount_percent = models.DecimalField(
        _("early-payment discount in percent"),
        max_digits=5,
        decimal_places=3,
        default=0,
        editable=False,
    )
    discount_until = models.DateField(_("discount until"), null=True, editable=False)
    reference = models.CharField(_("partner's reference"), max_length=60, blank=True)
    credits = CompanyForeignKey(
        "self", related_name="credit_notes", null=True, blank=True, verbose_name=_("credits")
    )
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    exchange_rate = QuantityField(
        _("exchange rate"), max_digits=20, decimal_places=8, default=1, editable=False
    )
    dispute = models.CharField(
        _("disputed because"), max_length=200, blank=True, default="", editable=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("approved by"),
    )
    total = MoneyField(_("total"), default=0, editable=False)
    total_company = MoneyField(_("total in company currency"), default=0, editable=False)
    entry = CompanyForeignKey(
        "finance.JournalEntry", related_name="+", null=True, editable=False, verbose_name=_("entry")
    )

    class Meta(Document.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["partner", "kind", "reference"],
                condition=models.Q(kind__in=["supplier", "bill_credit"], status="posted")
                & ~models.Q(reference=""),
                name="finance_invoice_bill_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["credit_note", "bill_credit"])
                | models.Q(credits__isnull=True),
                name="finance_invoice_credit_note_credits",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("created_by")),
                name="finance_invoice_maker_is_not_approver",
            ),
            *positive("finance_invoice", "exchange_rate"),
            *company_references("finance_invoice", "partner", "entry", "credits", "payment_terms"),
        ]
        indexes = [
            Index(fields=["kind", "status", "due_date"], name="finance_invoice_due"),
            reversed_rows("finance_invoice"),
        ]
        permissions = [
            ("post_invoice", "Can post invoices"),
            ("reverse_invoice", "Can reverse invoices"),
            ("credit_invoice", "Can credit invoices"),
            ("approve_invoice", "Can approve supplier bills"),
            ("dispute_invoice", "Can mark invoices as disputed"),
        ]


class InvoiceLine(CompanyBound):
    """``source`` is what the line bills (an order's or a receipt's line) or credits (its line).

    With ``credits_price`` it takes back part of the price of units that stay billed.
    """

    invoice = CompanyForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    quantity = QuantityField(_("quantity"), default=1)
    unit_price = QuantityField(_("unit price"))
    amount = MoneyField(_("net amount"), editable=False)
    tax_code = CompanyForeignKey(
        TaxCode, related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    tax_amount = MoneyField(_("tax"), default=0, editable=False)
    price_includes_tax = models.BooleanField(_("price includes tax"), default=False)
    withholding = CompanyForeignKey(
        TaxCode, related_name="+", null=True, blank=True, verbose_name=_("withheld")
    )
    withheld_amount = MoneyField(_("withheld amount"), default=0, editable=False)
    account = CompanyForeignKey(
        "finance.Account", related_name="+", null=True, blank=True, verbose_name=_("account")
    )
    cost_object = CompanyForeignKey("finance.CostObject", related_name="+", null=True, blank=True)
    credits_price = models.BooleanField(_("credits the price"), default=False, editable=False)
    source_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    source_id = models.BigIntegerField(null=True, editable=False)
    source = GenericForeignKey("source_type", "source_id")

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("finance_invoiceline", "quantity"),
            *company_references(
                "finance_invoiceline",
                "invoice",
                "item",
                "tax_code",
                "withholding",
                "account",
                "cost_object",
            ),
        ]
        indexes = [Index(fields=["source_type", "source_id"], name="finance_invoiceline_source")]

    def __str__(self) -> str:
        return f"{self.description or self.item} {self.amount}"
