"""How things are made: bills, routings, and the standard costs that follow from them."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from apps.engineering.models import CostRollup
from apps.engineering.services.boms import Component, NewBom, create_boms, release_boms
from apps.engineering.services.cost_rollup import create_cost_rollup, release_cost_rollup
from apps.engineering.services.routings import Operation, create_routing, release_routing
from apps.masterdata.models import WorkCentre
from mes_erp.demo.company import rows_of
from mes_erp.demo.play.engineering import set_up_instructions
from mes_erp.demo.play.plant import Plant

#: The order quantity over which the roll-up spreads set-up.
LOT_SIZE = Decimal(40)


def release_designs(plant: Plant) -> None:
    by = plant.user("planner")
    lines: dict[str, list[Component]] = {}
    for row in rows_of("boms"):
        lines.setdefault(row["item"], []).append(
            Component(
                item=plant.items[row["component"]],
                quantity=Decimal(row["quantity"]),
                unit=plant.units[row["unit"]] if row["unit"] else None,
                scrap_percent=Decimal(row["scrap_percent"] or 0),
                position=int(row["position"]),
                operation_sequence=int(row["operation"]) if row["operation"] else None,
                issue_method=row["issue_method"],
            )
        )
    wanted = [
        NewBom(plant.items[code], components, revision=plant.items[code].revision)
        for code, components in lines.items()
    ]
    release_boms(create_boms(plant.company, wanted, by=by), by=by)
    _release_routings(plant)


def _release_routings(plant: Plant) -> None:
    by = plant.user("planner")
    centres = {row.code: row for row in WorkCentre.objects.filter(company=plant.company)}
    instructions = set_up_instructions(plant)
    steps: dict[str, list[Operation]] = {}
    for row in rows_of("routings"):
        steps.setdefault(row["item"], []).append(
            Operation(
                sequence=int(row["sequence"]),
                name=row["name"],
                work_centre=centres[row["work_centre"]],
                setup_minutes=Decimal(row["setup_minutes"]),
                run_minutes=Decimal(row["run_minutes"]),
                labour_factor=Decimal(row["labour_factor"]),
                is_counted=row["is_counted"] == "true",
                inspection=row["inspection"],
                instruction=instructions.get((row["item"], int(row["sequence"]))),
            )
        )
    for code, operations in steps.items():
        routing = create_routing(
            plant.company,
            item=plant.items[code],
            operations=operations,
            revision=plant.items[code].revision,
            by=by,
        )
        release_routing(routing, by=by)


def set_standard_costs(plant: Plant, date: Date) -> CostRollup:
    """Calculate and release the year's standard costs."""
    by = plant.user("accountant")
    rollup = create_cost_rollup(
        plant.company, date=date, lot_size=LOT_SIZE, note=f"Standards {date.year}", by=by
    )
    return release_cost_rollup(rollup, by=by)
