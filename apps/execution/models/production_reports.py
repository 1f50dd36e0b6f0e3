from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import Document


class ProductionReport(Document):
    """What an operation made: good, scrap with its reason, and the time it took.

    The report of the last operation puts the good quantity into stock. Posted as it is written;
    undone by reversal.
    """

    class Status(models.TextChoices):
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    TRANSITIONS = {Status.POSTED: {Status.REVERSED}, Status.REVERSED: set()}

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.POSTED, editable=False
    )
    work_order = CompanyForeignKey(
        "execution.WorkOrder", related_name="reports", verbose_name=_("work order")
    )
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation",
        related_name="reports",
        null=True,
        blank=True,
        verbose_name=_("operation"),
    )
    date = models.DateField(_("date"))
    reported_at = models.DateTimeField(_("reported at"))
    quantity_good = QuantityField(_("good"), default=0)
    quantity_scrap = QuantityField(_("scrap"), default=0)
    scrap_reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("scrap reason"),
    )
    labour_minutes = QuantityField(_("labour (min)"), default=0)
    machine_minutes = QuantityField(_("machine (min)"), default=0)
    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("employee")
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, blank=True, verbose_name=_("machine")
    )
    shift = CompanyForeignKey(
        "masterdata.Shift", related_name="+", null=True, blank=True, verbose_name=_("shift")
    )
    event = models.OneToOneField(
        "execution.MachineEvent",
        on_delete=models.PROTECT,
        related_name="report",
        null=True,
        editable=False,
        verbose_name=_("machine event"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("production report")
        verbose_name_plural = _("production reports")
        constraints = [
            *Document.Meta.constraints,
            *not_negative(
                "execution_productionreport",
                "quantity_good",
                "quantity_scrap",
                "labour_minutes",
                "machine_minutes",
            ),
            models.CheckConstraint(
                condition=Q(quantity_good__gt=0)
                | Q(quantity_scrap__gt=0)
                | Q(labour_minutes__gt=0)
                | Q(machine_minutes__gt=0),
                name="execution_productionreport_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(quantity_scrap=0) | Q(scrap_reason__isnull=False),
                name="execution_productionreport_scrap_has_reason",
            ),
            *company_references(
                "execution_productionreport",
                "work_order",
                "operation",
                "scrap_reason",
                "employee",
                "machine",
                "shift",
            ),
        ]
        indexes = [
            Index(fields=["company", "date", "id"], name="execution_report_date"),
            Index(
                fields=["operation", "status"],
                include=["quantity_good", "quantity_scrap"],
                name="execution_report_operation",
            ),
            Index(
                fields=["machine", "reported_at"],
                condition=Q(event__isnull=True),
                name="execution_report_by_hand",
            ),
        ]
        permissions = [("reverse_productionreport", "Can reverse production reports")]
