"""Arithmetic of depreciation over plain values: what an asset has lost after a time in service.

Each charge is rounded by itself and the last takes the rest, so charges sum exactly to what may be
depreciated and the carrying amount never falls below the residual.

Declining balances are struck once in a fiscal year, the sum of the years' digits once in a year
of the asset. MACRS is the general depreciation system of IRS Publication 946.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction

from apps.core.money import ZERO, round_money
from apps.finance.depreciation_terms import Method, Terms, elapsed, end_of_life, first_year

HUNDRED = Decimal(100)
#: Longest recovery period in years at 200 % and at 150 % (Pub. 946); beyond it is straight line.
DOUBLE_UNTIL, DECLINING_UNTIL = 10, 20


@dataclass(frozen=True, slots=True)
class Basis:
    """Where depreciation goes on from: ``amount`` carried after ``elapsed`` years or ``units``.

    A new asset starts at its cost; a revaluation or a changed life starts anew from there.
    """

    amount: Decimal
    elapsed: Fraction = Fraction(0)
    units: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Charge:
    """Depreciation of the period that ends on ``date``, and what is reached with it."""

    date: Date
    amount: Decimal
    accumulated: Decimal
    carrying: Decimal


def accumulated(
    terms: Terms, basis: Basis, *, years: Fraction = Fraction(0), units: Decimal = ZERO
) -> Decimal:
    """What is lost since ``basis``, exactly, when ``years`` or ``units`` in all are reached."""
    depreciable = basis.amount - terms.residual
    if depreciable <= 0 or terms.method == Method.NONE:
        return ZERO
    if terms.method == Method.UNITS:
        left = (terms.units_total or ZERO) - basis.units
        if left <= 0 or units >= basis.units + left:
            return depreciable
        return depreciable * (units - basis.units) / left
    if years >= terms.life:
        return depreciable
    if years <= basis.elapsed:
        return ZERO
    return _METHODS[Method(terms.method)](terms, basis, years)


def _straight_line(terms: Terms, basis: Basis, years: Fraction) -> Decimal:
    share = (years - basis.elapsed) / (terms.life - basis.elapsed)
    return _times(basis.amount - terms.residual, share)


def _sum_of_years(terms: Terms, basis: Basis, years: Fraction) -> Decimal:
    def digits(until: Fraction) -> Fraction:
        """The digits passed at ``until``: the life left at the start of each year, by its time."""
        whole = int(until)
        passed = whole * terms.life - Fraction(whole * (whole - 1), 2)
        return passed + (until - whole) * (terms.life - whole)

    begun = digits(basis.elapsed)
    share = (digits(years) - begun) / (digits(terms.life) - begun)
    return _times(basis.amount - terms.residual, share)


def _declining(terms: Terms, basis: Basis, years: Fraction) -> Decimal:
    """A rate of what is carried, struck at each fiscal year's end; the last year takes the rest."""
    rate, switches = _yearly_rate(terms, basis)
    carried, reached = basis.amount, basis.elapsed
    while True:
        until = _next_strike(terms, reached)
        step = until - reached
        charge = _times(carried * rate, step)
        if switches:
            even = step / (terms.life - reached)
            charge = max(charge, _times(carried - terms.residual, even))
        if until >= terms.life or charge > carried - terms.residual:
            charge = carried - terms.residual
        if years <= until:
            return basis.amount - carried + _times(charge, (years - reached) / step)
        carried, reached = carried - charge, until


def _next_strike(terms: Terms, reached: Fraction) -> Fraction:
    first = first_year(terms)
    gone = reached - first
    following = first if gone < 0 else first + int(gone) + 1
    return min(following, terms.life)


def _yearly_rate(terms: Terms, basis: Basis) -> tuple[Decimal, bool]:
    """The rate as a part of one, and whether straight line takes over when it gives more."""
    switches = terms.method in (Method.DECLINING_SWITCH, Method.MACRS)
    if terms.rate is not None:
        return terms.rate / HUNDRED, switches
    if terms.method == Method.WRITTEN_DOWN:
        left = terms.life - basis.elapsed
        root = Decimal(left.denominator) / Decimal(left.numerator)
        return 1 - (terms.residual / basis.amount) ** root, switches
    factor = terms.factor or Decimal(2)
    if terms.method == Method.MACRS:
        factor = Decimal(2) if terms.life <= DOUBLE_UNTIL else Decimal("1.5")
    return _times(factor, 1 / terms.life), switches


def _macrs(terms: Terms, basis: Basis, years: Fraction) -> Decimal:
    if terms.life > DECLINING_UNTIL:
        return _straight_line(terms, basis, years)
    return _declining(terms, basis, years)


_METHODS: Mapping[Method, Callable[[Terms, Basis, Fraction], Decimal]] = {
    Method.STRAIGHT_LINE: _straight_line,
    Method.DECLINING: _declining,
    Method.DECLINING_SWITCH: _declining,
    Method.WRITTEN_DOWN: _declining,
    Method.SUM_OF_YEARS: _sum_of_years,
    Method.MACRS: _macrs,
}


def _times(amount: Decimal, part: Fraction) -> Decimal:
    return amount * part.numerator / part.denominator


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an asset is: years of depreciation, and units made."""

    years: Fraction = Fraction(0)
    units: Decimal = ZERO


def charge_between(
    terms: Terms,
    basis: Basis,
    before: Reached,
    after: Reached,
    *,
    booked: Decimal = ZERO,
    places: int = 2,
) -> Decimal:
    """The charge for what lies between, in money, when ``booked`` is charged since ``basis``.

    The last charge takes whatever rounding has left over; none goes below the residual.
    """
    left = max(basis.amount - terms.residual, ZERO) - booked
    reached = accumulated(terms, basis, years=after.years, units=after.units)
    if reached >= booked + left:
        return left
    since = booked  # units may be told late: what is due is what is reached, less what is booked
    if terms.method != Method.UNITS:
        since = accumulated(terms, basis, years=before.years)
    return max(min(round_money(reached - since, places), left), -booked)


def schedule(
    terms: Terms,
    basis: Basis,
    ends: Iterable[Date],
    *,
    usage: Sequence[tuple[Date, Decimal]] = (),
    places: int = 2,
) -> list[Charge]:
    """A charge for each period that ends in ``ends`` until nothing is left; zeros are left out.

    A period in which the life ends is dated at that end. ``usage`` (date, units) is what units of
    production are charged by; with it ``ends`` must be finite.
    """
    charges: list[Charge] = []
    booked = ZERO
    depreciable = max(basis.amount - terms.residual, ZERO)
    before = Reached(basis.elapsed, basis.units)
    for end in ends:
        if booked >= depreciable or terms.method == Method.NONE:
            break
        units = sum((used for day, used in usage if day <= end), ZERO)
        after = Reached(elapsed(terms, end), units)
        charge = charge_between(terms, basis, before, after, booked=booked, places=places)
        booked, before = booked + charge, after
        if charge:
            day = end
            if terms.method != Method.UNITS and booked >= depreciable:
                day = min(end, end_of_life(terms))
            charges.append(Charge(day, charge, booked, basis.amount - booked))
    return charges
