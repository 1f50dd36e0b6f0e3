"""The plan of the coming weeks: parameters, forecasts, one run, a schedule that is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from apps.core.models import User
from apps.planning.models import PlannedOrder
from apps.planning.services.forecast_calculation import calculate_forecasts
from apps.planning.services.item_plannings import create_item_planning
from apps.planning.services.planned_orders import firm_planned_orders
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from apps.planning.services.schedules import (
    calculate_schedule,
    create_schedule,
    publish_schedule,
)
from mes_erp.demo.plan.model import Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

#: Forecast from three years of sales in the former system.
FORECAST = ("LA12-200", "LA25-300", "QT40-24", "QT80-230", "SV60-10")
MONTHS_KNOWN = 36
SEASON = (0.92, 0.95, 1.04, 1.08, 1.06, 1.02, 0.9, 0.84, 1.05, 1.08, 1.06, 1.0)
FIRMED = 4
HORIZON_DAYS = 90
SCHEDULE_DAYS = 14


class Planner:
    def __init__(self, plant: Plant, plan: Plan, seed: int) -> None:
        self.plant, self.plan, self.seed, self.time = plant, plan, seed, plant.time
        self.main = str(plant.files.story["company"]["main_site"])

    @property
    def by(self) -> User:
        return self.plant.user("planner")

    def acts(self) -> Iterator[Act]:
        day = self.plan.last
        for hour, minute, do in (
            (18, 0, self.forecast),
            (18, 30, self.plan_material),
            (19, 0, self.schedule),
        ):
            yield Act(self._at(day, hour, minute), Step.BOOKS, "plan", partial(do, day))

    def forecast(self, day: Date) -> None:
        """Next months by the method that was least wrong on what customers took."""
        for code in FORECAST:
            calculate_forecasts(
                self.plant.company,
                items=[self.plant.items[code]],
                site=self.plant.main_site,
                history=self._history(code),
                buckets=3,
                starts_on=day + timedelta(days=1),
                by=self.by,
            )

    def plan_material(self, day: Date) -> None:
        run = create_planning_run(
            self.plant.company,
            planned_on=day + timedelta(days=1),
            horizon_days=HORIZON_DAYS,
            by=self.by,
        )
        run = calculate_plan(run, by=self.by)
        orders = PlannedOrder.objects.filter(company=self.plant.company).select_related("item")
        firmed = list(orders.order_by("due_date", "item__code", "pk")[:FIRMED])
        firm_planned_orders(firmed, reason="Agreed with the shop floor", by=self.by)

    def schedule(self, day: Date) -> None:
        """The coming two weeks of the main site, published for the boards."""
        begins = self.time.plus(self.main, day + timedelta(days=1), 0)
        schedule = create_schedule(
            self.plant.company,
            site=self.plant.main_site,
            starts_at=self._at(begins, 6),
            horizon_days=SCHEDULE_DAYS,
            time_limit_seconds=2,
            by=self.by,
        )
        publish_schedule(calculate_schedule(schedule, by=self.by), by=self.by)

    def _history(self, code: str) -> list[Decimal | None]:
        """Pieces a month, the newest last, around what the story sells now."""
        rng = Random(f"{self.seed}/history/{code}")  # noqa: S311 - a story, not a secret
        now = int(self.plant.files.story["demand"][code])
        return [
            Decimal(
                round(
                    now
                    * SEASON[(self.plan.last.month - MONTHS_KNOWN + n) % 12]
                    * (0.82 + 0.18 * n / MONTHS_KNOWN)
                    * rng.uniform(0.93, 1.07)
                )
            )
            for n in range(MONTHS_KNOWN)
        ]

    def _at(self, day: Date, hour: int, minute: int = 0) -> datetime:
        return self.time.moment(self.main, day, hour, minute)


def set_up_planning(plant: Plant) -> None:
    """How made and bought items are planned: lots, safety, fences."""
    by = plant.user("planner")
    for code, item in plant.files.items.items():
        if item.category == "SPARE" or item.kind not in ("manufactured", "purchased"):
            continue
        values: dict[str, object] = {"planner": by}
        if item.category == "FIN":
            values |= {"lot_rule": "multiple", "lot_minimum": 10, "lot_multiple": 5}
            values |= {"planning_fence_days": 3}
        elif item.is_made and item.category == "SEMI":
            values |= {"lot_rule": "period", "period_days": 10}
        elif code in plant.files.purchases:
            about = plant.files.purchases[code]
            size = about.multiple * about.stock_units
            values |= {"lot_rule": "multiple", "lot_minimum": size, "lot_multiple": size}
            values |= {"safety_days": 2}
        else:
            continue
        site = plant.sites[plant.files.site_of(code)]
        create_item_planning(plant.company, item=plant.items[code], site=site, by=by, **values)
