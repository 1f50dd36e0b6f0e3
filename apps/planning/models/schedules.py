from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Func, Index, Q, UniqueConstraint, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound


class _Span(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


def _same(column: Any) -> tuple[Func, str]:
    """Equality as a range, which spares the btree_gist extension."""
    value = F(column) if isinstance(column, str) else column
    bounds = Func(value, value, Value("[]"), function="int8range")
    return bounds, RangeOperators.EQUAL


class ChangeoverRule(CompanyBound, AuditedModel):
    """Minutes to set up from one family of items (their category) to another.

    Without a machine group it holds everywhere; an empty side means any family. The most specific
    rule wins; without one the set-up time of the operation holds.
    """

    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("work centre"),
    )
    from_family = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("from family"),
    )
    to_family = CompanyForeignKey(
        "masterdata.ItemCategory",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("to family"),
    )
    minutes = QuantityField(_("minutes"))

    class Meta(CompanyBound.Meta):
        ordering = ("work_centre", "from_family", "to_family")
        verbose_name = _("changeover rule")
        verbose_name_plural = _("changeover rules")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "work_centre", "from_family", "to_family"],
                nulls_distinct=False,
                name="planning_changeoverrule_pair",
            ),
            *company_references(
                "planning_changeoverrule", "work_centre", "from_family", "to_family"
            ),
            *not_negative("planning_changeoverrule", "minutes"),
        ]

    def __str__(self) -> str:
        return f"{self.from_family or '*'} → {self.to_family or '*'}"


class Schedule(Document):
    """One sequence of the open operations of a site, finite on machines and shifts.

    The one that is published is what the floor and the board show.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        READY = "ready", _("Ready")
        PUBLISHED = "published", _("Published")
        OBSOLETE = "obsolete", _("Obsolete")
        FAILED = "failed", _("Failed")

    class Objective(models.TextChoices):
        TARDINESS = "tardiness", _("Least lateness")
        MAKESPAN = "makespan", _("Earliest end of all")

    TRANSITIONS = {
        Status.QUEUED: {Status.RUNNING, Status.OBSOLETE},
        Status.RUNNING: {Status.READY, Status.FAILED},
        Status.READY: {Status.PUBLISHED, Status.OBSOLETE},
        Status.PUBLISHED: {Status.OBSOLETE},
        Status.FAILED: {Status.QUEUED, Status.OBSOLETE},
        Status.OBSOLETE: set(),
    }

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.QUEUED, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    starts_at = models.DateTimeField(_("from"))
    horizon_days = models.PositiveSmallIntegerField(_("horizon (days)"), default=60)
    objective = models.CharField(
        _("objective"), max_length=9, choices=Objective, default=Objective.TARDINESS
    )
    ignores_calendar = models.BooleanField(_("around the clock"), default=False)
    time_limit_seconds = models.PositiveSmallIntegerField(_("time box (s)"), default=10)
    job = models.ForeignKey(
        "core.BackgroundJob",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("job"),
    )
    message = models.TextField(_("message"), blank=True, editable=False)
    unscheduled = models.JSONField(_("not scheduled"), default=list, editable=False)
    proved_optimal = models.BooleanField(_("proved optimal"), default=False, editable=False)
    makespan_minutes = QuantityField(_("makespan (min)"), default=0, editable=False)
    bound = QuantityField(_("lower bound"), default=0, editable=False)
    tardy_minutes = QuantityField(_("lateness (min)"), default=0, editable=False)
    operation_count = models.PositiveIntegerField(_("operations"), default=0, editable=False)
    late_count = models.PositiveIntegerField(_("late orders"), default=0, editable=False)
    seconds = models.DecimalField(
        _("seconds"), max_digits=9, decimal_places=3, default=0, editable=False
    )

    class Meta(Document.Meta):
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["site"],
                condition=Q(status="published"),
                name="planning_schedule_one_published",
            ),
            *company_references("planning_schedule", "site", "job"),
            models.CheckConstraint(
                condition=Q(time_limit_seconds__gte=1, time_limit_seconds__lte=600),
                name="planning_schedule_time_limit",
            ),
            models.CheckConstraint(
                condition=Q(horizon_days__gte=1, horizon_days__lte=730),
                name="planning_schedule_horizon_days",
            ),
        ]
        permissions = [
            ("run_schedule", "Can calculate schedules"),
            ("publish_schedule", "Can publish schedules"),
        ]


class ScheduledOperation(CompanyBound):
    """One operation of a work order on one machine, from ``starts_at`` to ``ends_at``.

    The span holds work and what lies between of breaks and nights; set-up too, unless it depends on
    what ran before: then it lies in front of the span. A machine does one thing at a time, and so
    does a work centre without machines: the database sees to it.
    """

    schedule = CompanyForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="operations", verbose_name=_("schedule")
    )
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation", related_name="+", verbose_name=_("operation")
    )
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre", related_name="+", verbose_name=_("work centre")
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, verbose_name=_("machine")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    setup_minutes = QuantityField(_("set-up (min)"), default=0)
    work_minutes = QuantityField(_("work (min)"), default=0)
    is_pinned = models.BooleanField(_("pinned"), default=False, editable=False)
    late_minutes = QuantityField(_("order late by (min)"), default=0, editable=False)
    cause = models.CharField(_("cause"), max_length=20, blank=True, editable=False)
    cause_machine = CompanyForeignKey(
        "masterdata.Machine", related_name="+", null=True, editable=False, verbose_name=_("waits")
    )
    cause_operation = CompanyForeignKey(
        "execution.WorkOrderOperation",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("behind"),
    )
    cause_item = CompanyForeignKey(
        "masterdata.Item", related_name="+", null=True, editable=False, verbose_name=_("for")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("schedule", "starts_at", "id")
        verbose_name = _("scheduled operation")
        verbose_name_plural = _("scheduled operations")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["schedule", "operation"], name="planning_scheduledoperation_operation"
            ),
            *company_references(
                "planning_scheduledoperation",
                "schedule",
                "operation",
                "work_centre",
                "machine",
                "cause_machine",
                "cause_operation",
                "cause_item",
            ),
            *not_negative("planning_scheduledoperation", "setup_minutes", "work_minutes"),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="planning_scheduledoperation_ends_after_start",
            ),
            ExclusionConstraint(
                name="planning_scheduledoperation_no_overlap",
                expressions=[
                    _same("schedule_id"),
                    _same(Coalesce(F("machine_id"), -F("work_centre_id"))),
                    (_Span(F("starts_at"), F("ends_at")), RangeOperators.OVERLAPS),
                ],
                deferrable=Deferrable.DEFERRED,
            ),
        ]
        indexes = [Index(fields=["machine", "starts_at"], name="planning_scheduledop_machine")]

    def __str__(self) -> str:
        return f"{self.operation} @ {(self.machine or self.work_centre).code}"
