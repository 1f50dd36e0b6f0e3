"""What an order cost: each row is posted when it is written, and may be reversed once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField, QuantityField
from apps.core.models import Document


class PostedCost(Document):
    """Written and posted at once."""

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS: ClassVar = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    order = CompanyForeignKey(
        "maintenance.MaintenanceOrder",
        related_name="%(class)ss",
        verbose_name=_("maintenance order"),
    )
    date = models.DateField(_("date"))

    class Meta(Document.Meta):
        abstract = True


class PartsIssue(PostedCost):
    """Parts taken from stock for an order. Its lines are its stock moves."""

    class Meta(PostedCost.Meta):
        verbose_name = _("issue of parts")
        verbose_name_plural = _("issues of parts")
        constraints = [
            *Document.Meta.constraints,
            *company_references("maintenance_partsissue", "order"),
        ]
        permissions = [("reverse_partsissue", "Can reverse issues of parts")]


class MaintenanceLabour(PostedCost):
    """Time of one person on an order, at the rate of their work centre on that day."""

    employee = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("employee"))
    minutes = QuantityField(_("minutes"))
    hourly_rate = QuantityField(_("rate per hour"), editable=False)
    amount = MoneyField(_("amount"), editable=False)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(PostedCost.Meta):
        verbose_name = _("maintenance labour")
        verbose_name_plural = _("maintenance labour")
        constraints = [
            *Document.Meta.constraints,
            *positive("maintenance_maintenancelabour", "minutes", "hourly_rate", "amount"),
            *company_references("maintenance_maintenancelabour", "order", "employee"),
        ]
        permissions = [("reverse_maintenancelabour", "Can reverse maintenance labour")]


class MaintenanceCharge(PostedCost):
    """What somebody else asks for work on an order: it is the supplier's bill, posted.

    Where bills are approved it is a draft as long as its bill is one, and no cost yet. ``credited``
    is what the supplier's credit notes took back of ``amount``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Waiting for approval")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.POSTED, Status.CANCELLED},
        Status.POSTED: {Status.REVERSED},
        Status.REVERSED: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("supplier"))
    amount = MoneyField(_("amount without tax"))
    credited = MoneyField(_("credited of it"), default=0, editable=False)
    tax_code = CompanyForeignKey(
        "finance.TaxCode", related_name="+", null=True, blank=True, verbose_name=_("tax code")
    )
    reference = models.CharField(_("supplier's bill number"), max_length=60, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    invoice = CompanyForeignKey(
        "finance.Invoice", related_name="+", editable=False, verbose_name=_("bill")
    )

    class Meta(PostedCost.Meta):
        verbose_name = _("maintenance charge")
        verbose_name_plural = _("maintenance charges")
        constraints = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["invoice"], name="maintenance_maintenancecharge_invoice"
            ),
            *positive("maintenance_maintenancecharge", "amount"),
            *company_references(
                "maintenance_maintenancecharge", "order", "partner", "tax_code", "invoice"
            ),
        ]
        permissions = [("reverse_maintenancecharge", "Can reverse maintenance charges")]
