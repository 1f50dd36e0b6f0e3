"""Why a reorder rule suggests what it does, in sentences with its figures."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.reports import localized
from apps.supply_chain.models import ReorderRule
from apps.supply_chain.reordering import Reckoned


def reasons(rule: ReorderRule, one: Reckoned) -> list[str]:
    """A sentence for each step from usage to the quantity to order."""
    is_point = rule.method == ReorderRule.Method.REORDER_POINT
    said = _statistics(rule, one) if is_point else [_limits(rule)]
    said.append(_position(rule, one, is_point=is_point))
    said.append(_outcome(rule, one))
    return said


def _limits(rule: ReorderRule) -> str:
    return _("At {minimum} {unit} or less it is filled up to {maximum}.").format(
        minimum=text(rule.minimum), maximum=text(rule.maximum), unit=rule.item.unit.code
    )


def _statistics(rule: ReorderRule, one: Reckoned) -> list[str]:
    unit = rule.item.unit.code
    demand, lead_time = one.demand, one.lead_time
    said = [
        _("{demand} {unit} a day were used in {days} days, give or take {deviation}.").format(
            demand=text(demand.per_day),
            unit=unit,
            days=demand.days,
            deviation=text(demand.deviation),
        )
    ]
    if lead_time.receipts:
        said.append(
            _(
                "Half of {receipts} receipts came within {p50} days, nine of ten within {p90}."
            ).format(receipts=lead_time.receipts, p50=text(lead_time.p50), p90=text(lead_time.p90))
        )
    else:
        said.append(
            _("Too few receipts to learn from: the stated {days} days count.").format(
                days=text(lead_time.p50)
            )
        )
    said.append(
        _("{stock} {unit} of safety stock keep {percent} % service.").format(
            stock=text(one.level.safety_stock),
            unit=unit,
            percent=text(rule.service_level_percent),
        )
    )
    usual = demand.per_day * (lead_time.p50 + rule.review_days)
    if one.stock.known_out > usual:
        said.append(
            _("Orders in hand take {known} {unit} by then, more than the usual {usual}.").format(
                known=text(one.stock.known_out), unit=unit, usual=text(usual)
            )
        )
    said.append(
        _("The reorder point is {point} {unit} for {days} days.").format(
            point=text(one.level.reorder_point),
            unit=unit,
            days=text(lead_time.p50 + rule.review_days),
        )
    )
    return said


def _position(rule: ReorderRule, one: Reckoned, *, is_point: bool) -> str:
    stock = one.stock
    parts = [_("{much} on hand").format(much=text(stock.on_hand))]
    if stock.reserved:
        parts.append(_("{much} of it reserved").format(much=text(stock.reserved)))
    parts.append(_("{much} ordered").format(much=text(stock.expected_in)))
    if stock.requested:
        parts.append(_("{much} asked for").format(much=text(stock.requested)))
    if not is_point and stock.expected_out:
        parts.append(_("{much} promised").format(much=text(stock.expected_out)))
    return _("The position is {position} {unit}: {parts}.").format(
        position=text(one.level.position), unit=rule.item.unit.code, parts=", ".join(parts)
    )


def _outcome(rule: ReorderRule, one: Reckoned) -> str:
    unit = rule.item.unit.code
    if not one.quantity:
        return _("That is enough.")
    missing = text(one.level.shortfall)
    if one.quantity == one.level.shortfall:
        return _("{missing} {unit} are lacking up to {level}.").format(
            missing=missing, unit=unit, level=text(one.level.order_up_to)
        )
    return _(
        "{missing} {unit} are lacking up to {level}: {quantity} in whole units and the "
        "supplier's lots."
    ).format(
        missing=missing,
        unit=unit,
        level=text(one.level.order_up_to),
        quantity=text(one.quantity),
    )


def text(value: Decimal | None) -> str:
    """A figure for people: at most two decimals, the reader's separators."""
    if value is None:
        return "–"
    rounded = round(value, 2).normalize()
    return localized(f"{rounded:,f}")
