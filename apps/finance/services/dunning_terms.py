"""Dunning terms with their levels, written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock
from apps.core.transactions import unit_of_work
from apps.finance.models import DunningLevel, DunningTerms
from apps.finance.models.dunning import LAST_LEVEL


@dataclass(frozen=True, slots=True)
class Level:
    """What is written this many days after the due date; the fee is in company currency."""

    days_overdue: int
    text: str
    fee: Decimal = ZERO


def create_dunning_terms(
    *, company: Company, levels: Sequence[Level], by: User, reason: str = "", **values: Any
) -> DunningTerms:
    """New terms; ``levels`` from the first on. Raises ``InvalidInput`` (row) unless days ascend."""
    _check(company, levels)
    with unit_of_work():
        terms = DunningTerms(company=company, **values).save_by(by, reason=reason)
        _write(terms, levels)
    return terms


def change_dunning_terms(
    terms: DunningTerms,
    *,
    by: User,
    levels: Sequence[Level] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> DunningTerms:
    """Change terms; ``levels`` replace all of them. What was sent stays sent."""
    with unit_of_work():
        terms = lock(terms, version=version)
        for name, value in values.items():
            setattr(terms, name, value)
        if levels is not None:
            _check(terms.company, levels)
            terms.levels.all().delete()
            _write(terms, levels)
        return terms.save_by(by, reason=reason)


def _write(terms: DunningTerms, levels: Sequence[Level]) -> None:
    DunningLevel.objects.bulk_create(
        DunningLevel(
            company_id=terms.company_id,
            terms=terms,
            level=number,
            days_overdue=one.days_overdue,
            fee=one.fee,
            text=one.text,
        )
        for number, one in enumerate(levels, start=1)
    )


def _check(company: Company, levels: Sequence[Level]) -> None:
    if not 0 < len(levels) <= LAST_LEVEL:
        raise InvalidInput(
            "no_levels",
            _("Give one level at least and {most} at most.").format(most=LAST_LEVEL),
            field="levels",
        )
    places = company.currency.decimal_places
    for row, one in enumerate(levels):
        require_decimal(one.fee, field="fee", row=row, decimal_places=places, positive=False)
        if one.fee < 0:
            raise InvalidInput("negative", _("May not be negative."), field="fee", row=row)
        if not one.text.strip():
            raise InvalidInput("required", _("Say what is written."), field="text", row=row)
    for row, (first, second) in enumerate(pairwise(levels), start=1):
        if first.days_overdue >= second.days_overdue:
            raise InvalidInput(
                "days_not_ascending",
                _("A level comes later than the one before."),
                field="days_overdue",
                row=row,
            )
