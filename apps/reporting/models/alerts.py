from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import MasterData
from apps.core.models.base import CompanyBound


class AlertRule(MasterData):
    """Tells when a figure crosses ``threshold``: a measure, or a value of a saved report's total.

    It is raised once, and cleared when the figure is back by ``hysteresis``; after raising it
    keeps quiet for ``cool_down_minutes``. Looked at with the rights of ``owner``.
    """

    class Direction(models.TextChoices):
        ABOVE = "above", _("Above")
        BELOW = "below", _("Below")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("owner"),
    )
    measure = models.CharField(_("measure"), max_length=60, blank=True)
    report = CompanyForeignKey(
        "reporting.SavedReport",
        related_name="alert_rules",
        null=True,
        blank=True,
        verbose_name=_("report"),
    )
    value = models.CharField(_("value of the report"), max_length=60, blank=True)
    direction = models.CharField(_("direction"), max_length=5, choices=Direction)
    threshold = QuantityField(_("threshold"))
    hysteresis = QuantityField(_("hysteresis"), default=0)
    cool_down_minutes = models.PositiveIntegerField(_("quiet for (min)"), default=60)
    recipients = models.TextField(_("recipients"), max_length=2000)
    is_raised = models.BooleanField(_("raised"), default=False, editable=False)
    last_value = QuantityField(_("last value"), null=True, editable=False)
    last_raised_at = models.DateTimeField(_("last raised at"), null=True, editable=False)
    checked_at = models.DateTimeField(_("checked at"), null=True, editable=False)
    message = models.TextField(_("message"), blank=True, editable=False)

    class Meta(MasterData.Meta):
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(measure="", report__isnull=False)
                | (~Q(measure="") & Q(report__isnull=True)),
                name="reporting_alertrule_watches_one",
            ),
            *not_negative("reporting_alertrule", "hysteresis"),
            *company_references("reporting_alertrule", "report"),
        ]


class AlertEvent(CompanyBound):
    """The crossing of a threshold, there or back."""

    class Kind(models.TextChoices):
        RAISED = "raised", _("Raised")
        CLEARED = "cleared", _("Cleared")

    rule = CompanyForeignKey(AlertRule, related_name="events", verbose_name=_("rule"))
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    at = models.DateTimeField(_("at"))
    value = QuantityField(_("value"))
    threshold = QuantityField(_("threshold"))
    url = models.CharField(_("address"), max_length=2500, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("reporting_alertevent", "rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
