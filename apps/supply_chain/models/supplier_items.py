from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound
from apps.masterdata.models.calendars import ALL_WEEKDAYS, WORKING_WEEKDAYS


def _percents(prefix: str) -> list[models.CheckConstraint]:
    """Nothing comes three times over by a slip of the keyboard, and all may not be missing."""
    return [
        models.CheckConstraint(
            condition=Q(over_receipt_percent__gte=0, over_receipt_percent__lte=100),
            name=f"{prefix}_over",
        ),
        models.CheckConstraint(
            condition=Q(under_receipt_percent__gte=0, under_receipt_percent__lt=100),
            name=f"{prefix}_under",
        ),
    ]


class SupplierItem(CompanyBound, AuditedModel):
    """How one supplier sells us one item, from when to when: his code, unit, lots, lead time.

    ``minimum_quantity``, ``order_multiple`` and the price breaks are in ``unit``. The lead time
    counts the supplier's working days (``SupplierCalendar``).
    """

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    supplier_code = models.CharField(_("supplier's item code"), max_length=60, blank=True)
    unit = CompanyForeignKey("masterdata.Unit", related_name="+", verbose_name=_("order unit"))
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    minimum_quantity = QuantityField(_("minimum order"), default=0)
    order_multiple = QuantityField(
        _("order multiple"), default=0, help_text=_("0: any quantity may be ordered.")
    )
    lead_time_days = models.PositiveIntegerField(
        _("lead time (days)"),
        null=True,
        blank=True,
        help_text=_("In working days of the supplier. Empty: that of the item."),
    )
    over_receipt_percent = models.DecimalField(
        _("may come above (%)"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("Empty: what the company allows."),
    )
    under_receipt_percent = models.DecimalField(
        _("may be short by (%)"),
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("A line that is short by no more is closed. Empty: what the company allows."),
    )
    is_preferred = models.BooleanField(_("preferred"), default=False)
    is_subcontracted = models.BooleanField(
        _("made from our material"),
        default=False,
        help_text=_("We send what its bill of materials names; the price is for the work."),
    )
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("item", "partner", "valid_from")
        verbose_name = _("supplier item")
        verbose_name_plural = _("supplier items")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["item", "partner", "valid_from"], name="supply_chain_supplieritem_once"
            ),
            *not_negative("supply_chain_supplieritem", "minimum_quantity", "order_multiple"),
            *_percents("supply_chain_supplieritem"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="supply_chain_supplieritem_dates",
            ),
            *company_references("supply_chain_supplieritem", "item", "partner", "unit"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} · {self.partner.code}"


class SupplierPrice(CompanyBound, AuditedModel):
    """A supplier's net price per unit of the supplier item, from a quantity on."""

    supplier_item = CompanyForeignKey(
        SupplierItem, related_name="prices", verbose_name=_("supplier item")
    )
    from_quantity = QuantityField(_("from quantity"), default=0)
    unit_price = QuantityField(_("unit price"))

    class Meta(CompanyBound.Meta):
        ordering = ("supplier_item", "from_quantity")
        verbose_name = _("price break")
        verbose_name_plural = _("price breaks")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["supplier_item", "from_quantity"], name="supply_chain_supplierprice_once"
            ),
            *not_negative("supply_chain_supplierprice", "from_quantity", "unit_price"),
            *company_references("supply_chain_supplierprice", "supplier_item"),
        ]

    def __str__(self) -> str:
        return f"{Decimal(self.from_quantity).normalize():f}: {self.unit_price.normalize():f}"


class SupplierCalendar(CompanyBound, AuditedModel):
    """The weekdays a supplier works on; ``weekdays`` is a bit mask, Monday the lowest bit.

    Without one every day counts.
    """

    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    weekdays = models.PositiveSmallIntegerField(
        _("weekdays"),
        default=WORKING_WEEKDAYS,
        help_text=_("Sum of: Monday 1, Tuesday 2, Wednesday 4, Thursday 8, Friday 16, …"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("partner",)
        verbose_name = _("supplier calendar")
        verbose_name_plural = _("supplier calendars")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["partner"], name="supply_chain_suppliercalendar_partner"),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=ALL_WEEKDAYS),
                name="supply_chain_suppliercalendar_weekdays",
            ),
            *company_references("supply_chain_suppliercalendar", "partner"),
        ]

    def __str__(self) -> str:
        return str(self.partner)


class SupplierClosure(CompanyBound, AuditedModel):
    """Days on which a supplier does not work: holidays, inventory, the summer break."""

    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", db_index=False, verbose_name=_("supplier")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    name = models.CharField(_("name"), max_length=100)

    class Meta(CompanyBound.Meta):
        ordering = ("first_day", "id")
        verbose_name = _("supplier closure")
        verbose_name_plural = _("supplier closures")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="supply_chain_supplierclosure_days"
            ),
            *company_references("supply_chain_supplierclosure", "partner"),
        ]
        indexes = [
            Index(fields=["partner", "first_day"], name="supply_chain_closure_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day} {self.name}"


class PurchasingPolicy(CompanyBound, AuditedModel):
    """What a company allows at its goods-in desk, where a supplier item says nothing else."""

    over_receipt_percent = models.DecimalField(
        _("may come above (%)"), max_digits=7, decimal_places=4, default=0
    )
    under_receipt_percent = models.DecimalField(
        _("may be short by (%)"),
        max_digits=7,
        decimal_places=4,
        default=0,
        help_text=_("A line that is short by no more is closed."),
    )
    cross_docks = models.BooleanField(
        _("cross-docking"),
        default=False,
        help_text=_("What waiting orders need is set aside for them as it comes in."),
    )

    class Meta(CompanyBound.Meta):
        verbose_name = _("purchasing policy")
        verbose_name_plural = _("purchasing policies")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company"], name="supply_chain_purchasingpolicy_company"),
            *_percents("supply_chain_purchasingpolicy"),
        ]

    def __str__(self) -> str:
        return str(self.company)
