from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import Document
from apps.core.models.base import CompanyBound
from apps.maintenance.models.plans import TaskKind
from apps.maintenance.models.requests import Priority


class MaintenanceOrder(Document):
    """Work on one asset: who asked or which plan, what was found and done, how long it stood.

    Its cost is what its parts, labour and charges posted. ``due_total`` and ``done_total`` are
    totals of the plan's meter. ``stop_id`` names the machine's stop that opened it: whoever told
    us of the stop also tells of its end.
    """

    class Kind(models.TextChoices):
        PREVENTIVE = "preventive", _("Preventive")
        CORRECTIVE = "corrective", _("Corrective")
        BREAKDOWN = "breakdown", _("Breakdown")
        IMPROVEMENT = "improvement", _("Improvement")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RELEASED = "released", _("Released")
        IN_PROGRESS = "in_progress", _("In progress")
        WAITING_PARTS = "waiting_parts", _("Waiting for parts")
        DONE = "done", _("Done")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.PLANNED: {Status.RELEASED, Status.CANCELLED},
        Status.RELEASED: {Status.IN_PROGRESS, Status.CANCELLED},
        Status.IN_PROGRESS: {Status.WAITING_PARTS, Status.DONE, Status.CANCELLED},
        Status.WAITING_PARTS: {Status.IN_PROGRESS, Status.CANCELLED},
        Status.DONE: {Status.CLOSED, Status.IN_PROGRESS},
        Status.CLOSED: {Status.DONE},
        Status.CANCELLED: set(),
    }
    #: Not finished, so its plan orders nothing else.
    OPEN = (Status.PLANNED, Status.RELEASED, Status.IN_PROGRESS, Status.WAITING_PARTS)
    #: Cost may be posted.
    POSTABLE = (Status.RELEASED, Status.IN_PROGRESS, Status.WAITING_PARTS, Status.DONE)

    status = models.CharField(
        _("status"), max_length=14, choices=Status, default=Status.PLANNED, editable=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.CORRECTIVE)
    asset = CompanyForeignKey("maintenance.Asset", related_name="orders", verbose_name=_("asset"))
    site = CompanyForeignKey("core.Site", related_name="+", editable=False, verbose_name=_("site"))
    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(_("description"), max_length=4000, blank=True)
    priority = models.CharField(
        _("priority"), max_length=8, choices=Priority, default=Priority.NORMAL
    )
    request = CompanyForeignKey(
        "maintenance.MaintenanceRequest",
        related_name="orders",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("request"),
    )
    plan = CompanyForeignKey(
        "maintenance.MaintenancePlan",
        related_name="orders",
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("plan"),
    )
    employee = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("responsible")
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    due_total = LedgerAmountField(_("due at (meter)"), null=True, editable=False)
    planned_start = models.DateTimeField(_("planned start"), null=True, blank=True)
    planned_minutes = models.PositiveIntegerField(_("planned (min)"), default=60)
    is_capitalised = models.BooleanField(
        _("capitalised"),
        default=False,
        help_text=_("Adds to the asset's value instead of the cost of maintenance."),
    )
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)
    done_total = LedgerAmountField(_("done at (meter)"), null=True, editable=False)
    downtime_starts_at = models.DateTimeField(_("stood still from"), null=True, editable=False)
    downtime_ends_at = models.DateTimeField(_("stood still until"), null=True, editable=False)
    stop_id = models.BigIntegerField(_("stop of the machine"), null=True, editable=False)
    failure_mode = CompanyForeignKey(
        "maintenance.FailureCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("failure mode"),
    )
    failure_cause = CompanyForeignKey(
        "maintenance.FailureCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("cause"),
    )
    failure_remedy = CompanyForeignKey(
        "maintenance.FailureCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("remedy"),
    )
    work_done = models.TextField(_("work done"), max_length=4000, blank=True)

    class Meta(Document.Meta):
        verbose_name = _("maintenance order")
        verbose_name_plural = _("maintenance orders")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["plan"],
                condition=Q(status__in=["planned", "released", "in_progress", "waiting_parts"]),
                name="maintenance_maintenanceorder_one_open_per_plan",
            ),
            UniqueConstraint(fields=["stop_id"], name="maintenance_maintenanceorder_stop"),
            models.CheckConstraint(
                condition=Q(downtime_ends_at__isnull=True)
                | Q(downtime_ends_at__gte=F("downtime_starts_at")),
                name="maintenance_maintenanceorder_downtime",
            ),
            models.CheckConstraint(
                condition=Q(downtime_ends_at__isnull=True) | Q(downtime_starts_at__isnull=False),
                name="maintenance_maintenanceorder_downtime_begins",
            ),
            *positive("maintenance_maintenanceorder", "planned_minutes"),
            *company_references(
                "maintenance_maintenanceorder",
                "asset",
                "site",
                "request",
                "plan",
                "employee",
                "failure_mode",
                "failure_cause",
                "failure_remedy",
            ),
        ]
        indexes = [
            Index(fields=["asset", "status"], name="maintenance_order_asset"),
            Index(
                fields=["asset", "downtime_starts_at"],
                condition=Q(downtime_starts_at__isnull=False),
                name="maintenance_order_downtime",
            ),
        ]
        permissions = [
            ("release_maintenanceorder", "Can release maintenance orders"),
            ("work_maintenanceorder", "Can start, fill in and finish maintenance orders"),
            ("close_maintenanceorder", "Can close and reopen maintenance orders"),
            ("cancel_maintenanceorder", "Can cancel maintenance orders"),
        ]

    def shares_files_of(self) -> list[models.Model]:
        """Rows whose files and comments are shown with this one's."""
        return [self.request] if self.request_id and self.request else []


class OrderTask(CompanyBound):
    """One line of the order's list, copied from the plan, with what was found."""

    class Result(models.TextChoices):
        OPEN = "", _("Open")
        OK = "ok", _("In order")
        NOT_OK = "not_ok", _("Not in order")
        SKIPPED = "skipped", _("Does not apply")

    order = CompanyForeignKey(
        MaintenanceOrder, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("order")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=10)
    text = models.CharField(_("what to do"), max_length=300)
    kind = models.CharField(_("kind"), max_length=8, choices=TaskKind, default=TaskKind.CHECK)
    is_required = models.BooleanField(_("required"), default=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    lower_limit = QuantityField(_("lower limit"), null=True, blank=True)
    upper_limit = QuantityField(_("upper limit"), null=True, blank=True)
    result = models.CharField(
        _("result"), max_length=8, choices=Result, default=Result.OPEN, blank=True
    )
    value = QuantityField(_("value"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("answered by"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("position", "id")
        verbose_name = _("task of a maintenance order")
        verbose_name_plural = _("tasks of maintenance orders")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(result="") | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="maintenance_ordertask_answered",
            ),
            *company_references("maintenance_ordertask", "order"),
        ]

    def __str__(self) -> str:
        return self.text


class MaintenancePart(CompanyBound):
    """A part that the order needs, in stock units; what was issued is in the stock moves."""

    order = CompanyForeignKey(
        MaintenanceOrder, on_delete=models.CASCADE, related_name="parts", verbose_name=_("order")
    )
    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    quantity = QuantityField(_("quantity"))

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("part of a maintenance order")
        verbose_name_plural = _("parts of maintenance orders")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["order", "item"], name="maintenance_maintenancepart_item"),
            *positive("maintenance_maintenancepart", "quantity"),
            *company_references("maintenance_maintenancepart", "order", "item"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item.code}"
