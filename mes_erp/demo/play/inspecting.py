"""Quality: plans and gauges at the beginning, then inspections, what is found, and what is done."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, partial
from random import Random
from typing import Any

from apps.core.services.master_data import create_row
from apps.inventory.models import Lot, StockBalance, StockDocument
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.quality.models import (
    Characteristic,
    ControlChart,
    ControlLimits,
    CorrectiveAction,
    Gauge,
    Inspection,
    InspectionPlanLine,
    Nonconformance,
)
from apps.quality.queries.measurements import measured
from apps.quality.services.control_charts import create_control_chart
from apps.quality.services.corrective_actions import (
    Step as ActionStep,
)
from apps.quality.services.corrective_actions import (
    complete_step,
    find_root_cause,
    finish_actions,
    judge_effectiveness,
    open_corrective_action,
    plan_steps,
)
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.dispositions import Decision, disposition_nonconformance
from apps.quality.services.gauges import calibrate_gauge
from apps.quality.services.inspection_plans import PlanLine, create_plan, release_plan
from apps.quality.services.measuring import Reading, record_results
from apps.quality.services.nonconformances import (
    Held,
    close_nonconformance,
    contain_nonconformance,
    open_nonconformance,
    review_nonconformance,
)
from apps.quality.services.signalling import freeze_limits
from mes_erp.demo.company import FOLDER
from mes_erp.demo.plan.model import Incident, Plan
from mes_erp.demo.play.acts import Act, Step
from mes_erp.demo.play.plant import Plant

KIND = Nonconformance.Origin
POROUS = "POROSITY"


def read_quality() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "quality.toml").read_text(encoding="utf-8"))


class Inspector:
    """Measures what waits, and brings what is wrong before the board."""

    def __init__(self, plant: Plant, plan: Plan, seed: int) -> None:
        self.plant, self.plan, self.seed, self.time = plant, plan, seed, plant.time
        self.by, self.board = plant.user("quality"), plant.user("plant_manager")
        self.main = str(plant.files.story["company"]["main_site"])
        self.story = read_quality()
        self._items = {row[0]: row[1] for row in self.story["plans"]["rows"]}
        self._places: dict[str, int] = {}

    def acts(self) -> Iterator[Act]:
        for order in self.plan.purchases:
            for arrival in order.arrivals:
                codes = {order.lines[place].item for place in arrival.quantities}
                if any(self._items.get(code) == "receipt" for code in codes):
                    refused = (
                        order.lines[arrival.held_line].item if arrival.held_line is not None else ""
                    )
                    do = partial(self.inspect, refused)
                    yield Act(arrival.at, Step.INSPECTED, order.key, do)
                    if refused:
                        yield from self._refusal(self.time.local_date(order.site, arrival.at))
        for portion in self.plan.portions:
            item = self.plan.work_order(portion.order).item
            stage = self._items.get(item)
            last = self.plant.files.routings[item][-1].sequence
            if stage == "operation" or (stage == "final" and portion.sequence == last):
                yield Act(portion.ends_at, Step.INSPECTED, portion.order, self.inspect)
        for incident in self.plan.incidents:
            day = self.time.local_date(incident.site, incident.at)
            key = f"found {incident.item}"
            yield Act(incident.at, Step.LEAVES, key, partial(self.report, incident))
            decided_on = self.time.plus(incident.site, day, incident.decided_after)
            if decided_on <= self.plan.last:
                at = self.time.moment(self.main, decided_on, 13, 40)
                yield Act(at, Step.BOOKS, key, partial(self.decide, incident))
        bad = self.story["gauges"]["bad"]
        at = self._at(self.time.plus(self.main, self.plan.first, bad["day"]), 11)
        yield Act(at, Step.BOOKS, "gauge", partial(self.calibrate_bad, bad))

    # --- inspections ------------------------------------------------------------------------

    def inspect(self, refused: str = "") -> None:
        """Measure and decide all that waits; a lot of the item ``refused`` has pores."""
        waiting = Inspection.objects.filter(
            company=self.plant.company, status__in=Inspection.UNDECIDED
        ).select_related("item", "plan", "lot", "company", "location", "home")
        for inspection in waiting.order_by("pk"):
            is_bad = bool(refused) and inspection.item.code == refused
            self._measure(inspection, is_bad=is_bad)
            current = Inspection.objects.get(pk=inspection.pk)
            decided = decide_inspection(current, by=self.by)
            if inspection.item.code == self.story["chart"]["item"]:
                self._watch_chart()
            if decided.status == Inspection.Status.REJECTED:
                self._contain(decided)

    def _measure(self, inspection: Inspection, *, is_bad: bool) -> None:
        lines = measured(inspection).lines
        place = self._place(inspection)
        rng = Random(f"{self.seed}/{inspection.item.code}/{place}")  # noqa: S311 - a story
        readings = []
        for line in lines:
            gauge = self._gauge_of.get((inspection.item.code[:3], line.characteristic.code))
            for sample in range(1, inspection.sample_size + 1):
                if line.characteristic.kind == Characteristic.Kind.NUMERIC:
                    value = self._value(inspection.item.code, line, place, rng)
                    readings.append(Reading(sample, line.characteristic, value, gauge=gauge))
                else:
                    good = not (is_bad and line.characteristic.code == POROUS and sample <= 3)
                    readings.append(Reading(sample, line.characteristic, is_conforming=good))
        record_results(inspection, readings=readings, by=self.by)

    def _place(self, inspection: Inspection) -> int:
        """The how-manieth inspection of its item it is, from one."""
        code = inspection.item.code
        if code not in self._places:
            self._places[code] = Inspection.objects.filter(
                company=self.plant.company, item=inspection.item, pk__lt=inspection.pk
            ).count()
        self._places[code] += 1
        return self._places[code]

    def _value(self, item: str, line: InspectionPlanLine, place: int, rng: Random) -> Decimal:
        """Around the nominal; the charted one wears away from it until the tool is changed."""
        assert line.nominal is not None  # noqa: S101 - the files give one for each
        assert line.lower is not None  # noqa: S101
        assert line.upper is not None  # noqa: S101
        step = Decimal(1).scaleb(-line.characteristic.decimals)
        chart = self.story["chart"]
        if item == chart["item"]:
            is_worn = chart["shifted_from"] <= place < chart["shifted_from"] + 2
            around = rng.gauss(chart["shift"] if is_worn else 0.0, chart["sigma"])
        else:
            around = rng.gauss(0.0, float(line.upper - line.lower) / 11)
        value = line.nominal + Decimal(str(around))
        inside = min(max(value, line.lower + step), line.upper - step)
        return inside.quantize(step, ROUND_HALF_UP)

    def _watch_chart(self) -> None:
        """Freeze the limits when there are points enough; see to a signal at once."""
        about = self.story["chart"]
        if self._places[about["item"]] == about["frozen_after"]:
            chart = ControlChart.objects.get(company=self.plant.company, code=about["code"])
            if not ControlLimits.objects.filter(chart=chart).exists():
                reason = f"First {about['frozen_after']} samples, process in control"
                freeze_limits(chart, reason=reason, by=self.by)
        undecided = Nonconformance.objects.filter(
            company=self.plant.company,
            origin=KIND.CONTROL_CHART,
            status__in=Nonconformance.UNDECIDED,
        )
        for ncr in undecided.order_by("pk"):
            ncr = contain_nonconformance(ncr, containment="Machine stopped by setter", by=self.by)
            ncr = review_nonconformance(ncr, by=self.by)
            ncr = disposition_nonconformance(
                ncr, decisions=[], conclusion=about["conclusion"], by=self.board
            )
            close_nonconformance(ncr, by=self.board)

    # --- the refused lot and its corrective action ------------------------------------------

    def _contain(self, inspection: Inspection) -> None:
        """The board looks at what was refused; the supplier gets a complaint."""
        about = self.story["refused"]
        ncr = Nonconformance.objects.get(inspection=inspection)
        ncr = contain_nonconformance(ncr, containment=about["action"]["containment"], by=self.by)
        review_nonconformance(ncr, by=self.by)
        action = about["action"]
        open_corrective_action(
            self.plant.company,
            title=action["title"],
            problem=action["problem"],
            containment=action["containment"],
            team=action["team"],
            owner=self.plant.employees["1008"],
            due_on=self.time.plus(self.main, inspection.decided_at.date(), 14),
            nonconformance=ncr,
            by=self.by,
        )

    def _refusal(self, day: Date) -> Iterator[Act]:
        """Days of the corrective action, as far as the story goes."""
        about = self.story["refused"]
        for days, do in (
            (2, self.find_cause),
            (7, self.do_steps),
            (about["returned_after"], self.send_back),
            (12, self.judge),
        ):
            on = self.time.plus(self.main, day, days)
            if on <= self.plan.last:
                yield Act(self._at(on, 10, 20), Step.BOOKS, "8D", partial(do, day))

    def find_cause(self, day: Date) -> None:
        about = self.story["refused"]["action"]
        action = find_root_cause(
            self._action(),
            root_cause=about["root_cause"],
            why_not_found=about["why_not_found"],
            by=self.by,
        )
        plan_steps(
            action,
            steps=[
                ActionStep(
                    what, self.plant.employees[owner], self.time.plus(self.main, day, days), kind
                )
                for what, owner, days, kind, _result in about["steps"]
            ],
            by=self.by,
        )

    def do_steps(self, day: Date) -> None:
        action = self._action()
        results = [row[-1] for row in self.story["refused"]["action"]["steps"]]
        for step, result in zip(action.steps.order_by("pk"), results, strict=True):
            complete_step(step, result=result, by=self.by)
        check_on = self.time.plus(self.main, day, 12)
        finish_actions(self._action(), check_on=check_on, by=self.by)

    def send_back(self, day: Date) -> None:
        """The whole lot goes back to the foundry."""
        ncr = self._action().nonconformance
        held = ncr.lots.get()
        ncr = disposition_nonconformance(
            ncr,
            decisions=[Decision("return", held.quantity, note="Return 8D, freight at supplier")],
            conclusion="Back to the supplier",
            by=self.board,
        )
        close_nonconformance(ncr, by=self.board)

    def judge(self, day: Date) -> None:
        evidence = self.story["refused"]["action"]["evidence"]
        judge_effectiveness(self._action(), is_effective=True, evidence=evidence, by=self.board)

    def _action(self) -> CorrectiveAction:
        return CorrectiveAction.objects.get(company=self.plant.company)

    # --- what somebody found ----------------------------------------------------------------

    def report(self, incident: Incident) -> None:
        """Bring the pieces to quarantine and report them."""
        plant = self.plant
        item, store = plant.items[incident.item], plant.store(incident.site)
        quarantine = plant.locations[f"{incident.site}-QA"]
        lot = self._lot(incident)
        date = self.time.local_date(incident.site, incident.at)
        line = StockLine(item, incident.quantity, store, quarantine, lot.code if lot else "")
        document = draft_stock_document(
            plant.company,
            kind=StockDocument.Kind.TRANSFER,
            site=plant.sites[incident.site],
            date=date,
            lines=[line],
            note=incident.title,
            by=self.by,
        )
        post_stock_document(document, by=self.by)
        held = Held(quarantine, incident.quantity, lot=lot, home=store, blocks_lot=False)
        ncr = open_nonconformance(
            plant.company,
            item=item,
            title=incident.title,
            description=incident.description,
            reason=plant.reasons[incident.reason] if incident.reason else None,
            held=[held],
            by=self.by,
        )
        review_nonconformance(ncr, by=self.by)

    def decide(self, incident: Incident) -> None:
        ncr = Nonconformance.objects.get(company=self.plant.company, title=incident.title)
        reason = self.plant.reasons[incident.reason] if incident.decision == "scrap" else None
        decision = Decision(incident.decision, incident.quantity, reason=reason, note=incident.note)
        ncr = disposition_nonconformance(ncr, decisions=[decision], by=self.board)
        close_nonconformance(ncr, by=self.board)

    def _lot(self, incident: Incident) -> Lot | None:
        """The fullest lot of the store."""
        item = self.plant.items[incident.item]
        if item.tracking == "none":
            return None
        rows = StockBalance.objects.filter(
            item=item, location=self.plant.store(incident.site), lot__status="available"
        )
        return rows.select_related("lot").order_by("-quantity", "pk")[0].lot

    def calibrate_bad(self, bad: dict[str, Any]) -> None:
        """The torque wrench comes back: it was out, and is set right."""
        calibrate_gauge(
            Gauge.objects.get(company=self.plant.company, code=bad["gauge"]),
            calibrated_on=self.time.plus(self.main, self.plan.first, bad["day"]),
            is_found_good=False,
            is_left_good=True,
            as_found=Decimal(bad["as_found"]),
            as_left=Decimal(bad["as_left"]),
            certificate=bad["certificate"],
            laboratory="Drehmo Nord",
            by=self.by,
        )

    def _at(self, day: Date, hour: int, minute: int = 0) -> datetime:
        return self.time.moment(self.main, day, hour, minute)

    @cached_property
    def _gauge_of(self) -> dict[tuple[str, str], Gauge]:
        gauges = {row.code: row for row in Gauge.objects.filter(company=self.plant.company)}
        return {
            (family, code): gauges[rest[-1]]
            for family, lines in self.story["lines"].items()
            for code, *rest in lines
            if rest
        }


# --- what stands before the first day --------------------------------------------------------


def set_up_quality(plant: Plant, first: Date) -> None:
    """Gauges with their calibrations, characteristics, released plans, the control chart."""
    story, company, by = read_quality(), plant.company, plant.user("quality")
    for code, name, maker, serial, interval, ago in story["gauges"]["rows"]:
        about = {"code": code, "name": name, "maker": maker, "serial_number": serial}
        about |= {"interval_days": interval, "site": plant.main_site, "company": company}
        calibrate_gauge(
            create_row(Gauge, values=about, by=by),
            calibrated_on=first - timedelta(days=ago),
            is_found_good=True,
            is_left_good=True,
            certificate=f"K-{code}-{ago:03d}",
            laboratory="DKD Kalibrierdienst Elbe",
            by=by,
        )
    characteristics = {
        code: create_row(
            Characteristic,
            values={
                "company": company,
                "code": code,
                "name": name,
                "kind": kind,
                "decimals": decimals,
            },
            by=by,
        )
        for code, (name, kind, decimals) in story["characteristics"].items()
    }
    for item, stage, operation, sampling, size, name in story["plans"]["rows"]:
        plan = create_plan(
            company,
            item=plant.items[item],
            stage=stage,
            operation_sequence=operation or None,
            sampling=sampling,
            sample_size=int(size) if sampling == "fixed" else None,
            aql=Decimal(size) if sampling == "aql" else None,
            name=name,
            lines=[_line(characteristics, line) for line in story["lines"][item[:3]]],
            by=by,
        )
        release_plan(plan, by=by)
    chart = story["chart"]
    create_control_chart(
        company=company,
        code=chart["code"],
        name=chart["name"],
        item=plant.items[chart["item"]],
        characteristic=characteristics[chart["characteristic"]],
        operation_sequence=10,
        subgroup_size=3,
        by=by,
    )


def _line(characteristics: dict[str, Characteristic], line: list[str]) -> PlanLine:
    code, *rest = line
    if not rest:
        return PlanLine(characteristics[code])
    nominal, lower, upper, _gauge = rest
    return PlanLine(
        characteristics[code], Decimal(nominal), Decimal(lower), Decimal(upper), needs_gauge=True
    )
