"""Standstills: told by a machine's stops or by people, from when to when.

Whoever watches the machine calls ``follow_stops`` in its own transaction; nothing here knows
where stops come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, update_all
from apps.core.sql import columns, fetch_all
from apps.core.transactions import unit_of_work
from apps.maintenance.models import Asset, MaintenanceOrder
from apps.maintenance.models.requests import Priority
from apps.maintenance.queries.orders import has_posted_cost
from apps.maintenance.services.orders import create_order, release_order

Status = MaintenanceOrder.Status

_SEEN = """
SELECT w.stop_id, a.id, coalesce(r.is_breakdown, false), r.name, o.id
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS w(stop_id, machine_id, reason_id)
  JOIN maintenance_asset a ON a.machine_id = w.machine_id AND a.is_active
  LEFT JOIN masterdata_reasoncode r ON r.id = w.reason_id
  LEFT JOIN maintenance_maintenanceorder o ON o.stop_id = w.stop_id
 WHERE o.id IS NOT NULL OR r.is_breakdown
 ORDER BY w.machine_id, w.stop_id
"""


@dataclass(frozen=True, slots=True)
class MachineStop:
    """A stop as it is now: ``id`` is the caller's own and stays; gone: ``exists`` is False."""

    id: int
    machine_id: int
    starts_at: datetime
    ends_at: datetime | None
    reason_id: int | None
    exists: bool = True


def follow_stops(
    company: Company, stops: Sequence[MachineStop], *, by: User
) -> list[MaintenanceOrder]:
    """Bring breakdown orders up to the stops of machines; the orders that are new.

    A stop whose reason is a breakdown opens one, released; its end ends the standstill; another
    reason, or no stop any more, cancels an order on which nothing was done yet. One statement
    when none of the stops concerns maintenance.
    """
    if not stops:
        return []
    asked = ((stop.id, stop.machine_id, stop.reason_id) for stop in stops)
    seen = fetch_all(_SEEN, columns(asked, 3))
    by_id = {stop.id: stop for stop in stops}
    orders = _locked_orders([order_id for *_row, order_id in seen if order_id is not None])
    made, changed = [], []
    for stop_id, asset_id, is_breakdown, reason, order_id in seen:
        stop = by_id[stop_id]
        if order_id is not None:
            if _follow(orders[order_id], stop, is_breakdown):
                changed.append(orders[order_id])
        elif stop.exists:
            made.append(_open(company, asset_id, stop, reason, by))
    update_all(changed, "status", "downtime_starts_at", "downtime_ends_at", "stop_id", by=by)
    return made


def _locked_orders(ids: Sequence[int]) -> dict[int, MaintenanceOrder]:
    rows = MaintenanceOrder.objects.select_for_update(of=("self",)).filter(pk__in=ids)
    return {row.pk: row for row in rows.order_by("pk")}


def _follow(order: MaintenanceOrder, stop: MachineStop, is_breakdown: bool) -> bool:
    """Set what the stop says on its order; whether anything changed."""
    if not stop.exists or not is_breakdown:
        if order.status in (Status.PLANNED, Status.RELEASED) and not has_posted_cost(order):
            order.transition_to(Status.CANCELLED)
        ended = stop.ends_at if stop.exists else order.downtime_starts_at
        order.downtime_ends_at = order.downtime_ends_at or ended
        order.stop_id = None
        return True
    now = (stop.starts_at, stop.ends_at)
    if (order.downtime_starts_at, order.downtime_ends_at) == now:
        return False
    order.downtime_starts_at, order.downtime_ends_at = now
    return True


def _open(
    company: Company, asset_id: int, stop: MachineStop, reason: str, by: User
) -> MaintenanceOrder:
    known = _open_breakdowns(asset_id).select_for_update(of=("self",)).first()
    if known is not None and known.stop_id is None:
        # somebody called before the machine's stop had its reason: one standstill, one order
        known.stop_id = stop.id
        known.downtime_starts_at, known.downtime_ends_at = stop.starts_at, stop.ends_at
        return known.save_by(by)
    order = create_order(
        company,
        asset=Asset.objects.get(pk=asset_id),
        title=reason or _("Breakdown"),
        kind=MaintenanceOrder.Kind.BREAKDOWN,
        priority=Priority.URGENT,
        downtime_starts_at=stop.starts_at,
        downtime_ends_at=stop.ends_at,
        stop_id=stop.id,
        by=by,
    )
    return release_order(order, by=by)


def _open_breakdowns(asset_id: int) -> QuerySet[MaintenanceOrder]:
    """Breakdowns of an asset that stands still, not done yet."""
    return MaintenanceOrder.objects.filter(
        asset_id=asset_id,
        kind=MaintenanceOrder.Kind.BREAKDOWN,
        status__in=MaintenanceOrder.OPEN,
        downtime_ends_at__isnull=True,
    ).order_by("pk")


def open_breakdown(
    asset: Asset,
    *,
    title: str,
    by: User,
    at: datetime | None = None,
    description: str = "",
) -> MaintenanceOrder:
    """One click: the asset stands still, an urgent order is released.

    A second click finds the order of the first. The work's end ends the standstill, unless the
    machine tells of its stop meanwhile: then its end does.
    """
    now = timezone.now()
    starts_at = at or now
    if starts_at > now:
        raise InvalidInput("in_the_future", _("This is yet to come."), field="at")
    with unit_of_work():
        lock(asset)
        if (order := _open_breakdowns(asset.pk).first()) is not None:
            return order
        order = create_order(
            asset.company,
            asset=asset,
            title=title,
            description=description,
            kind=MaintenanceOrder.Kind.BREAKDOWN,
            priority=Priority.URGENT,
            downtime_starts_at=starts_at,
            by=by,
        )
        return release_order(order, by=by)


def end_downtime(
    order: MaintenanceOrder, *, by: User, at: datetime | None = None
) -> MaintenanceOrder:
    """The asset can run again. Raises ``BusinessError`` where its machine says so itself."""
    with unit_of_work():
        order = lock(order)
        if order.downtime_starts_at is None or order.downtime_ends_at is not None:
            raise BusinessError(
                "not_down", _("{asset} does not stand still.").format(asset=order.asset.code)
            )
        if order.stop_id is not None:
            raise BusinessError(
                "told_by_machine", _("The machine says when it runs again."), field="at"
            )
        now = timezone.now()
        moment = at or now
        if not order.downtime_starts_at <= moment <= now:
            raise InvalidInput(
                "impossible_time", _("It ended after it began, and before now."), field="at"
            )
        order.downtime_ends_at = moment
        return order.save_by(by)
