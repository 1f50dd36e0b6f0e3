"""What terms of depreciation can hold; refused with the field at fault before anything is kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, require_decimal
from apps.finance.depreciation_terms import BY_YEAR, Convention, Method

#: Recovery periods of Pub. 946 in months, and the conventions they may have.
MACRS_LIVES = {
    **dict.fromkeys((36, 60, 84, 120, 180, 240), BY_YEAR),
    **dict.fromkeys((330, 468), frozenset({Convention.MID_MONTH})),
}
LONGEST_LIFE = 1200


def check_terms(terms: Any, *, cost: Decimal | None = None, row: int | None = None) -> None:
    """Raise ``InvalidInput`` for terms that can't be: ``terms`` has the fields of an asset's book.

    With ``cost`` the residual is held against it; without, what is not known yet is left out.
    """

    def refuse(code: str, text: str, field: str) -> None:
        raise InvalidInput(code, text, field=field, row=row)

    if terms.method not in Method.values:
        refuse("unknown_method", _("There is no such method."), "method")
    if terms.convention not in Convention.values:
        refuse("unknown_convention", _("There is no such convention."), "convention")
    for field, most in (("rate", Decimal(100)), ("factor", Decimal(10))):
        value = getattr(terms, field)
        if value is not None and require_decimal(value, field=field, row=row) > most:
            refuse("too_large", _("At most {most}.").format(most=most), field)
    if terms.rate is not None and terms.factor is not None:
        refuse("rate_and_factor", _("Give a rate or a factor, not both."), "factor")
    _check_life(terms, refuse)
    _check_residual(terms, cost, refuse, row)


def _check_residual(
    terms: Any, cost: Decimal | None, refuse: Callable[[str, str, str], None], row: int | None
) -> None:
    residual = getattr(terms, "residual", None)
    if residual is not None:
        if require_decimal(residual, field="residual", row=row, positive=False) < 0:
            refuse("negative", _("A residual is not below zero."), "residual")
        if cost is not None and residual > cost:
            refuse("residual_above_cost", _("The residual is above the cost."), "residual")
    if terms.method == Method.MACRS and residual:
        refuse("macrs_residual", _("MACRS knows no residual."), "residual")
    finds_rate = terms.method == Method.WRITTEN_DOWN and terms.rate is None
    if finds_rate and cost is not None and (residual or ZERO) <= 0:
        refuse("rate_required", _("Without a residual a rate is needed."), "rate")


def _check_life(terms: Any, refuse: Callable[[str, str, str], None]) -> None:
    if terms.method == Method.NONE:
        return
    if terms.method == Method.UNITS:
        units = getattr(terms, "units_total", None)
        if hasattr(terms, "units_total") and (units is None or units <= 0):
            refuse("units_required", _("Say how many units its life has."), "units_total")
        return
    life = terms.life_months
    if life is None or not 1 <= life <= LONGEST_LIFE:
        refuse("bad_life", _("A life is 1 to {most} months.").format(most=1200), "life_months")
    if terms.method == Method.MACRS:
        if life not in MACRS_LIVES:
            refuse("macrs_life", _("MACRS has no recovery period of this length."), "life_months")
        if terms.convention not in MACRS_LIVES[life]:
            refuse("macrs_convention", _("MACRS does not use it for this life."), "convention")
