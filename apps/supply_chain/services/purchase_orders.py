"""Purchase orders: written, confirmed, closed. What is received and billed is in the registers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import ZERO, require_decimal
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
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import (
    Expected,
    close_expected,
    expect_moves,
    reopen_expected,
)
from apps.masterdata.models import Partner
from apps.supply_chain.models import PurchaseContract, PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.purchase_orders import line_quantities
from apps.supply_chain.services.contract_releases import hold_contract
from apps.supply_chain.services.drop_ship_lines import hold_promises
from apps.supply_chain.services.order_approvals import require_approved
from apps.supply_chain.services.order_budgets import check_budgets
from apps.supply_chain.services.order_lines import (
    KEPT,
    as_ordered,
    dated,
    order_lines,
    sourced,
)
from apps.supply_chain.services.order_lines import OrderLine as OrderLine
from apps.supply_chain.services.order_terms import order_terms
from apps.supply_chain.services.subcontracting import plan_material, sending

SERIES = "supply_chain_purchaseorder_series"
PREFIX = "PO"
CHANGEABLE = frozenset(
    {
        "partner",
        "site",
        "order_date",
        "due_date",
        "supplier_reference",
        "contract",
        "currency",
        "tax_amount",
        "freight_amount",
    }
)
#: Changed, they may leave the supplier's terms or the contract.
BINDING = frozenset({"partner", "currency", "order_date"})
Status = PurchaseOrder.Status


def create_purchase_order(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    lines: Sequence[OrderLine],
    by: User,
    order_date: Date | None = None,
    due_date: Date | None = None,
    currency: Currency | None = None,
    supplier_reference: str = "",
    contract: PurchaseContract | None = None,
    tax_amount: Decimal = ZERO,
    freight_amount: Decimal = ZERO,
    ships_to: Partner | None = None,
    delivery_address: str = "",
) -> PurchaseOrder:
    """Write an order down as a draft; it is numbered at once. Four statements for stock units.

    Without a due date the supplier's lead times apply, line by line, in his working days, else
    those of the items; the order is due with its last line. Raises ``InvalidInput`` naming field
    and row: less than the supplier sells, or between two of his multiples; with a ``contract``
    (whose prices then apply) more than is open of it.
    """
    order_date = order_date or timezone.now().astimezone(site.zone).date()
    terms = order_terms(
        company, partner.pk, [line.item for line in lines], order_date, dated=due_date is None
    )
    if due_date is None:
        lines = dated(lines, terms)
        due_date = max((line.due_date for line in lines if line.due_date), default=order_date)
    order = PurchaseOrder(
        company=company,
        partner=partner,
        site=site,
        order_date=order_date,
        due_date=due_date,
        currency_id=_currency(partner, contract, currency),
        supplier_reference=supplier_reference,
        contract=contract,
        tax_amount=tax_amount,
        freight_amount=freight_amount,
        ships_to=ships_to,
        delivery_address=delivery_address,
        created_by=by,
    )
    check_order(order)
    _check_dates(order, lines)
    rows = order_lines(order, lines, terms)
    with unit_of_work():
        hold_promises(order, rows)
        hold_contract(order, rows)
        order.number = next_number(SERIES, PREFIX)
        insert_all([order], by=by)
        PurchaseOrderLine.objects.bulk_create(rows)
    return order


def update_purchase_order(
    order: PurchaseOrder,
    *,
    by: User,
    lines: Sequence[OrderLine] | None = None,
    version: int | None = None,
    **values: Any,
) -> PurchaseOrder:
    """Change a draft; ``lines``, when given, replace all of its lines, which keep their sources.

    No approval survives it. With another ``contract`` its prices apply.
    """
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of an order: {sorted(unknown)}")
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, Status.DRAFT)
        for name, value in values.items():
            setattr(order, name, value)
        order.approved_by = None
        check_order(order)
        _check_dates(order, lines or ())
        there = list(order.lines.select_related(*KEPT))
        if lines is None and "contract" in values:
            lines = as_ordered(there, keep_prices=order.contract is None)
        if lines is None and values.keys() & BINDING:
            hold_contract(order, there)
            order.lines.update(supplier_item=None)
        if lines is None and "site" in values:
            hold_promises(order, there)
        if lines is not None:
            lines = sourced(lines, there)
            items = [line.item for line in lines]
            terms = order_terms(order.company, order.partner_id, items, order.order_date)
            rows = order_lines(order, lines, terms)
            hold_promises(order, rows)
            hold_contract(order, rows)
            order.lines.all().delete()
            PurchaseOrderLine.objects.bulk_create(rows)
        update_all([order], "approved_by", *sorted(values), by=by)
    return order


def confirm_purchase_order(
    order: PurchaseOrder, *, by: User, version: int | None = None
) -> PurchaseOrder:
    """Order it: from now on its lines are expected to come in."""
    with unit_of_work():
        lock(order, version=version)
        return confirm_purchase_orders([order], by=by)[0]


def confirm_purchase_orders(orders: Sequence[PurchaseOrder], *, by: User) -> list[PurchaseOrder]:
    """Confirm orders of one company; six statements however many orders and lines.

    More are those of the check where there is a budget, and of our material where suppliers work
    on some. Raises ``BusinessError`` when a budget has too little left, when the company has limits
    for orders and somebody has to approve one, or when nobody knows what a supplier needs.
    """
    with unit_of_work():
        locked = list(
            PurchaseOrder.objects.select_for_update(of=("self",))
            .select_related("company__currency", "partner", "site")
            .filter(pk__in=[order.pk for order in orders])
            .order_by("pk")
        )
        by_key = {order.pk: order for order in locked}
        for order in locked:
            order.transition_to(Status.CONFIRMED)
        lines = list(
            PurchaseOrderLine.objects.filter(order__in=locked)
            .select_related("item", "supplier_item")
            .order_by("order_id", "position")
        )
        _require_lines(locked, lines)
        require_approved(locked)
        expectations = [
            Expected(
                line,
                ExpectedMove.Direction.IN,
                line.item,
                by_key[line.order_id].site,
                by_key[line.order_id].partner,
                line.stock_quantity,
                line.due_date,
                line.cost_object_id,
            )
            for line in lines
        ]
        if locked:
            check_budgets(locked[0].company, locked, lines, by=by)
            expectations += plan_material(locked, lines, by=by)
            expect_moves(locked[0].company, expectations, by=by)
        return update_all(locked, "status", by=by)


def cancel_purchase_order(
    order: PurchaseOrder, *, reason: str, by: User, version: int | None = None
) -> PurchaseOrder:
    """Give up an order that nothing has come for. Raises ``BusinessError`` when goods have."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order, version=version)
        was_confirmed = order.status == Status.CONFIRMED
        order.transition_to(Status.CANCELLED)
        if was_confirmed:
            close_expected(order.company, [*order.lines.all(), *sending(order)], by=by)
            if any(line.received for line in line_quantities([order.pk])):
                raise BusinessError(
                    "has_receipts",
                    _("Goods of {order} have come in. Close it instead.").format(order=order),
                    field="status",
                )
        return update_all([order], "status", by=by, reason=reason)[0]


