"""Purchase contracts: written, put into force, released by orders, closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import require_decimal, round_fraction
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item, Partner, Unit
from apps.masterdata.services.units import conversion_ratio
from apps.supply_chain.models import PurchaseContract, PurchaseContractLine, PurchaseOrder
from apps.supply_chain.services.order_lines import positions_of
from apps.supply_chain.services.purchase_orders import OrderLine, create_purchase_order

SERIES = "supply_chain_contract_series"
PREFIX = "PC"
CHANGEABLE = frozenset(
    {"kind", "partner", "reference", "currency", "valid_from", "valid_until", "value_agreed"}
)
Status = PurchaseContract.Status


@dataclass(frozen=True, slots=True)
class Agreed:
    """An item at a net price per ``unit`` (else the stock unit), and how much, or no limit."""

    item: Item
    unit_price: Decimal
    quantity: Decimal | None = None
    unit: Unit | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """How much of a contract line is ordered, in its unit, and for when."""

    contract_line: PurchaseContractLine
    quantity: Decimal
    due_date: Date


def create_contract(
    company: Company,
    *,
    partner: Partner,
    valid_from: Date,
    valid_until: Date,
    lines: Sequence[Agreed],
    by: User,
    kind: str = PurchaseContract.Kind.BLANKET,
    currency: Currency | None = None,
    reference: str = "",
    value_agreed: Decimal | None = None,
) -> PurchaseContract:
    """Write a contract down as a draft. Raises ``InvalidInput`` naming field and row."""
    contract = PurchaseContract(
        company=company,
        kind=kind,
        partner=partner,
        reference=reference,
        currency_id=currency.pk if currency else partner.currency_id,
        valid_from=valid_from,
        valid_until=valid_until,
        value_agreed=value_agreed,
        created_by=by,
    )
    _check(contract)
    rows = _lines(contract, lines)
    with unit_of_work():
        contract.number = next_number(SERIES, PREFIX)
        insert_all([contract], by=by)
        PurchaseContractLine.objects.bulk_create(rows)
    return contract


def update_contract(
    contract: PurchaseContract,
    *,
    by: User,
    lines: Sequence[Agreed] | None = None,
    version: int | None = None,
    **values: Any,
) -> PurchaseContract:
    """Change a draft; ``lines``, when given, replace all of its lines."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a contract: {sorted(unknown)}")
    with unit_of_work():
        contract = lock(contract, version=version)
        require_status(contract, Status.DRAFT)
        for name, value in values.items():
            setattr(contract, name, value)
        _check(contract)
        if lines is not None:
            rows = _lines(contract, lines)
            contract.lines.all().delete()
            PurchaseContractLine.objects.bulk_create(rows)
        update_all([contract], *sorted(values), by=by)
    return contract


def activate_contract(
    contract: PurchaseContract, *, by: User, version: int | None = None
) -> PurchaseContract:
    """It is signed: orders may release it."""
    return _step(contract, Status.ACTIVE, "", by, version)


def close_contract(
    contract: PurchaseContract, *, by: User, version: int | None = None
) -> PurchaseContract:
    """Nothing more is released of it; what is released stays on order."""
    return _step(contract, Status.CLOSED, "", by, version)


def cancel_contract(
    contract: PurchaseContract, *, reason: str, by: User, version: int | None = None
) -> PurchaseContract:
    """Give up a draft."""
    return _step(contract, Status.CANCELLED, require_reason(reason), by, version)


def release_contract(
    contract: PurchaseContract, *, site: Site, lines: Sequence[Release], by: User
) -> PurchaseOrder:
    """A draft order at the contract's prices, a line for each of ``lines``.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: a line of another contract, more
    than is open, not in force.
    """
    known = set(contract.lines.values_list("pk", flat=True))
    for row, one in enumerate(lines):
        if one.contract_line.pk not in known:
            raise InvalidInput(
                "wrong_contract",
                _("This line is not of {contract}.").format(contract=contract),
                field="contract_line",
                row=row,
            )
    if not lines:
        raise InvalidInput("no_lines", _("Say how much is released."), field="lines")
    return create_purchase_order(
        contract.company,
        partner=contract.partner,
        site=site,
        contract=contract,
        due_date=max(one.due_date for one in lines),
        lines=[
            OrderLine(
                one.contract_line.item,
                one.quantity,
                unit=one.contract_line.unit,
                due_date=one.due_date,
            )
            for one in lines
        ],
        by=by,
    )


def _step(
    contract: PurchaseContract, status: str, reason: str, by: User, version: int | None
) -> PurchaseContract:
    with unit_of_work():
        contract = lock(contract, version=version)
        contract.transition_to(status)
        if status == Status.ACTIVE and not contract.lines.exists():
            raise BusinessError(
                "no_lines", _("{order} has no lines.").format(order=contract), field="lines"
            )
        return update_all([contract], "status", by=by, reason=reason)[0]


def _check(contract: PurchaseContract) -> None:
    require_company(contract.company, partner=contract.partner)
    if not contract.partner.is_supplier or not contract.partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active supplier.").format(partner=contract.partner),
            field="partner",
        )
    if contract.valid_until < contract.valid_from:
        raise InvalidInput("ends_before", _("It ends before it begins."), field="valid_until")
    if contract.value_agreed is not None:
        require_decimal(contract.value_agreed, field="value_agreed", decimal_places=4)


def _lines(contract: PurchaseContract, lines: Sequence[Agreed]) -> list[PurchaseContractLine]:
    if not lines:
        raise InvalidInput("no_lines", _("Say what is agreed."), field="lines")
    seen: set[int] = set()
    for row, line in enumerate(lines):
        _check_line(contract, line, seen, row)
    prefetch_related_objects([line.item for line in lines], "unit", "units")
    positions = positions_of([line.position for line in lines])
    rows = []
    for row, (line, position) in enumerate(zip(lines, positions, strict=True)):
        unit = line.unit or line.item.unit
        rows.append(
            PurchaseContractLine(
                company_id=contract.company_id,
                contract=contract,
                position=position,
                item=line.item,
                unit=unit,
                unit_price=line.unit_price,
                quantity=line.quantity,
                stock_per_unit=round_fraction(conversion_ratio(line.item, unit, row=row), 6),
            )
        )
    return rows


def _check_line(contract: PurchaseContract, line: Agreed, seen: set[int], row: int) -> None:
    require_company(contract.company, row=row, item=line.item, unit=line.unit)
    if line.item.pk in seen:
        raise InvalidInput(
            "item_twice",
            _("{item} is there twice.").format(item=line.item.code),
            field="item",
            row=row,
        )
    seen.add(line.item.pk)
    if not line.item.is_stocked or not line.item.is_active:
        raise InvalidInput(
            "not_stocked",
            _("{item} is not kept in stock, or no longer in use.").format(item=line.item.code),
            field="item",
            row=row,
        )
    if require_decimal(line.unit_price, field="unit_price", row=row, positive=False) < 0:
        raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)
    if line.quantity is not None:
        require_decimal(line.quantity, field="quantity", row=row)
