"""Where late cost belongs: arithmetic over plain values, one level of the way at a time.

Units of a receipt are in its layer, or went on; what became of them in production follows the
outputs. Amounts are in company currency; parts always sum to what was split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from apps.core.money import ZERO, allocate


@dataclass(frozen=True, slots=True)
class Use:
    """Units of a layer that went on: where to, and which receipt brought them back, if one did."""

    quantity: Decimal
    item_id: int
    kind: str
    cost_object_id: int | None = None
    partner_id: int | None = None
    reason_id: int | None = None
    returned_by: int | None = None


@dataclass(slots=True)
class Receipt:
    """A receipt and where its units are. One of a standard-cost item has no layer."""

    move_id: int
    item_id: int
    layer_id: int | None = None
    quantity_left: Decimal = ZERO
    uses: list[Use] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of late cost ends: an account's role and the dimensions of the line."""

    role: str
    item_id: int
    layer_id: int | None = None
    cost_object_id: int | None = None
    partner_id: int | None = None
    reason_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Production:
    """Cost that went into production: by what it was collected on and through which item."""

    cost_object_id: int
    item_id: int
    reason_id: int | None


@dataclass(slots=True)
class Output:
    """What left production: WIP that is still there, receipts of goods, expense by account."""

    in_wip: Decimal = ZERO
    receipts: list[tuple[int, Decimal]] = field(default_factory=list)
    expenses: list[tuple[int, Decimal]] = field(default_factory=list)


@dataclass(slots=True)
class Parts:
    """Late cost on its way: what has arrived, what must still be followed."""

    arrived: dict[Place, Decimal] = field(default_factory=dict)
    receipts: dict[int, Decimal] = field(default_factory=dict)
    productions: dict[Production, Decimal] = field(default_factory=dict)

    def arrive(self, place: Place, amount: Decimal) -> None:
        if amount:
            self.arrived[place] = self.arrived.get(place, ZERO) + amount

    def follow_receipt(self, move_id: int, amount: Decimal) -> None:
        if amount:
            self.receipts[move_id] = self.receipts.get(move_id, ZERO) + amount

    def follow_production(self, production: Production, amount: Decimal) -> None:
        if amount:
            self.productions[production] = self.productions.get(production, ZERO) + amount


def split_receipts(
    parts: Parts,
    receipts: Mapping[int, Receipt],
    roles: Mapping[str, str],
    *,
    stock_role: str,
    variance_role: str,
    decimal_places: int,
) -> None:
    """Split what ``parts`` holds for receipts by where their units are.

    ``roles`` says which role an account plays for each kind of place.
    """
    waiting, parts.receipts = parts.receipts, {}
    for move_id, amount in waiting.items():
        receipt = receipts[move_id]
        if receipt.layer_id is None:
            parts.arrive(Place(variance_role, receipt.item_id), amount)
            continue
        weights = [receipt.quantity_left, *(use.quantity for use in receipt.uses)]
        in_stock, *used = allocate(amount, weights, decimal_places)
        parts.arrive(Place(stock_role, receipt.item_id, receipt.layer_id), in_stock)
        for use, share in zip(receipt.uses, used, strict=True):
            _follow_use(parts, use, share, roles, variance_role)


def _follow_use(
    parts: Parts, use: Use, share: Decimal, roles: Mapping[str, str], variance_role: str
) -> None:
    if use.returned_by is not None:
        parts.follow_receipt(use.returned_by, share)
    elif use.kind == "production" and use.cost_object_id is not None:
        production = Production(use.cost_object_id, use.item_id, use.reason_id)
        parts.follow_production(production, share)
    elif use.kind == "supplier":
        parts.arrive(Place(variance_role, use.item_id, partner_id=use.partner_id), share)
    else:
        place = Place(
            roles[use.kind],
            use.item_id,
            cost_object_id=use.cost_object_id,
            partner_id=use.partner_id,
            reason_id=use.reason_id,
        )
        parts.arrive(place, share)


def split_productions(
    parts: Parts, outputs: Mapping[int, Output], *, wip_role: str, decimal_places: int
) -> None:
    """Split what ``parts`` holds for production: WIP keeps its share, the rest follows outputs."""
    waiting, parts.productions = parts.productions, {}
    for production, amount in waiting.items():
        output = outputs.get(production.cost_object_id, Output())
        weights = [
            max(output.in_wip, ZERO),
            *(value for _move, value in output.receipts),
            *(value for _account, value in output.expenses),
        ]
        if not any(weights):  # worth nothing so far: to the goods alike, or it waits in WIP
            weights = [ZERO if output.receipts else Decimal(1)]
            weights += [Decimal(1)] * len(output.receipts) + [ZERO] * len(output.expenses)
        shares = allocate(amount, weights, decimal_places)
        _place_in_wip(parts, production, shares[0], wip_role)
        after = 1 + len(output.receipts)
        for (move_id, _value), share in zip(output.receipts, shares[1:after], strict=True):
            parts.follow_receipt(move_id, share)
        for (account_id, _value), share in zip(output.expenses, shares[after:], strict=True):
            place = Place(
                "",
                production.item_id,
                cost_object_id=production.cost_object_id,
                account_id=account_id,
            )
            parts.arrive(place, share)


def stop_in_wip(parts: Parts, *, wip_role: str) -> None:
    """Leave what still circles in production there: it is a cent that feeds itself."""
    waiting, parts.productions = parts.productions, {}
    for production, amount in waiting.items():
        _place_in_wip(parts, production, amount, wip_role)


def _place_in_wip(parts: Parts, production: Production, amount: Decimal, role: str) -> None:
    parts.arrive(
        Place(
            role,
            production.item_id,
            cost_object_id=production.cost_object_id,
            reason_id=production.reason_id,
        ),
        amount,
    )


def bearable(amount: Decimal, worth: Decimal) -> Decimal:
    """What stock worth ``worth`` can take of ``amount``: its value never falls below zero."""
    return max(amount, -worth)
