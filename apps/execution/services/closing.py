"""Closing a work order: work in process goes to zero, the rest to where it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, allocate, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.transactions import unit_of_work
from apps.execution.models import WorkOrder
from apps.execution.queries.order_costs import Booked, booked_time, cost_so_far, wip_balance
from apps.execution.queries.order_moves import quantity_completed
from apps.execution.services.locking import lock_order
from apps.finance.models import JournalEntry, PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, Line, post_entry, reverse_entry
from apps.inventory.models import Location, StockMove
from apps.inventory.services.cost_adjustments import adjust_receipts
from apps.masterdata.models import ItemCategory

JOURNAL = "PRD"


@dataclass(frozen=True, slots=True)
class Variance:
    """A part of what the order cost above (or, below zero, under) what its output is worth."""

    label: str
    amount: Decimal


def close_work_order(order: WorkOrder, *, date: Date, by: User) -> WorkOrder:
    """Close a completed order on ``date``: WIP(order) = 0 and nothing more is posted.

    Standard cost: the residual is posted to production variance, one line per cause. Actual cost:
    it follows the units to where they are now (accounting rules 14 and 24). An order that made
    nothing loses all it cost.
    """
    with unit_of_work():
        order = lock_order(order)
        order.transition_to(WorkOrder.Status.CLOSED)
        residual = wip_balance(order)
        if residual:
            outputs = _outputs(order)
            if outputs and order.item.category.costing != ItemCategory.Costing.STANDARD:
                _follow_units(order, residual, outputs, date, by)
            else:
                _post_variances(order, residual, date, by)
            _check_empty(order)
        order.closed_at = timezone.now()
        order.save_by(by)
    return order


def _check_empty(order: WorkOrder) -> None:
    if wip_balance(order):
        raise BusinessError(
            "wip_left", _("Work in process of {order} is not zero.").format(order=order.number)
        )


def reopen_work_order(order: WorkOrder, *, date: Date, reason: str, by: User) -> WorkOrder:
    """Back from closed to completed; the variances are reversed.

    Raises ``BusinessError`` when the residual went with the units: that can't be called back.
    """
    with unit_of_work():
        order = lock_order(order)
        order.transition_to(WorkOrder.Status.COMPLETED)
        entries = JournalEntry.objects.filter(
            lines__cost_object_id=order.cost_object_id,
            purpose__startswith="close",
            reversals__isnull=True,
        ).distinct()
        for entry in entries:
            if entry.lines.filter(item__isnull=False).exclude(item_id=order.item_id).exists():
                raise BusinessError(
                    "followed_units", _("The rest of its cost has gone with the units.")
                )
            reverse_entry(entry, date=date, by=by, purpose=f"reopen{entry.pk}")
        order.closed_at = None
        order.save_by(by, reason=reason)
    return order


def _outputs(order: WorkOrder) -> list[StockMove]:
    """Receipts of the order's goods that were not reversed."""
    return list(
        StockMove.objects.filter(
            cost_object_id=order.cost_object_id,
            item_id=order.item_id,
            from_location__kind=Location.Kind.PRODUCTION,
            to_location__kind=Location.Kind.INTERNAL,
            reverses__isnull=True,
            reversals__isnull=True,
        ).order_by("pk")
    )


def _follow_units(
    order: WorkOrder, residual: Decimal, outputs: list[StockMove], date: Date, by: User
) -> None:
    places = decimal_places(order.company.currency_id)
    parts = allocate(abs(residual), [move.quantity for move in outputs], places)
    sign = 1 if residual > 0 else -1
    deltas = [(move, sign * part) for move, part in zip(outputs, parts, strict=True) if part]
    adjust_receipts(
        order.company,
        deltas,
        source=order,
        date=date,
        journal=JOURNAL,
        by=by,
        purpose=f"close{order.version}",
        counter_lines=lambda total: [
            Line(
                account_id=_wip_account(order),
                amount=-total,
                site_id=order.site_id,
                cost_object_id=order.cost_object_id,
            )
        ],
    )


def _wip_account(order: WorkOrder) -> int:
    resolver = AccountResolver(order.company)
    return resolver.account_id(PostingRole.WIP, category_id=order.item.category_id)


def _post_variances(order: WorkOrder, residual: Decimal, date: Date, by: User) -> None:
    resolver = AccountResolver(order.company)
    category_id = order.item.category_id
    variance = resolver.account_id(PostingRole.PRODUCTION_VARIANCE, category_id=category_id)
    about: dict[str, Any] = {"site_id": order.site_id, "cost_object_id": order.cost_object_id}
    lines = [
        Line(variance, one.amount, memo=one.label, item_id=order.item_id, **about)
        for one in variances(order, residual)
    ]
    wip = resolver.account_id(PostingRole.WIP, category_id=category_id)
    lines.append(Line(wip, -residual, **about))
    post_entry(
        order.company,
        Entry(
            journal=JOURNAL,
            date=date,
            source=order,
            lines=lines,
            description=_("Closing of {order}").format(order=order.number),
            purpose=f"close{order.version}",
        ),
        by=by,
    )


def variances(order: WorkOrder, residual: Decimal) -> list[Variance]:
    """Split ``residual`` by cause: material usage, labour and machine efficiency, and the rest.

    Usage: what was issued beyond the bill's need for the units made, at its own average cost.
    Efficiency: time beyond the routing's, at what the time cost. The rest is price, rate, lot
    size and scrap: what standard and these orders' costs differ by.
    """
    places = decimal_places(order.company.currency_id)
    made = quantity_completed(order)
    so_far = cost_so_far(order)
    usage = ZERO
    for component in order.components.all():
        quantity, value = so_far.material.get(component.item_id, (ZERO, ZERO))
        if quantity > 0:
            needed = component.quantity * made / order.quantity
            usage += value / quantity * (quantity - needed)
    efficiency = _efficiency(order, made)
    parts = [
        Variance(_("Material usage"), round_money(usage, places)),
        Variance(_("Labour and machine efficiency"), round_money(efficiency, places)),
    ]
    rest = residual - sum((part.amount for part in parts), ZERO)
    parts.append(Variance(_("Price, rate, lot size and scrap"), rest))
    return [part for part in parts if part.amount]


def _efficiency(order: WorkOrder, made: Decimal) -> Decimal:
    """Time beyond the routing's for what was made, at the average rate it was booked at."""
    total = ZERO
    booked = booked_time(order)
    for operation in order.operations.all():
        allowed_machine = operation.setup_minutes + operation.run_minutes * made
        allowed_labour = allowed_machine * operation.labour_factor
        labour, machine = booked.get(operation.pk, (Booked(), Booked()))
        for time, allowed in ((labour, allowed_labour), (machine, allowed_machine)):
            if time.minutes:
                total += time.cost * (time.minutes - allowed) / time.minutes
    return total