def close_purchase_order(
    order: PurchaseOrder, *, by: User, reason: str = "", version: int | None = None
) -> PurchaseOrder:
    """Expect nothing more of it, however much has come. What came can still be billed."""
    with unit_of_work():
        order = lock(order, version=version)
        order.transition_to(Status.CLOSED)
        close_expected(order.company, [*order.lines.all(), *sending(order)], by=by)
        return update_all([order], "status", by=by, reason=reason)[0]


def reopen_purchase_order(
    order: PurchaseOrder, *, reason: str, by: User, version: int | None = None
) -> PurchaseOrder:
    """Expect again what a closed order still lacks."""
    reason = require_reason(reason)
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, Status.CLOSED)
        order.transition_to(Status.CONFIRMED)
        lines = list(order.lines.select_related("item", "contract_line"))
        missing = {
            one.line_id: max(one.ordered - one.received, ZERO)
            for one in line_quantities([order.pk])
        }
        check_budgets(order.company, [order], lines, by=by, open_quantities=missing)
        hold_contract(order, lines)
        order.lines.filter(is_closed_short=True).update(is_closed_short=False)
        reopen_expected(order.company, [*lines, *sending(order)], by=by)
        return update_all([order], "status", by=by, reason=reason)[0]


def _currency(partner: Partner, contract: PurchaseContract | None, given: Currency | None) -> str:
    if given is not None:
        return given.pk
    return contract.currency_id if contract else partner.currency_id


def _require_lines(orders: Sequence[PurchaseOrder], lines: Sequence[PurchaseOrderLine]) -> None:
    filled = {line.order_id for line in lines}
    for row, order in enumerate(orders):
        if order.pk not in filled:
            raise BusinessError(
                "no_lines",
                _("{order} has no lines.").format(order=order),
                field="lines",
                row=row if len(orders) > 1 else None,
            )


def check_order(order: PurchaseOrder) -> None:
    """Raise ``InvalidInput`` naming the field of a header that can't be."""
    require_company(order.company, partner=order.partner, site=order.site)
    if not order.partner.is_supplier or not order.partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active supplier.").format(partner=order.partner),
            field="partner",
        )
    for field in ("tax_amount", "freight_amount"):
        value = require_decimal(
            getattr(order, field), field=field, decimal_places=4, positive=False
        )
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field=field)


def _check_dates(order: PurchaseOrder, lines: Sequence[OrderLine]) -> None:
    """Only for what is written here: real histories have orders due before their day."""
    dates = [(None, order.due_date), *((row, line.due_date) for row, line in enumerate(lines))]
    for row, due_date in dates:
        if due_date and due_date < order.order_date:
            raise InvalidInput(
                "due_before_order",
                _("It can't be due before it is ordered."),
                field="due_date",
                row=row,
            )
