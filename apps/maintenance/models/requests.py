from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class Priority(models.TextChoices):
    URGENT = "urgent", _("Urgent")
    HIGH = "high", _("High")
    NORMAL = "normal", _("Normal")
    LOW = "low", _("Low")


class MaintenanceRequest(Document):
    """Somebody noticed something. Approved, it becomes an order, which shows the same files."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        CONVERTED = "converted", _("Ordered")

    TRANSITIONS = {
        Status.NEW: {Status.APPROVED, Status.REJECTED},
        Status.APPROVED: {Status.CONVERTED, Status.REJECTED},
        Status.REJECTED: {Status.NEW},
        Status.CONVERTED: {Status.APPROVED},  # its order was cancelled
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.NEW, editable=False
    )
    asset = CompanyForeignKey("maintenance.Asset", related_name="requests", verbose_name=_("asset"))
    site = CompanyForeignKey("core.Site", related_name="+", editable=False, verbose_name=_("site"))
    title = models.CharField(_("what is wrong"), max_length=160)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority, default=Priority.NORMAL
    )
    is_down = models.BooleanField(_("stands still"), default=False)
    noticed_at = models.DateTimeField(_("noticed at"))
    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("reported by")
    )

    class Meta(Document.Meta):
        verbose_name = _("maintenance request")
        verbose_name_plural = _("maintenance requests")
        constraints = [
            *Document.Meta.constraints,
            *company_references("maintenance_maintenancerequest", "asset", "site", "employee"),
        ]
        permissions = [
            ("approve_maintenancerequest", "Can approve and reject maintenance requests")
        ]
