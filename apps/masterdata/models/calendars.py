from __future__ import annotations

from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound

ALL_WEEKDAYS = 0b1111111
WORKING_WEEKDAYS = 0b0011111


class Shift(MasterData):
    """A repeating span of planned work at a site, in the site's time zone.

    ``weekdays`` is a bit mask, Monday the lowest bit, of the days on which the shift starts; one
    that ends at or before its start ends the next day.
    """

    site = CompanyForeignKey("core.Site", related_name="shifts", verbose_name=_("site"))
    starts_at = models.TimeField(_("starts at"))
    ends_at = models.TimeField(_("ends at"))
    break_minutes = models.PositiveSmallIntegerField(_("break (minutes)"), default=0)
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), default=WORKING_WEEKDAYS)

    class Meta(MasterData.Meta):
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("masterdata_shift", "site"),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=ALL_WEEKDAYS),
                name="masterdata_shift_weekdays",
            ),
        ]


class Holiday(CompanyBound, AuditedModel):
    """A day on which a site (or every site) does not work."""

    site = CompanyForeignKey(
        "core.Site", related_name="holidays", null=True, blank=True, verbose_name=_("site")
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=100)

    class Meta(CompanyBound.Meta):
        ordering = ("date",)
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "site", "date"],
                nulls_distinct=False,
                name="masterdata_holiday_day",
            ),
            *company_references("masterdata_holiday", "site"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
