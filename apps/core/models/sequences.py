from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core.series import SeriesLabel, label_series


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
        return f"{self.label.name}: {self.last_number}"

    @cached_property
    def label(self) -> SeriesLabel:
        """Whoever shows many sets it for all of them at once (``label_series``)."""
        return label_series([self.series])[self.series]

    @property
    def next_number(self) -> str:
        """As the next document will bear it, should nothing else come between."""
        return self.label.number(self.last_number + 1)
