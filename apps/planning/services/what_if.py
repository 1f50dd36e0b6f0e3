"""What if: the plan and the schedule with other demand, lead times or capacity, and nothing kept.

Everything runs on a savepoint: the changes are made, the plan is calculated as ever, its figures
are read, and the savepoint is rolled back. What is shown is the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import Expected, close_expected, expect_moves
from apps.masterdata.models import Item
from apps.planning.models import Forecast, ItemPlanning, PlanningRun, Schedule
from apps.planning.services.item_plannings import create_item_planning, update_item_planning
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from apps.planning.services.schedules import calculate_schedule, create_schedule

MOST_CHANGES = 200
_FIGURES = """
SELECT count(*) FILTER (WHERE o.status = 'planned'),
       count(*) FILTER (WHERE o.start_date < %(on)s AND o.status = 'planned'),
       coalesce(sum(o.quantity * c.cost) FILTER (WHERE o.kind = 'buy'), 0),
       coalesce(sum(o.quantity_good * c.cost) FILTER (WHERE o.kind = 'make'), 0)
  FROM planning_plannedorder o
  JOIN LATERAL (
       SELECT coalesce(nullif(CASE WHEN v.quantity > 0 THEN v.value / v.quantity ELSE 0 END, 0),
                       nullif(v.standard_cost, 0), i.purchase_price) AS cost
         FROM masterdata_item i LEFT JOIN inventory_itemvaluation v ON v.item_id = i.id
        WHERE i.id = o.item_id) AS c ON true
 WHERE o.company_id = %(company)s AND o.site_id = %(site)s
"""
# Margin of what customers ask for within the horizon: what they pay less what it costs us.
_DEMAND = """
SELECT coalesce(sum(p.quantity * (i.sales_price - c.cost)), 0),
       coalesce(sum(p.quantity * c.cost), 0),
       count(DISTINCT p.demand_move_id) FILTER (WHERE p.supply = 'none' OR o.start_date < %(on)s)
  FROM planning_pegging p
  JOIN masterdata_item i ON i.id = p.item_id
  LEFT JOIN planning_plannedorder o ON o.id = p.planned_order_id
  JOIN inventory_expectedmove e ON e.id = p.demand_move_id
  JOIN django_content_type t ON t.id = e.source_type_id
   AND t.model IN ('salesorderline', 'salesorderlinepart', 'forecast')
  JOIN LATERAL (
       SELECT coalesce(nullif(CASE WHEN v.quantity > 0 THEN v.value / v.quantity ELSE 0 END, 0),
                       nullif(v.standard_cost, 0), i.purchase_price) AS cost
         FROM masterdata_item x LEFT JOIN inventory_itemvaluation v ON v.item_id = x.id
        WHERE x.id = p.item_id) AS c ON true
 WHERE p.company_id = %(company)s AND p.site_id = %(site)s
"""
_STOCK = """
SELECT coalesce(sum(v.value), 0) FROM inventory_itemvaluation v WHERE v.company_id = %(company)s
"""


@dataclass(frozen=True, slots=True)
class DemandChange:
    """``quantity`` more (or, below zero, less) of ``item`` wanted on ``due_date``."""

    item: Item
    quantity: Decimal
    due_date: Date


@dataclass(frozen=True, slots=True)
class LeadTimeChange:
    item: Item
    lead_time_days: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan comes to. Money in company currency."""

    planned_orders: int
    late_starts: int
    customers_late: int
    late_work_orders: int
    makespan_minutes: Decimal
    purchases: Decimal
    work_in_process: Decimal
    stock_value: Decimal
    margin: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    before: Figures
    after: Figures

    @property
    def difference(self) -> dict[str, Any]:
        return {
            field.name: getattr(self.after, field.name) - getattr(self.before, field.name)
            for field in fields(Figures)
        }


class _RollBack(Exception):
    """Takes the savepoint back with the figures in hand."""

    def __init__(self, figures: Figures) -> None:
        super().__init__()
        self.figures = figures


def compare_what_if(
    company: Company,
    *,
    site: Site,
    by: User,
    demand: Sequence[DemandChange] = (),
    lead_times: Sequence[LeadTimeChange] = (),
    starts_at: datetime | None = None,
    planned_on: Date | None = None,
    horizon_days: int = 180,
    around_the_clock: bool = False,
    with_schedule: bool = True,
    schedule_seconds: int = 2,
) -> Comparison:
    """Plan and schedule as things are, then with the changes; nothing of it is kept.

    ``around_the_clock`` is the most capacity there can be: the second schedule works through
    nights and holidays. Raises ``InvalidInput`` naming the row at fault.
    """
    require_company(company, site=site)
    _check(company, site, demand, lead_times)
    starts_at = starts_at or timezone.now()
    options = {
        "planned_on": planned_on,
        "horizon_days": horizon_days,
        "starts_at": starts_at,
        "with_schedule": with_schedule,
        "seconds": schedule_seconds,
    }
    before = _on_savepoint(company, site, by, (), (), False, **options)
    after = _on_savepoint(company, site, by, demand, lead_times, around_the_clock, **options)
    return Comparison(before, after)


