"""Landed cost: charges that receipts bear by quantity, value, weight or volume, whenever known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, allocate, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.inventory.models import LandedCost, LandedCostLine, StockMove
from apps.inventory.queries.landed_costs import Measured, measured_moves
from apps.inventory.services.cost_adjustments import adjust_receipts
from apps.masterdata.models import Partner

JOURNAL = "INV"
Status = LandedCost.Status
Basis = LandedCost.Basis


def draft_landed_cost(
    company: Company,
    *,
    date: Date,
    amount: Decimal,
    basis: str,
    moves: Sequence[StockMove],
    by: User,
    partner: Partner | None = None,
    note: str = "",
) -> LandedCost:
    """Write down which receipts bear ``amount`` (company currency), split by ``basis``.

    Raises ``InvalidInput`` naming the row: ``not_a_receipt``, ``reversed``, ``no_weight``,
    ``no_volume``, ``mixed_units`` for quantities that can't be added, ``line_twice``.
    """
    with unit_of_work():
        landed = LandedCost(
            company=company,
            number=next_number("inventory_landedcost_series", "LC"),
            date=date,
            amount=amount,
            basis=basis,
            partner=partner,
            note=note,
            created_by=by,
        )
        _check_header(landed)
        _measures(landed, moves)
        landed = landed.save_by(by)
        _write_lines(landed, moves)
    return landed


def change_landed_cost(
    landed: LandedCost,
    *,
    by: User,
    version: int | None = None,
    moves: Sequence[StockMove] | None = None,
    **values: Any,
) -> LandedCost:
    """Change a draft; ``moves`` replace all of its receipts."""
    with unit_of_work():
        landed = lock(landed, version=version, related=("company__currency",))
        require_status(landed, Status.DRAFT)
        for name, value in values.items():
            setattr(landed, name, value)
        _check_header(landed)
        if moves is None:
            _measures(landed, [line.move for line in landed.lines.select_related("move")])
        else:
            _measures(landed, moves)
            landed.lines.all().delete()
            _write_lines(landed, moves)
        return landed.save_by(by)


def post_landed_cost(landed: LandedCost, *, by: User, version: int | None = None) -> LandedCost:
    """Add the charge to its receipts, where their units are now; old moves stay as they are.

    Parts sum to the amount (largest remainder). The other side is the account of charges.
    """
    with unit_of_work():
        landed = lock(landed, version=version, related=("company__currency",))
        landed.transition_to(Status.POSTED)
        lines = list(landed.lines.select_related("move__from_location", "move__to_location"))
        measures = _measures(landed, [line.move for line in lines])
        places = landed.company.currency.decimal_places
        shares = allocate(landed.amount, measures, places)
        for line, measure, share in zip(lines, measures, shares, strict=True):
            line.measure, line.amount = measure, share
        _adjust(landed, lines, 1, landed.date, "", f"{landed.number} {landed.note}".strip(), by)
        LandedCostLine.objects.bulk_update(lines, ["measure", "amount"])
        return landed.save_by(by)


def reverse_landed_cost(
    landed: LandedCost, *, reason: str, by: User, date: Date | None = None
) -> LandedCost:
    """Take the charge off its receipts again, wherever their units are by now."""
    reason = require_reason(reason)
    with unit_of_work():
        landed = lock(landed, related=("company__currency",))
        landed.transition_to(Status.REVERSED)
        lines = list(landed.lines.select_related("move__from_location", "move__to_location"))
        text = _("Reversal of {document}: {reason}").format(document=landed.number, reason=reason)
        _adjust(landed, lines, -1, date or timezone.localdate(), "reversal", text, by)
        return landed.save_by(by, reason=reason)


def cancel_landed_cost(landed: LandedCost, *, by: User, reason: str = "") -> LandedCost:
    """Give up a draft."""
    with unit_of_work():
        landed = lock(landed)
        landed.transition_to(Status.CANCELLED)
        return landed.save_by(by, reason=reason)


def _check_header(landed: LandedCost) -> None:
    require_company(landed.company, partner=landed.partner)
    places = landed.company.currency.decimal_places
    require_decimal(landed.amount, field="amount", decimal_places=places)
    if landed.basis not in Basis.values:
        raise InvalidInput("unknown_basis", _("There is no such basis."), field="basis")


def _measures(landed: LandedCost, moves: Sequence[StockMove]) -> list[Decimal]:
    """What each receipt weighs in the split; raises naming the row that can't be measured."""
    if not moves:
        raise InvalidInput("no_lines", _("The document has no lines."), field="lines")
    found = measured_moves(landed.company, [move.pk for move in moves])
    seen: set[int] = set()
    measures = []
    for row, move in enumerate(moves):
        one = found.get(move.pk)
        if one is None or not one.is_receipt:
            raise InvalidInput("not_a_receipt", _("This is no receipt."), field="move", row=row)
        if move.pk in seen:
            raise InvalidInput(
                "line_twice", _("{item} is here twice.").format(item=one.item), field="move",
                row=row,
            )  # fmt: skip
        seen.add(move.pk)
        if one.is_reversed:
            raise BusinessError(
                "reversed",
                _("The receipt of {item} was taken back.").format(item=one.item),
                field="move",
                row=row,
            )
        measures.append(_measure(landed.basis, one, found[moves[0].pk], row))
    if not sum(measures, ZERO):
        raise InvalidInput(
            "no_value", _("The receipts are worth nothing: split by another basis."), field="basis"
        )
    return measures


def _measure(basis: str, one: Measured, first: Measured, row: int) -> Decimal:
    if basis == Basis.VALUE:
        return one.value
    if basis == Basis.QUANTITY:
        if one.unit_id != first.unit_id:
            raise InvalidInput(
                "mixed_units",
                _(
                    "{item} is measured in another unit than {first}: split by another basis."
                ).format(item=one.item, first=first.item),
                field="move",
                row=row,
            )
        return one.quantity
    measure = one.weight if basis == Basis.WEIGHT else one.volume
    if measure is not None:
        return measure
    if basis == Basis.WEIGHT:
        code, text = "no_weight", _("The weight of {item} is not known (item handling).")
    else:
        code, text = "no_volume", _("The volume of {item} is not known (item handling).")
    raise InvalidInput(code, text.format(item=one.item), field="move", row=row)


def _write_lines(landed: LandedCost, moves: Sequence[StockMove]) -> None:
    LandedCostLine.objects.bulk_create(
        [
            LandedCostLine(company_id=landed.company_id, landed_cost=landed, move=move)
            for move in moves
        ]
    )


def _adjust(
    landed: LandedCost,
    lines: Sequence[LandedCostLine],
    sign: int,
    date: Date,
    purpose: str,
    description: str,
    by: User,
) -> None:
    account_id = AccountResolver(landed.company).account_id(PostingRole.CHARGES)
    adjust_receipts(
        landed.company,
        [(line.move, sign * (line.amount or ZERO)) for line in lines],
        source=landed,
        date=date,
        journal=JOURNAL,
        by=by,
        purpose=purpose or "landed_cost",
        description=description,
        counter_lines=lambda total: [Line(account_id, -total, partner_id=landed.partner_id)],
    )
