from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound


class FileFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("XLSX")
    PDF = "pdf", _("PDF")


class Frequency(models.TextChoices):
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    MONTHLY = "monthly", _("Monthly")


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class ReportSchedule(MasterData):
    """Sends a saved report by e-mail at a time of day where ``site`` is.

    Rendered with the rights that ``owner`` has at that moment. ``day`` 29 to 31 means the last
    day of a shorter month.
    """

    report = CompanyForeignKey(
        "reporting.SavedReport", related_name="schedules", verbose_name=_("report")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("owner"),
    )
    site = CompanyForeignKey(
        "core.Site", related_name="+", null=True, blank=True, verbose_name=_("time of the site")
    )
    frequency = models.CharField(_("frequency"), max_length=8, choices=Frequency)
    at = models.TimeField(_("at"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday, null=True, blank=True)
    day = models.PositiveSmallIntegerField(_("day of the month"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    file_format = models.CharField(_("file"), max_length=4, choices=FileFormat)
    recipients = models.TextField(_("recipients"), max_length=2000)
    next_due_at = models.DateTimeField(_("next due"), null=True, editable=False)

    class Meta(MasterData.Meta):
        verbose_name = _("report schedule")
        verbose_name_plural = _("report schedules")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(day__isnull=True) | Q(day__gte=1, day__lte=31),
                name="reporting_reportschedule_day_of_month",
            ),
            *company_references("reporting_reportschedule", "report", "site"),
        ]
        indexes = [
            Index(
                fields=["next_due_at"],
                condition=Q(is_active=True, next_due_at__isnull=False),
                name="reporting_schedule_due",
            )
        ]


class ReportDelivery(CompanyBound):
    """One sending of a schedule, once per due time; what went wrong is in ``message``."""

    schedule = CompanyForeignKey(
        ReportSchedule, related_name="deliveries", verbose_name=_("schedule")
    )
    due_at = models.DateTimeField(_("due at"))
    job = CompanyForeignKey(
        "core.BackgroundJob", related_name="+", null=True, verbose_name=_("job")
    )
    sent_at = models.DateTimeField(_("sent at"), null=True)
    recipients = models.TextField(_("recipients"), blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    message = models.TextField(_("message"), blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("report delivery")
        verbose_name_plural = _("report deliveries")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["schedule", "due_at"], name="reporting_reportdelivery_once"),
            *company_references("reporting_reportdelivery", "schedule", "job"),
        ]
        permissions = [("retry_reportdelivery", "Can send a report again that failed")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.due_at:%Y-%m-%d %H:%M}"
