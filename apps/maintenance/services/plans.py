"""Maintenance plans: each has something that makes it due, and none includes itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.maintenance.models import Asset, MaintenancePlan, PlanPart, PlanTask
from apps.maintenance.models.plans import TaskKind
from apps.maintenance.trees import closes_on_itself
from apps.masterdata.models import Item

STEP = 10


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A line of the list; limits belong to what is measured."""

    text: str
    kind: str = TaskKind.CHECK
    position: int | None = None
    is_required: bool = True
    unit: str = ""
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PartLine:
    """So many stock units of ``item``."""

    item: Item
    quantity: Decimal


def create_plan(
    *,
    by: User,
    tasks: Sequence[TaskLine] = (),
    parts: Sequence[PartLine] = (),
    reason: str = "",
    **values: Any,
) -> MaintenancePlan:
    """A new plan with its list and parts. Raises ``InvalidInput`` for one that is never due."""
    company = values["company"]
    with unit_of_work():
        check_plans([MaintenancePlan(**values)], company=company)
        check_task_lines(tasks)
        check_part_lines(company, parts)
        plan = create_row(MaintenancePlan, values=values, by=by, reason=reason)
        _write_lines(plan, tasks, parts)
    return plan


def update_plan(
    row: MaintenancePlan,
    *,
    by: User,
    tasks: Sequence[TaskLine] | None = None,
    parts: Sequence[PartLine] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> MaintenancePlan:
    """Change a plan; ``tasks`` and ``parts`` replace all of theirs. Orders keep what they have."""
    with unit_of_work():
        Company.objects.select_for_update(no_key=True).get(pk=row.company_id)
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_plans([wanted], company=wanted.company)
        check_task_lines(tasks or ())
        check_part_lines(wanted.company, parts or ())
        changed = update_row(row, values=values, by=by, reason=reason)
        if tasks is not None:
            changed.tasks.all().delete()
        if parts is not None:
            changed.parts.all().delete()
        _write_lines(changed, tasks or (), parts or ())
        if (tasks is not None or parts is not None) and changed.version == row.version:
            changed.save_by(by, reason=reason)
    return changed


def _write_lines(
    plan: MaintenancePlan, tasks: Sequence[TaskLine], parts: Sequence[PartLine]
) -> None:
    PlanTask.objects.bulk_create(
        PlanTask(company_id=plan.company_id, plan=plan, **task_values(task, place))
        for place, task in enumerate(tasks, start=1)
    )
    PlanPart.objects.bulk_create(
        PlanPart(company_id=plan.company_id, plan=plan, item=part.item, quantity=part.quantity)
        for part in parts
    )


def task_values(task: TaskLine, place: int) -> dict[str, Any]:
    """The columns of a task, of a plan or an order."""
    return {
        "position": STEP * place if task.position is None else task.position,
        "text": task.text,
        "kind": task.kind,
        "is_required": task.is_required,
        "unit": task.unit,
        "lower_limit": task.lower_limit,
        "upper_limit": task.upper_limit,
    }


def check_task_lines(tasks: Sequence[TaskLine]) -> None:
    """Raise ``InvalidInput`` naming the row of a task that says nothing or can't be met."""
    for row, task in enumerate(tasks):
        if not task.text.strip():
            raise InvalidInput("text_required", _("Say what to do."), field="text", row=row)
        limits = (task.lower_limit, task.upper_limit)
        if task.kind != TaskKind.MEASURE and any(limit is not None for limit in limits):
            raise InvalidInput(
                "no_measure", _("Only what is measured has limits."), field="lower_limit", row=row
            )
        if None not in limits and limits[0] > limits[1]:  # type: ignore[operator]
            raise InvalidInput(
                "limits_crossed", _("The lower limit is above."), field="lower_limit", row=row
            )


def check_part_lines(company: Company, parts: Sequence[PartLine]) -> None:
    """Raise ``InvalidInput`` naming the row of a part that can't be taken from stock."""
    seen: set[int] = set()
    for row, part in enumerate(parts):
        require_company(company, row=row, item=part.item)
        require_decimal(part.quantity, field="quantity", row=row)
        if not part.item.is_stocked:
            raise InvalidInput(
                "not_stocked",
                _("{item} is not kept in stock.").format(item=part.item.code),
                field="item",
                row=row,
            )
        if part.item.pk in seen:
            raise InvalidInput("duplicate", _("This item is here twice."), field="item", row=row)
        seen.add(part.item.pk)


def check_plans(rows: list[MaintenancePlan], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row of a plan that can't be as it is wanted."""
    above: dict[int, int | None] = dict(
        Asset.objects.filter(company=company).values_list("pk", "parent_id")
    )
    parents: dict[int, int | None] = dict(
        MaintenancePlan.objects.filter(company=company).values_list("pk", "suppressed_by_id")
    )
    parents.update({row.pk: row.suppressed_by_id for row in rows if row.pk is not None})
    for place, row in enumerate(rows):
        _check_triggers(row, place)
        if row.meter is not None and row.meter.asset_id not in _way_up(row.asset_id, above):
            raise InvalidInput(
                "other_asset",
                _("{meter} is neither on {asset} nor above it.").format(
                    meter=row.meter.code, asset=row.asset.code
                ),
                field="meter",
                row=place,
            )
        if row.suppressed_by is not None and row.suppressed_by.asset_id != row.asset_id:
            raise InvalidInput(
                "other_asset",
                _("A plan is included in a plan of the same asset."),
                field="suppressed_by",
                row=place,
            )
        if row.pk is not None and closes_on_itself(row.pk, parents):
            raise InvalidInput(
                "circular",
                _("{plan} would include itself.").format(plan=row.code),
                field="suppressed_by",
                row=place,
            )


def _check_triggers(row: MaintenancePlan, place: int) -> None:
    if row.interval_days is None and row.interval_units is None:
        raise InvalidInput(
            "no_trigger",
            _("Say after how many days, or after how much on a meter, it is due."),
            field="interval_days",
            row=place,
        )
    if row.interval_days is not None and row.starts_on is None:
        raise InvalidInput(
            "starts_on_required",
            _("Say from which day the days count."),
            field="starts_on",
            row=place,
        )
    if row.interval_units is not None and row.meter_id is None:
        raise InvalidInput("meter_required", _("Say which meter counts."), field="meter", row=place)
    if row.meter_id is not None and row.interval_units is None:
        raise InvalidInput(
            "interval_required",
            _("Say after how much on the meter it is due."),
            field="interval_units",
            row=place,
        )
    for name in ("interval_days", "interval_units", "planned_minutes"):
        value = getattr(row, name)
        if value is not None and value <= 0:
            raise InvalidInput(
                "not_positive", _("Must be greater than zero."), field=name, row=place
            )


def _way_up(asset_id: int, above: dict[int, int | None]) -> set[int]:
    found: set[int] = set()
    here: int | None = asset_id
    while here is not None and here not in found:
        found.add(here)
        here = above.get(here)
    return found
