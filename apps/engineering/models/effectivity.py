"""From which day to which a design holds: one at a time of its owner, kept so by the database."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import CheckConstraint, F, Func, Q, Value
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext_lazy as _

from apps.hr.models.spans import DaySpan


class Effective(models.Model):
    """Both days are included; an empty one leaves that end open."""

    effective_from = models.DateField(_("effective from"), null=True, blank=True)
    effective_until = models.DateField(_("effective until"), null=True, blank=True)

    class Meta:
        abstract = True


class OneInForce(ExclusionConstraint):
    """Kept by the database alone: forms don't try it, the service that releases says it in words.

    Django can't check a condition on a column that a form leaves out.
    """

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: see above."""


def one_in_force(prefix: str, owner: str) -> list[BaseConstraint]:
    """No two released rows of one ``owner`` share a day; drafts and obsolete ones may."""
    key = f"{owner}_id"
    return [
        CheckConstraint(
            condition=Q(effective_from__isnull=True)
            | Q(effective_until__isnull=True)
            | Q(effective_until__gte=F("effective_from")),
            name=f"{prefix}_span",
        ),
        OneInForce(
            name=f"{prefix}_one_in_force",
            condition=Q(status="released"),
            expressions=[
                (Func(F(key), F(key), Value("[]"), function="int8range"), RangeOperators.EQUAL),
                (DaySpan("effective_from", "effective_until"), RangeOperators.OVERLAPS),
            ],
        ),
    ]
