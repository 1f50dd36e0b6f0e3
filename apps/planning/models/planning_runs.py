from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document


class PlanningRun(Document):
    """One calculation of the plan of a site (or of all), with what it was told and what it found.

    The last one that is done is the plan; its orders replace those of the runs before.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Bucket(models.TextChoices):
        DAY = "day", _("Day")
        WEEK = "week", _("Week")

    TRANSITIONS = {
        Status.QUEUED: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.DONE, Status.FAILED},
        Status.FAILED: {Status.QUEUED, Status.CANCELLED},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.QUEUED, editable=False
    )
    site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, blank=True, verbose_name=_("site")
    )
    planned_on = models.DateField(_("planned as of"))
    horizon_days = models.PositiveIntegerField(_("horizon (days)"), default=180)
    bucket = models.CharField(_("bucket"), max_length=4, choices=Bucket, default=Bucket.DAY)
    is_rescheduling = models.BooleanField(
        _("open orders may be rescheduled"),
        default=True,
        help_text=_("Nothing new is planned for what an open order could bring if moved."),
    )
    tolerance_days = models.PositiveSmallIntegerField(
        _("tolerance (days)"), default=0, help_text=_("Smaller shifts are not worth a message.")
    )
    is_current = models.BooleanField(_("current"), default=False, editable=False)
    job = models.ForeignKey(
        "core.BackgroundJob",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("job"),
    )
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, editable=False)
    message = models.TextField(_("message"), blank=True, editable=False)
    item_count = models.PositiveIntegerField(_("items"), default=0, editable=False)
    order_count = models.PositiveIntegerField(_("planned orders"), default=0, editable=False)
    message_count = models.PositiveIntegerField(_("messages"), default=0, editable=False)
    seconds = models.DecimalField(
        _("seconds"), max_digits=9, decimal_places=3, default=0, editable=False
    )

    class Meta(Document.Meta):
        verbose_name = _("planning run")
        verbose_name_plural = _("planning runs")
        constraints = [
            *Document.Meta.constraints,
            *company_references("planning_planningrun", "site", "job"),
            *positive("planning_planningrun", "horizon_days"),
            models.CheckConstraint(
                condition=Q(horizon_days__lte=1830), name="planning_planningrun_horizon_days"
            ),
        ]
        permissions = [("run_planningrun", "Can run the plan")]
