from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import UniqueConstraint
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.core.series import SeriesLabel, facts, label_series


class NumberSequenceQuerySet(models.QuerySet["NumberSequence"]):
    def with_labels(self) -> NumberSequenceQuerySet:
        """Each row knows what its label is made of."""
        return self.annotate(label_facts=facts())


class NumberSequence(models.Model):
    """A gapless series: ``last_number`` only grows, under its row lock, in the posting itself."""

    company = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    series = models.CharField(_("series"), max_length=60)
    last_number = models.BigIntegerField(_("last number"), default=0)

    objects = NumberSequenceQuerySet.as_manager()

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
        """Whoever shows many reads them ``with_labels``; else it is a statement for each."""
        if not hasattr(self, "label_facts"):
            rows: Any = type(self).objects.filter(pk=self.pk).with_labels()
            self.label_facts = rows.values_list("label_facts", flat=True).first()
        return label_series(self.series, self.label_facts)

    @property
    def next_number(self) -> str:
        """As the next document will bear it, should nothing else come between."""
        return self.label.number(self.last_number + 1)
