"""Purchase orders that release a contract: its prices apply, and no more than is open of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import ZERO, round_quantity
from apps.core.services.documents import lock, require_company
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import conversion_ratio
from apps.supply_chain.models import (
    PurchaseContract,
    PurchaseContractLine,
    PurchaseOrder,
    PurchaseOrderLine,
)
from apps.supply_chain.queries.contracts import Released, released_of
from apps.supply_chain.queries.supplier_terms import converted

if TYPE_CHECKING:
    from apps.supply_chain.services.order_lines import OrderLine


def agreed_lines(
    order: PurchaseOrder, lines: Sequence[OrderLine]
) -> Mapping[int, PurchaseContractLine]:
    """The contract's line of each item; none for an order without a contract.

    Raises ``InvalidInput`` naming the row of an item that is not in it.
    """
    if order.contract is None:
        return {}
    require_company(order.company, contract=order.contract)
    agreed = {line.item_id: line for line in order.contract.lines.select_related("unit")}
    for row, line in enumerate(lines):
        if line.item.pk not in agreed:
            raise InvalidInput(
                "not_in_contract",
                _("{item} is not in {contract}.").format(
                    item=line.item.code, contract=order.contract
                ),
                field="item",
                row=row,
            )
    prefetch_related_objects([line.item for line in lines], "unit", "units")
    return agreed


def contract_price(agreed: PurchaseContractLine, item: Item, unit: Unit | None) -> Decimal:
    """The agreed price per ``unit`` (else the stock unit)."""
    own = conversion_ratio(item, agreed.unit)
    return converted(agreed.unit_price, own, conversion_ratio(item, unit) if unit else Fraction(1))


def hold_contract(order: PurchaseOrder, rows: Sequence[PurchaseOrderLine]) -> None:
    """Lock the contract that ``order`` names and check that ``rows`` may be released of it.

    Raises ``BusinessError``: not in force on the order's day, of another supplier or currency,
    over the quantity or the value agreed. The order itself does not count as released yet.
    """
    if order.contract is None:
        return
    contract = lock(order.contract)
    _require_fitting(order, contract)
    released = {one.line_id: one for one in released_of([contract.pk], without=order.pk)}
    wanted: dict[int, Decimal] = {}
    for row, line in enumerate(rows):
        if line.contract_line_id is None:
            continue
        one = released[line.contract_line_id]
        per_unit = line.contract_line.stock_per_unit  # type: ignore[union-attr]
        taken = wanted.get(one.line_id, ZERO) + line.stock_quantity / per_unit
        wanted[one.line_id] = taken
        _require_quantity(contract, one, round_quantity(taken), row if len(rows) > 1 else None)
    _require_value(contract, list(released.values()), rows)


def _require_fitting(order: PurchaseOrder, contract: PurchaseContract) -> None:
    if contract.partner_id != order.partner_id:
        raise InvalidInput(
            "other_supplier",
            _("{contract} is with another supplier.").format(contract=contract),
            field="contract",
        )
    if contract.currency_id != order.currency_id:
        raise InvalidInput(
            "other_currency",
            _("{contract} is in {currency}.").format(
                contract=contract, currency=contract.currency_id
            ),
            field="currency",
        )
    is_time = contract.valid_from <= order.order_date <= contract.valid_until
    if contract.status != PurchaseContract.Status.ACTIVE or not is_time:
        raise BusinessError(
            "contract_not_in_force",
            _("{contract} is not in force on {day}.").format(
                contract=contract, day=order.order_date
            ),
            field="contract",
        )


def _require_quantity(
    contract: PurchaseContract, one: Released, wanted: Decimal, row: int | None
) -> None:
    if one.open is not None and wanted > one.open:
        raise BusinessError(
            "over_release",
            _("{contract}: {open} {unit} of {item} are open, {wanted} wanted.").format(
                contract=contract,
                open=f"{max(one.open, ZERO).normalize():f}",
                unit=one.unit_code,
                item=one.item_code,
                wanted=f"{wanted.normalize():f}",
            ),
            field="quantity",
            row=row,
            details={"open": str(max(one.open, ZERO))},
        )


def _require_value(
    contract: PurchaseContract, released: Sequence[Released], rows: Sequence[PurchaseOrderLine]
) -> None:
    if contract.value_agreed is None:
        return
    left = contract.value_agreed - sum((one.value for one in released), ZERO)
    wanted = sum((row.quantity * row.unit_price for row in rows), ZERO)
    if wanted > left:
        raise BusinessError(
            "over_value",
            _("{contract}: {left} {currency} are open, the order comes to {wanted}.").format(
                contract=contract,
                left=f"{max(left, ZERO):.2f}",
                currency=contract.currency_id,
                wanted=f"{wanted:.2f}",
            ),
            field="contract",
            details={"open": str(max(left, ZERO))},
        )
