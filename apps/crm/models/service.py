from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document, MasterData


class WarrantyTerm(MasterData):
    """How many months from shipment goods are under warranty: of an item, a category, or all."""

    months = models.PositiveSmallIntegerField(_("months"))
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    category = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("item category"),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("warranty term")
        verbose_name_plural = _("warranty terms")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(category__isnull=True),
                name="crm_warrantyterm_one_item",
            ),
            models.UniqueConstraint(
                fields=["company", "item", "category"],
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="crm_warrantyterm_of",
            ),
            *company_references("crm_warrantyterm", "item", "category"),
        ]


class ServiceCase(Document):
    """A customer's question or trouble, until it is solved. Warranty is read from the shipment."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WAITING = "waiting", _("Waiting for the customer")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        NORMAL = "normal", _("Normal")
        HIGH = "high", _("High")

    TRANSITIONS = {
        Status.OPEN: {Status.WAITING, Status.SOLVED},
        Status.WAITING: {Status.OPEN, Status.SOLVED},
        Status.SOLVED: {Status.CLOSED, Status.OPEN},
        Status.CLOSED: {Status.OPEN},
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    contact = CompanyForeignKey(
        "crm.Contact", related_name="+", null=True, blank=True, verbose_name=_("contact")
    )
    item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, blank=True, verbose_name=_("item")
    )
    lot = CompanyForeignKey(
        "inventory.Lot",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lot or serial number"),
    )
    order = CompanyForeignKey(
        "crm.SalesOrder", related_name="+", null=True, blank=True, verbose_name=_("sales order")
    )
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    priority = models.CharField(
        _("priority"), max_length=6, choices=Priority, default=Priority.NORMAL
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("owner"),
    )
    shipped_on = models.DateField(_("shipped on"), null=True, editable=False)
    warranty_until = models.DateField(_("warranty until"), null=True, editable=False)
    is_in_warranty = models.BooleanField(_("in warranty"), null=True, editable=False)
    solution = models.TextField(_("solution"), blank=True, editable=False)
    solved_at = models.DateTimeField(_("solved at"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("service case")
        verbose_name_plural = _("service cases")
        constraints = [
            *Document.Meta.constraints,
            *company_references("crm_servicecase", "partner", "contact", "item", "lot", "order"),
        ]
        indexes = [Index(fields=["company", "status"], name="crm_servicecase_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"


class Complaint(Document):
    """Goods that were not as promised. Once accepted, they may be returned and credited."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        CLOSED = "closed", _("Closed")

    class Severity(models.TextChoices):
        MINOR = "minor", _("Minor")
        MAJOR = "major", _("Major")
        CRITICAL = "critical", _("Critical")

    TRANSITIONS = {
        Status.OPEN: {Status.ACCEPTED, Status.REJECTED},
        Status.ACCEPTED: {Status.CLOSED},
        Status.REJECTED: {Status.CLOSED, Status.OPEN},
        Status.CLOSED: {Status.OPEN},
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.OPEN, editable=False
    )
    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("customer"))
    service_case = CompanyForeignKey(
        ServiceCase,
        related_name="complaints",
        null=True,
        blank=True,
        verbose_name=_("service case"),
    )
    order_line = CompanyForeignKey(
        "crm.SalesOrderLine", related_name="+", null=True, blank=True, verbose_name=_("order line")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    lot = CompanyForeignKey(
        "inventory.Lot",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lot or serial number"),
    )
    quantity = QuantityField(_("quantity"))
    complained_on = models.DateField(_("complained on"))
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    severity = models.CharField(
        _("severity"), max_length=8, choices=Severity, default=Severity.MINOR
    )
    description = models.TextField(_("what is wrong"))
    answer = models.TextField(_("answer to the customer"), blank=True, editable=False)
    nonconformance = CompanyForeignKey(
        "quality.Nonconformance",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("nonconformance"),
    )

    class Meta(Document.Meta):
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            *Document.Meta.constraints,
            *positive("crm_complaint", "quantity"),
            *company_references(
                "crm_complaint",
                "partner",
                "service_case",
                "order_line",
                "item",
                "lot",
                "nonconformance",
            ),
        ]
        indexes = [Index(fields=["company", "status"], name="crm_complaint_status")]
        permissions = [("decide_complaint", "Can accept and reject complaints")]
