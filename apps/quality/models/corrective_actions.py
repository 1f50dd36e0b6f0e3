from __future__ import annotations

from django.db import models
from django.db.models import Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, Document
from apps.core.models.base import CompanyBound


class CorrectiveAction(Document):
    """A corrective or preventive action (CAPA, 8D): from the problem to proof that it is gone."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ROOT_CAUSE = "root_cause", _("Root cause known")
        ACTION = "action", _("Actions under way")
        EFFECTIVENESS = "effectiveness", _("Effectiveness to check")
        CLOSED = "closed", _("Closed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.OPEN: {Status.ROOT_CAUSE, Status.CANCELLED},
        Status.ROOT_CAUSE: {Status.ACTION, Status.CANCELLED},
        Status.ACTION: {Status.EFFECTIVENESS, Status.CANCELLED},
        Status.EFFECTIVENESS: {Status.CLOSED, Status.ROOT_CAUSE},
        Status.CLOSED: {Status.ROOT_CAUSE},
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=14, choices=Status, default=Status.OPEN, editable=False
    )
    title = models.CharField(_("title"), max_length=200)
    nonconformance = CompanyForeignKey(
        "quality.Nonconformance",
        related_name="corrective_actions",
        null=True,
        blank=True,
        verbose_name=_("nonconformance"),
    )
    owner = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("owner"))
    team = models.CharField(_("team"), max_length=200, blank=True)
    due_on = models.DateField(_("due on"))
    problem = models.TextField(_("problem"))
    containment = models.TextField(_("containment"), blank=True)
    root_cause = models.TextField(_("root cause"), blank=True, editable=False)
    why_not_found = models.TextField(_("why it was not found"), blank=True, editable=False)
    check_on = models.DateField(_("check effectiveness on"), null=True, editable=False)
    evidence = models.TextField(_("evidence of effectiveness"), blank=True, editable=False)
    is_effective = models.BooleanField(_("effective"), null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("corrective action")
        verbose_name_plural = _("corrective actions")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(is_effective=True),
                name="quality_correctiveaction_closed_effective",
            ),
            *company_references("quality_correctiveaction", "nonconformance", "owner"),
        ]
        indexes = [Index(fields=["company", "due_on"], name="quality_correctiveaction_due")]
        permissions = [
            ("work_correctiveaction", "Can work on corrective actions"),
            ("close_correctiveaction", "Can judge the effectiveness of corrective actions"),
        ]


class CorrectiveStep(CompanyBound, AuditedModel):
    """One thing that somebody does by a day."""

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", _("Corrective")
        PREVENTIVE = "preventive", _("Preventive")

    action = CompanyForeignKey(CorrectiveAction, related_name="steps")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CORRECTIVE)
    what = models.CharField(_("what"), max_length=200)
    owner = CompanyForeignKey("hr.Employee", related_name="+", verbose_name=_("owner"))
    due_on = models.DateField(_("due on"))
    done_on = models.DateField(_("done on"), null=True, editable=False)
    result = models.CharField(_("result"), max_length=200, blank=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("due_on", "id")
        verbose_name = _("step of a corrective action")
        verbose_name_plural = _("steps of corrective actions")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("quality_correctivestep", "action", "owner"),
        ]

    def __str__(self) -> str:
        return self.what
