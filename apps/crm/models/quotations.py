from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class Quotation(Document):
    """One version of an offer. A change after it was sent is a new version; the old one stays.

    ``base_number`` names the offer, ``number`` this version of it. ``made_by`` is who last
    changed lines or terms: a discount above their limit is approved by another person.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        SENT = "sent", _("Sent")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        EXPIRED = "expired", _("Expired")
        REPLACED = "replaced", _("Replaced by a newer version")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.SENT, Status.DRAFT, Status.CANCELLED},
        Status.SENT: {Status.WON, Status.LOST, Status.EXPIRED, Status.REPLACED},
        Status.WON: set(),
        Status.LOST: {Status.REPLACED},
        Status.EXPIRED: {Status.REPLACED},
        Status.REPLACED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    base_number = models.CharField(_("offer"), max_length=40, editable=False)
    revision = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    replaces = CompanyForeignKey(
        "self", related_name="replaced_by", null=True, editable=False, verbose_name=_("replaces")
    )
    opportunity = CompanyForeignKey(
        "crm.Opportunity",
        related_name="quotations",
        null=True,
        blank=True,
        verbose_name=_("opportunity"),
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    contact = CompanyForeignKey(
        "crm.Contact", related_name="+", null=True, blank=True, verbose_name=_("contact")
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("ships from"))
    quotation_date = models.DateField(_("date"))
    valid_until = models.DateField(_("valid until"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    note = models.TextField(_("note to the customer"), blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    discount_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("discount approved by"),
    )
    sent_on = models.DateField(_("sent on"), null=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, editable=False)
    outcome_reason = CompanyForeignKey(
        "crm.OutcomeReason", related_name="+", null=True, editable=False, verbose_name=_("reason")
    )

    class Meta(Document.Meta):
        verbose_name = _("quotation")
        verbose_name_plural = _("quotations")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["company", "base_number", "revision"], name="crm_quotation_version"
            ),
            models.CheckConstraint(
                condition=Q(discount_approved_by__isnull=True)
                | ~Q(discount_approved_by=F("made_by")),
                name="crm_quotation_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("quotation_date")), name="crm_quotation_validity"
            ),
            *positive("crm_quotation", "revision"),
            *company_references(
                "crm_quotation",
                "replaces",
                "opportunity",
                "partner",
                "contact",
                "site",
                "outcome_reason",
            ),
        ]
        indexes = [Index(fields=["company", "status", "valid_until"], name="crm_quotation_valid")]
        permissions = [
            ("approve_quotation", "Can approve and send quotations"),
            ("approve_discount", "Can approve discounts above a seller's limit"),
            ("close_quotation", "Can win and lose quotations"),
        ]


class QuotationLine(CompanyBound):
    """What is offered. ``unit_price`` = ``list_price`` less ``discount_percent``, per ``unit``.

    ``unit_cost`` (company currency, per stock unit) is the sum of the line's cost sheet.
    """

    class PriceSource(models.TextChoices):
        COST = "cost", _("Cost and margin")
        PRICE_LIST = "price_list", _("Price list")
        ITEM = "item", _("Item's price")
        MANUAL = "manual", _("Given")

    quotation = CompanyForeignKey(Quotation, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(_("position"), default=10)
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    description = models.CharField(_("description"), max_length=200, blank=True)
    quantity = QuantityField(_("quantity"))
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("unit"))
    stock_quantity = QuantityField(_("quantity in stock units"), editable=False)
    margin_percent = models.DecimalField(
        _("margin on price (%)"), max_digits=7, decimal_places=4, null=True, blank=True
    )
    price_step = QuantityField(_("rounded up to"), null=True, blank=True)
    unit_cost = QuantityField(_("unit cost"), null=True, editable=False)
    list_price = QuantityField(_("price before discount"))
    discount_percent = models.DecimalField(
        _("discount (%)"), max_digits=7, decimal_places=4, default=0
    )
    unit_price = QuantityField(_("unit price"))
    price_source = models.CharField(
        _("price from"), max_length=10, choices=PriceSource, editable=False
    )
    price_rule = CompanyForeignKey(
        "crm.PriceRule", related_name="+", null=True, editable=False, verbose_name=_("price rule")
    )
    tax_code = CompanyForeignKey(
        "finance.TaxCode", related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    promise_date = models.DateField(_("promised for"), null=True, editable=False)
    promise_reason = models.CharField(_("why then"), max_length=300, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("quotation", "position", "id")
        verbose_name = _("quotation line")
        verbose_name_plural = _("quotation lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["quotation", "position"], name="crm_quotationline_position"),
            *positive("crm_quotationline", "quantity", "stock_quantity", "price_step"),
            *not_negative("crm_quotationline", "list_price", "unit_price", "unit_cost"),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0, discount_percent__lte=100),
                name="crm_quotationline_discount",
            ),
            models.CheckConstraint(
                condition=Q(margin_percent__isnull=True)
                | Q(margin_percent__gte=0, margin_percent__lt=100),
                name="crm_quotationline_margin",
            ),
            *company_references(
                "crm_quotationline", "quotation", "item", "unit", "price_rule", "tax_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.item.code}"


class QuotationBreak(CompanyBound):
    """Another quantity of the line, at its own cost and price. In the line's unit."""

    line = CompanyForeignKey(QuotationLine, on_delete=models.CASCADE, related_name="breaks")
    min_quantity = QuantityField(_("from quantity"))
    unit_cost = QuantityField(_("unit cost"), null=True)
    unit_price = QuantityField(_("unit price"))

    class Meta(CompanyBound.Meta):
        ordering = ("line", "min_quantity")
        verbose_name = _("quantity break")
        verbose_name_plural = _("quantity breaks")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["line", "min_quantity"], name="crm_quotationbreak_quantity"),
            *positive("crm_quotationbreak", "min_quantity"),
            *not_negative("crm_quotationbreak", "unit_price", "unit_cost"),
            *company_references("crm_quotationbreak", "line"),
        ]

    def __str__(self) -> str:
        return f"{self.min_quantity.normalize():f}: {self.unit_price.normalize():f}"


class CostSheet(CompanyBound):
    """A row of a line's cost build-up: ``quantity`` × ``unit_cost`` in one stock unit of the item.

    Quantities are stock units of a material, hours of labour or machine time. Company currency.
    """

    class Element(models.TextChoices):
        MATERIAL = "material", _("Material")
        LABOUR = "labour", _("Labour")
        MACHINE = "machine", _("Machine")
        OTHER = "other", _("Other")

    line = CompanyForeignKey(QuotationLine, on_delete=models.CASCADE, related_name="cost_sheet")
    position = models.PositiveIntegerField(_("position"), default=10)
    element = models.CharField(_("element"), max_length=8, choices=Element)
    description = models.CharField(_("description"), max_length=200)
    quantity = QuantityField(_("quantity"))
    unit_cost = QuantityField(_("unit cost"))
    amount = QuantityField(_("cost per unit"))

    class Meta(CompanyBound.Meta):
        ordering = ("line", "position", "id")
        verbose_name = _("cost sheet row")
        verbose_name_plural = _("cost sheet")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["line", "position"], name="crm_costsheet_position"),
            *not_negative("crm_costsheet", "quantity", "unit_cost", "amount"),
            *company_references("crm_costsheet", "line"),
        ]

    def __str__(self) -> str:
        return f"{self.description}: {self.amount}"
