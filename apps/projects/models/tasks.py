from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class Task(CompanyBound, AuditedModel):
    """Work of a node that takes ``duration`` working days; without duration it is a milestone.

    When it may and must start follows from what it waits for. ``percent_complete`` is the last of
    its reports of progress. Three estimates (the duration is the likely one) give the odds of a
    date.
    """

    project = CompanyForeignKey(
        "projects.Project", related_name="tasks", editable=False, verbose_name=_("project")
    )
    node = CompanyForeignKey("projects.WbsNode", related_name="tasks", verbose_name=_("node"))
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=160)
    duration = QuantityField(_("duration (working days)"))
    optimistic = QuantityField(_("at best (working days)"), null=True, blank=True)
    pessimistic = QuantityField(_("at worst (working days)"), null=True, blank=True)
    not_before = models.DateField(_("not before"), null=True, blank=True)
    percent_complete = models.DecimalField(
        _("complete (%)"), max_digits=5, decimal_places=2, default=0, editable=False
    )
    responsible = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("responsible")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("project", "node__path", "id")
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["project", "code"], name="projects_task_code"),
            models.CheckConstraint(
                condition=Q(percent_complete__gte=0, percent_complete__lte=100),
                name="projects_task_percent",
            ),
            models.CheckConstraint(
                condition=Q(optimistic__isnull=True, pessimistic__isnull=True)
                | Q(
                    optimistic__gte=0,
                    optimistic__lte=F("duration"),
                    pessimistic__gte=F("duration"),
                ),
                name="projects_task_estimates",
            ),
            *not_negative("projects_task", "duration"),
            *company_references("projects_task", "project", "node", "responsible"),
        ]
        permissions = [("report_task", "Can report progress of tasks")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class TaskDependency(CompanyBound, AuditedModel):
    """``successor`` waits for ``predecessor``; ``lag`` working days more, below zero a lead."""

    class Kind(models.TextChoices):
        FINISH_START = "FS", _("Finish to start")
        START_START = "SS", _("Start to start")
        FINISH_FINISH = "FF", _("Finish to finish")
        START_FINISH = "SF", _("Start to finish")

    predecessor = CompanyForeignKey(
        Task, related_name="followers", on_delete=models.CASCADE, verbose_name=_("waits for")
    )
    successor = CompanyForeignKey(
        Task, related_name="predecessors", on_delete=models.CASCADE, verbose_name=_("task")
    )
    kind = models.CharField(_("kind"), max_length=2, choices=Kind, default=Kind.FINISH_START)
    lag = QuantityField(_("lag (working days)"), default=0)

    class Meta(CompanyBound.Meta):
        ordering = ("successor", "predecessor")
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["predecessor", "successor"], name="projects_taskdependency_pair"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="projects_taskdependency_not_itself"
            ),
            *company_references("projects_taskdependency", "predecessor", "successor"),
        ]

    def __str__(self) -> str:
        lag = f" {self.lag.normalize():+f}" if self.lag else ""
        return f"{self.predecessor.code} {self.kind}{lag}"
