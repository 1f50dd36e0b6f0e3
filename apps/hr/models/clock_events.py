from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import LedgerRow


class ClockEvent(LedgerRow):
    """Somebody came, paused, went on or left. Never changed: a wrong event is voided by another.

    ``date`` is the day the presence began, at the employee's site: who leaves after midnight
    worked the day before. Its source is the employee.
    """

    class Kind(models.TextChoices):
        IN = "in", _("Clock in")
        OUT = "out", _("Clock out")
        PAUSE = "break", _("Break")
        RESUME = "resume", _("Back from break")
        VOID = "void", _("Void")

    employee = CompanyForeignKey(
        "hr.Employee", related_name="clock_events", db_index=False, verbose_name=_("employee")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    at = models.DateTimeField(_("at"))
    date = models.DateField(_("work day"))
    voids = CompanyForeignKey(
        "self", related_name="voided_by", null=True, blank=True, verbose_name=_("voids")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-at", "-id")
        verbose_name = _("clock event")
        verbose_name_plural = _("clock events")
        constraints = [
            *LedgerRow.Meta.constraints,
            UniqueConstraint(
                fields=["voids"], condition=Q(voids__isnull=False), name="hr_clockevent_voided_once"
            ),
            models.CheckConstraint(
                condition=Q(voids__isnull=True) & ~Q(kind="void")
                | Q(voids__isnull=False) & ~Q(reason=""),
                name="hr_clockevent_void_says_why",
            ),
            *company_references("hr_clockevent", "employee", "voids"),
        ]
        indexes = [Index(fields=["employee", "at"], name="hr_clockevent_time")]
        permissions = [
            ("correct_clockevent", "Can correct clock events"),
            ("clock_others", "Can clock for others"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
