from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import positive
from apps.core.fields import QuantityField
from apps.core.models.base import AuditedModel, CompanyBound


class Currency(models.Model):
    """An ISO 4217 currency; ``decimal_places`` is its exponent."""

    code = models.CharField(_("code"), max_length=3, primary_key=True)
    name = models.CharField(_("name"), max_length=60)
    symbol = models.CharField(_("symbol"), max_length=5, blank=True)
    decimal_places = models.PositiveSmallIntegerField(_("decimal places"), default=2)

    class Meta:
        ordering = ("code",)
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")

    def __str__(self) -> str:
        return self.code


class ExchangeRate(CompanyBound, AuditedModel):
    """Units of the company's functional currency for one unit of ``currency``, from ``date`` on."""

    currency = models.ForeignKey(
        Currency, on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    date = models.DateField(_("date"))
    rate = QuantityField(_("rate"), max_digits=20, decimal_places=8)

    class Meta(CompanyBound.Meta):
        ordering = ("-date", "currency")
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "currency", "date"], name="core_exchangerate_day"),
            *positive("core_exchangerate", "rate"),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.date}: {self.rate}"
