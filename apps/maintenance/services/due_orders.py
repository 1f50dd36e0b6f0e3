"""Orders for what is due: made once, ahead of time, with their time on the machine."""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.transactions import independent_part, unit_of_work
from apps.maintenance.due import NextDue
from apps.maintenance.models import MaintenanceOrder, MaintenancePlan
from apps.maintenance.queries.capacity import machine_of
from apps.maintenance.queries.plans import PlanOutlook, outlook
from apps.maintenance.services import capacity
from apps.maintenance.services.orders import create_order
from apps.maintenance.services.plans import PartLine, TaskLine

_logger = logging.getLogger(__name__)


def generate_due_orders(
    company: Company, *, at: datetime | None = None, by: User
) -> list[MaintenanceOrder]:
    """Order what is due at ``at`` (now), lead days ahead; the new orders.

    Asked again it makes nothing: a plan with an open order waits for that one. A plan that a
    larger one includes by then makes none. An order of a plan that stops its machine takes the
    first free working time from the day it is due on. A plan that can't be placed is told in the
    log and keeps no other from being ordered; when nothing else was due, its error is raised.
    """
    moment = at or timezone.now()
    with unit_of_work():
        # plans first, in order: two runs at once would both find nothing ordered yet
        plans = {
            plan.pk: plan
            for plan in MaintenancePlan.objects.select_for_update(of=("self",))
            .filter(company=company, is_active=True)
            .select_related("asset__site", "asset__machine")
            .prefetch_related("tasks", "parts__item")
            .order_by("pk")
        }
        made: list[MaintenanceOrder] = []
        refused: list[BusinessError] = []
        for one in outlook(company, moment):
            if not one.due.is_due or one.has_open_order or one.due.plan_id not in plans:
                continue
            try:
                with independent_part():
                    made.append(_order(company, plans[one.due.plan_id], one, by))
            except BusinessError as error:
                _logger.warning("plan %s: %s", plans[one.due.plan_id].code, error)
                refused.append(error)
        if refused and not made:
            raise refused[0]
        return made


def _order(company: Company, plan: MaintenancePlan, one: PlanOutlook, by: User) -> MaintenanceOrder:
    due: NextDue = one.due
    machine = machine_of(plan.asset) if plan.stops_machine else None
    start = None
    if machine is not None:
        day = max(due.on, one.today)
        capacity.lock_machine(machine)
        start = capacity.free_start(plan.asset.site, machine, day, plan.planned_minutes)
    return create_order(
        company,
        asset=plan.asset,
        title=plan.name[:160],
        description=plan.description,
        kind=MaintenanceOrder.Kind.PREVENTIVE,
        plan=plan,
        due_on=due.on,
        due_total=due.total if due.by_meter else None,
        planned_start=start,
        planned_minutes=plan.planned_minutes,
        tasks=[
            TaskLine(
                text=task.text,
                kind=task.kind,
                position=task.position,
                is_required=task.is_required,
                unit=task.unit,
                lower_limit=task.lower_limit,
                upper_limit=task.upper_limit,
            )
            for task in plan.tasks.all()
        ],
        parts=[PartLine(part.item, part.quantity) for part in plan.parts.all()],
        by=by,
    )
