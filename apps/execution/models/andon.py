from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document, MasterData
from apps.core.models.base import CompanyBound


class AndonCategory(MasterData):
    """What help can be called for; its ladder says who hears of a call that nobody answers."""

    class Colour(models.TextChoices):
        RED = "red", _("Red")
        AMBER = "amber", _("Amber")
        BLUE = "blue", _("Blue")
        GREEN = "green", _("Green")
        VIOLET = "violet", _("Violet")
        WHITE = "white", _("White")

    colour = models.CharField(_("colour"), max_length=6, choices=Colour, default=Colour.AMBER)
    calls_maintenance = models.BooleanField(
        _("calls maintenance"),
        default=False,
        help_text=_("A call also writes a maintenance request for the machine's asset."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("andon category")
        verbose_name_plural = _("andon categories")


class AndonStep(CompanyBound):
    """A rung of the ladder: who is told when a call is open for ``after_minutes``."""

    category = CompanyForeignKey(AndonCategory, on_delete=models.CASCADE, related_name="steps")
    level = models.PositiveSmallIntegerField(_("level"))
    after_minutes = models.PositiveIntegerField(_("after (min)"))
    role = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tell the role"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tell the person"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("category", "level")
        verbose_name = _("andon step")
        verbose_name_plural = _("andon steps")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["category", "level"], name="execution_andonstep_level"),
            models.CheckConstraint(
                condition=Q(level__gt=0), name="execution_andonstep_level_positive"
            ),
            models.CheckConstraint(
                condition=Q(role__isnull=False) | Q(user__isnull=False),
                name="execution_andonstep_tells_somebody",
            ),
            *company_references("execution_andonstep", "category"),
        ]

    def __str__(self) -> str:
        return f"{self.category} / {self.level}"


class AndonCall(Document):
    """Somebody at a machine asked for help. ``level`` is the last rung that was told."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.OPEN: {Status.ACKNOWLEDGED, Status.RESOLVED, Status.CANCELLED},
        Status.ACKNOWLEDGED: {Status.RESOLVED, Status.CANCELLED},
        Status.RESOLVED: set(),
        Status.CANCELLED: set(),
    }
    #: Statuses in which somebody still waits for help.
    WAITING = (Status.OPEN, Status.ACKNOWLEDGED)

    status = models.CharField(
        _("status"), max_length=12, choices=Status, default=Status.OPEN, editable=False
    )
    category = CompanyForeignKey(AndonCategory, related_name="+", verbose_name=_("category"))
    site = CompanyForeignKey("core.Site", related_name="+", editable=False, verbose_name=_("site"))
    machine = CompanyForeignKey("masterdata.Machine", related_name="+", verbose_name=_("machine"))
    operation = CompanyForeignKey(
        "execution.WorkOrderOperation",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("operation"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    level = models.PositiveSmallIntegerField(_("level reached"), default=0, editable=False)
    called_at = models.DateTimeField(_("called at"))
    called_by = CompanyForeignKey(
        "hr.Employee", related_name="+", null=True, blank=True, verbose_name=_("called by")
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, editable=False)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("acknowledged by"),
    )
    resolved_at = models.DateTimeField(_("resolved at"), null=True, editable=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("resolved by"),
    )
    resolution = models.CharField(_("what was done"), max_length=500, blank=True, editable=False)
    request = CompanyForeignKey(
        "maintenance.MaintenanceRequest",
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("maintenance request"),
    )

    class Meta(Document.Meta):
        verbose_name = _("andon call")
        verbose_name_plural = _("andon calls")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["machine", "category"],
                condition=Q(status__in=("open", "acknowledged")),
                name="execution_andoncall_one_waits",
            ),
            *company_references(
                "execution_andoncall",
                "category",
                "site",
                "machine",
                "operation",
                "called_by",
                "request",
            ),
        ]
        indexes = [
            Index(fields=["company", "called_at"], name="execution_andoncall_called"),
            Index(
                fields=["site", "called_at"],
                condition=Q(status__in=("open", "acknowledged")),
                name="execution_andoncall_waiting",
            ),
        ]
        permissions = [
            ("respond_andoncall", "Can acknowledge and resolve andon calls"),
            ("cancel_andoncall", "Can cancel andon calls"),
        ]


class AndonEscalation(CompanyBound):
    """That a rung of the ladder was reached: once for each call and level."""

    call = CompanyForeignKey(AndonCall, related_name="escalations", verbose_name=_("andon call"))
    level = models.PositiveSmallIntegerField(_("level"))
    role = models.ForeignKey(
        Group, on_delete=models.PROTECT, related_name="+", null=True, verbose_name=_("role")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("person"),
    )
    escalated_at = models.DateTimeField(_("escalated at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta(CompanyBound.Meta):
        ordering = ("call", "level")
        verbose_name = _("andon escalation")
        verbose_name_plural = _("andon escalations")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["call", "level"], name="execution_andonescalation_once"),
            *company_references("execution_andonescalation", "call"),
        ]

    def __str__(self) -> str:
        return f"{self.call} / {self.level}"