def _check(
    company: Company,
    site: Site,
    demand: Sequence[DemandChange],
    lead_times: Sequence[LeadTimeChange],
) -> None:
    if len(demand) + len(lead_times) > MOST_CHANGES:
        raise InvalidInput("too_many", _("Too many changes at once."), field="demand")
    for row, change in enumerate(demand):
        require_company(company, row=row, item=change.item)
        require_decimal(change.quantity, field="quantity", row=row, positive=False)
        if change.quantity < 0:
            have = _open_demand(site, change)
            if have < -change.quantity:
                raise InvalidInput(
                    "negative_demand",
                    _("{item}: only {quantity} are wanted on that day.").format(
                        item=change.item.code, quantity=have
                    ),
                    field="quantity",
                    row=row,
                )
    for row, lead in enumerate(lead_times):
        require_company(company, row=row, item=lead.item)
        if lead.lead_time_days < 0:
            raise InvalidInput(
                "negative", _("May not be negative."), field="lead_time_days", row=row
            )


def _open_demand(site: Site, change: DemandChange) -> Decimal:
    moves = _moves(site, change)
    return sum((move.quantity_open for move in moves), ZERO)


def _moves(site: Site, change: DemandChange) -> list[ExpectedMove]:
    rows = ExpectedMove.objects.filter(
        item=change.item, site=site, direction="out", is_open=True, due_date=change.due_date
    )
    return list(rows.order_by("-pk"))


def _on_savepoint(
    company: Company,
    site: Site,
    by: User,
    demand: Sequence[DemandChange],
    lead_times: Sequence[LeadTimeChange],
    around_the_clock: bool,
    **options: Any,
) -> Figures:
    try:
        with unit_of_work(), transaction.atomic():
            _change(company, site, by, demand, lead_times)
            raise _RollBack(_calculate(company, site, by, around_the_clock, **options))
    except _RollBack as taken_back:
        return taken_back.figures


def _change(
    company: Company,
    site: Site,
    by: User,
    demand: Sequence[DemandChange],
    lead_times: Sequence[LeadTimeChange],
) -> None:
    for lead in lead_times:
        row = ItemPlanning.objects.filter(item=lead.item, site=site).first()
        if row is None:
            create_item_planning(
                company, item=lead.item, site=site, lead_time_days=lead.lead_time_days, by=by
            )
        else:
            update_item_planning(row, lead_time_days=lead.lead_time_days, by=by)
    for change in demand:
        if change.quantity > 0:
            _expect(company, site, change, by)
        elif change.quantity < 0:
            _take_away(company, site, change, by)


def _expect(company: Company, site: Site, change: DemandChange, by: User) -> None:
    """As of any customer; a line of the forecast of its own stands for whoever may come."""
    source = Forecast(
        company=company,
        item=change.item,
        site=site,
        starts_on=change.due_date,
        ends_on=change.due_date,
        quantity=ZERO,
        is_current=False,
    ).save_by(by)
    move = (
        source,
        ExpectedMove.Direction.OUT,
        change.item,
        site,
        None,
        change.quantity,
        change.due_date,
    )
    expect_moves(company, [move], by=by)


def _take_away(company: Company, site: Site, change: DemandChange, by: User) -> None:
    left = -change.quantity
    for move in _moves(site, change):
        source: Any = move.source
        taken = min(left, move.quantity_open)
        rest = move.quantity - taken
        left -= taken
        if rest > move.quantity_done:
            expect_moves(
                company,
                [
                    Expected(
                        source,
                        move.direction,
                        move.item,
                        move.site,
                        move.partner,
                        rest,
                        move.due_date,
                    )
                ],
                by=by,
            )
        else:
            close_expected(company, [source], by=by)
        if not left:
            break


def _calculate(
    company: Company,
    site: Site,
    by: User,
    around_the_clock: bool,
    *,
    planned_on: Date | None,
    horizon_days: int,
    starts_at: datetime,
    with_schedule: bool,
    seconds: int,
) -> Figures:
    run = create_planning_run(
        company, site=site, planned_on=planned_on, horizon_days=horizon_days, by=by
    )
    run = calculate_plan(run, by=by)
    schedule: Schedule | None = None
    if with_schedule:
        schedule = create_schedule(
            company,
            site=site,
            starts_at=starts_at,
            time_limit_seconds=seconds,
            ignores_calendar=around_the_clock,
            by=by,
        )
        schedule = calculate_schedule(schedule, by=by)
    return _figures(run, site, schedule)


def _figures(run: PlanningRun, site: Site, schedule: Schedule | None) -> Figures:
    values = {"company": run.company_id, "site": site.pk, "on": run.planned_on}
    [[orders, late_starts, purchases, work]] = fetch_all(_FIGURES, values)
    [[margin, _cost, customers]] = fetch_all(_DEMAND, values)
    [[stock]] = fetch_all(_STOCK, values)
    return Figures(
        planned_orders=orders,
        late_starts=late_starts,
        customers_late=customers,
        late_work_orders=schedule.late_count if schedule else 0,
        makespan_minutes=schedule.makespan_minutes if schedule else ZERO,
        purchases=round(purchases, 2),
        work_in_process=round(work, 2),
        stock_value=round(stock, 2),
        margin=round(margin, 2),
    )
