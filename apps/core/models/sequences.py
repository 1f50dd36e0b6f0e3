from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.translation import gettext_lazy as _


class NumberSequence(models.Model):
    """A gapless series: ``last_number`` only grows, under its row lock, in the posting itself."""

    company = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    series = models.CharField(_("series"), max_length=60)
    last_number = models.BigIntegerField(_("last number"), default=0)

    class Meta:
        ordering = ("company", "series")
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            UniqueConstraint(fields=["company", "series"], name="core_numbersequence_series")
        ]

    def __str__(self) -> str:
        return f"{self.series}: {self.last_number}"
