from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound


class RecurringInvoice(MasterData):
    """An invoice or a bill that comes again: each period one draft, dated its first day.

    The days are counted from ``starts_on``, so one of the 31st is always at the end of the month.
    ``periods_done`` tells which is next. Drafts are made in the name of ``owner``.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer invoice")
        SUPPLIER = "supplier", _("Supplier bill")

    class Unit(models.TextChoices):
        WEEK = "week", _("Weeks")
        MONTH = "month", _("Months")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.CUSTOMER)
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    currency = models.ForeignKey(
        "core.Currency",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("currency"),
        help_text=_("Empty: the partner's."),
    )
    payment_terms = CompanyForeignKey(
        "masterdata.PaymentTerms",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("payment terms"),
        help_text=_("Empty: the partner's."),
    )
    reference = models.CharField(_("reference"), max_length=40, blank=True)
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    unit = models.CharField(_("unit"), max_length=5, choices=Unit, default=Unit.MONTH)
    starts_on = models.DateField(_("first on"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    periods_done = models.PositiveIntegerField(_("periods done"), default=0, editable=False)
    next_on = models.DateField(_("next on"), null=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("owner"),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("recurring invoice")
        verbose_name_plural = _("recurring invoices")
        constraints = [
            *MasterData.Meta.constraints,
            *positive("finance_recurringinvoice", "every"),
            CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="finance_recurringinvoice_ends_after_start",
            ),
            *company_references("finance_recurringinvoice", "partner", "payment_terms"),
        ]


class RecurringInvoiceLine(CompanyBound):
    """What each invoice bills."""

    schedule = CompanyForeignKey(RecurringInvoice, on_delete=models.CASCADE, related_name="lines")
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    quantity = QuantityField(_("quantity"), default=1)
    unit_price = QuantityField(_("unit price"))
    tax_code = CompanyForeignKey(
        "finance.TaxCode", related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    account = CompanyForeignKey(
        "finance.Account", related_name="+", null=True, blank=True, verbose_name=_("account")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("line of a recurring invoice")
        verbose_name_plural = _("lines of recurring invoices")
        constraints = [
            *CompanyBound.Meta.constraints,
            *positive("finance_recurringinvoiceline", "quantity"),
            *company_references(
                "finance_recurringinvoiceline",
                "schedule",
                "item",
                "tax_code",
                "account",
                "cost_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description or self.item} {self.unit_price}"


class RecurringPeriod(CompanyBound):
    """A period that has its draft: once each, whatever becomes of the draft."""

    schedule = CompanyForeignKey(
        RecurringInvoice, related_name="periods", verbose_name=_("recurring invoice")
    )
    date = models.DateField(_("date"))
    invoice = CompanyForeignKey(
        "finance.Invoice", on_delete=models.SET_NULL, related_name="+", null=True,
        verbose_name=_("invoice"),
    )  # fmt: skip

    class Meta(CompanyBound.Meta):
        ordering = ("schedule", "-date")
        verbose_name = _("period of a recurring invoice")
        verbose_name_plural = _("periods of recurring invoices")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["schedule", "date"], name="finance_recurringperiod_once"),
            *company_references("finance_recurringperiod", "schedule", "invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.date}"
