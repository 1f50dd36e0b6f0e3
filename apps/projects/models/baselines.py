from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import LedgerRow


class Baseline(LedgerRow):
    """The plan as it stood once: what progress and cost are measured against. Never changed."""

    project = CompanyForeignKey(
        "projects.Project", related_name="baselines", verbose_name=_("project")
    )
    sequence = models.PositiveSmallIntegerField(_("baseline"))
    date = models.DateField(_("taken on"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    planned_value = MoneyField(_("planned value"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["project", "sequence"], name="projects_baseline_sequence"),
            *not_negative("projects_baseline", "planned_value"),
            *company_references("projects_baseline", "project"),
        ]

    def __str__(self) -> str:
        return f"{self.project} · {self.sequence}"


class BaselineTask(LedgerRow):
    """When a task was to be done, and what of its node's budget it is worth."""

    baseline = CompanyForeignKey(Baseline, related_name="tasks", verbose_name=_("baseline"))
    task = CompanyForeignKey("projects.Task", related_name="+", verbose_name=_("task"))
    starts_on = models.DateField(_("starts on"))
    finishes_on = models.DateField(_("finishes on"))
    planned_value = MoneyField(_("planned value"))

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("task of a baseline")
        verbose_name_plural = _("tasks of baselines")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(fields=["baseline", "task"], name="projects_baselinetask_once"),
            models.CheckConstraint(
                condition=Q(finishes_on__gte=F("starts_on")), name="projects_baselinetask_span"
            ),
            *not_negative("projects_baselinetask", "planned_value"),
            *company_references("projects_baselinetask", "baseline", "task"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.starts_on} – {self.finishes_on}"


class TaskProgress(LedgerRow):
    """How much of a task was done at the end of a day; the last word about a day holds."""

    task = CompanyForeignKey("projects.Task", related_name="progress", verbose_name=_("task"))
    date = models.DateField(_("date"))
    percent = models.DecimalField(_("complete (%)"), max_digits=5, decimal_places=2)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("progress of a task")
        verbose_name_plural = _("progress of tasks")
        constraints = [
            *LedgerRow.Meta.constraints,
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="projects_taskprogress_percent"
            ),
            *company_references("projects_taskprogress", "task"),
        ]
        indexes = [Index(fields=["task", "date"], name="projects_taskprogress_day")]

    def __str__(self) -> str:
        return f"{self.task} {self.date} {self.percent.normalize():f} %"
