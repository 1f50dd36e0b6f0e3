from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel
from apps.core.models.base import CompanyBound


class Forecast(CompanyBound, AuditedModel):
    """What is expected to be asked of an item in one bucket of time, before any order.

    A new calculation is a new revision; the old ones stay, so that its error can be measured.
    """

    class Method(models.TextChoices):
        MANUAL = "manual", _("By hand")
        NAIVE = "naive", _("Naive")
        SEASONAL_NAIVE = "seasonal_naive", _("Seasonal naive")
        MOVING_AVERAGE = "moving_average", _("Moving average")
        SES = "ses", _("Exponential smoothing")
        HOLT = "holt", _("Holt")
        DAMPED = "damped", _("Damped trend")
        HOLT_WINTERS = "holt_winters", _("Holt-Winters")
        CROSTON = "croston", _("Croston")
        THETA = "theta", _("Theta")

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    quantity = QuantityField(_("quantity"))
    method = models.CharField(
        _("method"), max_length=14, choices=Method, default=Method.MANUAL, editable=False
    )
    error = models.DecimalField(
        _("error (MASE)"), max_digits=12, decimal_places=4, null=True, editable=False
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    is_current = models.BooleanField(_("current"), default=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("item", "site", "starts_on", "-revision")
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["item", "site", "starts_on"],
                condition=Q(is_current=True),
                name="planning_forecast_current",
            ),
            *company_references("planning_forecast", "item", "site"),
            *not_negative("planning_forecast", "quantity"),
            *positive("planning_forecast", "revision"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="planning_forecast_ends_after_start"
            ),
        ]
        indexes = [
            Index(
                fields=["company", "ends_on"],
                condition=Q(is_current=True),
                name="planning_forecast_ahead",
            )
        ]
        permissions = [("calculate_forecast", "Can calculate forecasts")]

    def __str__(self) -> str:
        return f"{self.item.code} {self.starts_on}: {self.quantity.normalize():f}"


class MasterScheduleLine(CompanyBound, AuditedModel):
    """What the master schedule says is to come in of an item on a day, whatever demand says."""

    item = CompanyForeignKey("masterdata.Item", related_name="+", verbose_name=_("item"))
    site = CompanyForeignKey("core.Site", related_name="+", verbose_name=_("site"))
    due_date = models.DateField(_("due date"))
    quantity = QuantityField(_("quantity"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("item", "site", "due_date")
        verbose_name = _("master schedule line")
        verbose_name_plural = _("master schedule")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["item", "site", "due_date"], name="planning_masterscheduleline_day"
            ),
            *company_references("planning_masterscheduleline", "item", "site"),
            *positive("planning_masterscheduleline", "quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.item.code} {self.due_date}: {self.quantity.normalize():f}"
