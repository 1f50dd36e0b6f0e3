"""Key performance indicators of ISO 22400-2 from summed elements: name, formula, unit, scope.

Times are minutes, quantities stock units. A figure divides sums, never averages ratios; None where
nothing stands below the line. ``NOT_MEASURED`` says which indicators of the standard's 34 have no
figure here, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.money import ZERO
from apps.execution.oee import Elements

MINUTES_PER_HOUR = Decimal(60)


@dataclass(frozen=True, slots=True)
class KpiElements:
    """What a group of machines and shifts did, by the standard's elements.

    ``aoet`` is the time in which an order's operation was on the machine, ``apwt`` the labour that
    production reports say.
    """

    floor: Elements = field(default_factory=Elements)
    aoet: Decimal = ZERO
    apwt: Decimal = ZERO

    def __add__(self, other: KpiElements) -> KpiElements:
        return KpiElements(self.floor + other.floor, self.aoet + other.aoet, self.apwt + other.apwt)

    @property
    def pbt(self) -> Decimal:
        return self.floor.planned

    @property
    def apt(self) -> Decimal:
        return self.floor.produced

    @property
    def aust(self) -> Decimal:
        return self.floor.setup

    @property
    def aupt(self) -> Decimal:
        return self.apt + self.aust

    @property
    def adet(self) -> Decimal:
        return self.floor.down + self.floor.idle

    @property
    def aubt(self) -> Decimal:
        return self.aupt + self.adet

    @property
    def pq(self) -> Decimal:
        return self.floor.quantity

    @property
    def gq(self) -> Decimal:
        return self.floor.quantity_good

    @property
    def sq(self) -> Decimal:
        return self.pq - self.gq

    @property
    def pri_pq(self) -> Decimal:
        return self.floor.ideal_total

    @property
    def pri_gq(self) -> Decimal:
        return self.floor.ideal_good

    @property
    def tbf(self) -> Decimal:
        return self.floor.run

    @property
    def ttr(self) -> Decimal:
        return self.floor.down

    @property
    def fe(self) -> Decimal:
        return Decimal(self.floor.stops)


ELEMENTS: dict[str, Any] = {
    "pbt": _("Planned busy time (min): shifts less breaks and planned stops"),
    "apt": _("Actual production time (min): running, without set-up, stops and idling"),
    "aust": _("Actual unit set-up time (min)"),
    "aupt": _("Actual unit processing time (min): production and set-up"),
    "adet": _("Actual unit delay time (min): unplanned stops, minor stops and idling"),
    "aubt": _("Actual unit busy time (min): processing and delay"),
    "aoet": _("Actual order execution time (min): an order's operation was on the machine"),
    "apwt": _("Actual personnel work time (min): labour of production reports"),
    "pq": _("Produced quantity"),
    "gq": _("Good quantity"),
    "sq": _("Scrap quantity"),
    "pri_pq": _("Planned run time per item × produced quantity (min)"),
    "pri_gq": _("Planned run time per item × good quantity (min)"),
    "tbf": _("Operating time between failures (min), summed"),
    "ttr": _("Time to restoration (min), summed"),
    "fe": _("Failure events: unplanned stops"),
}


class KpiUnit(StrEnum):
    PERCENT = "percent"
    PER_HOUR = "per_hour"
    MINUTES = "minutes"


class Trend(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"


class Scope(StrEnum):
    """What the standard gives the figure for."""

    WORK_UNIT = "work_unit"
    ORDER = "order"


class Timing(StrEnum):
    ON_DEMAND = "on_demand"
    PERIODIC = "periodic"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One indicator: ``formula`` in the elements' names, ``value`` the same as arithmetic."""

    code: str
    name: Any
    formula: str
    elements: tuple[str, ...]
    unit: KpiUnit
    value: Callable[[KpiElements], Decimal | None]
    trend: Trend = Trend.HIGHER
    scope: Scope = Scope.WORK_UNIT
    timing: Timing = Timing.PERIODIC


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole > 0 else None


def _per_hour(part: Decimal, minutes: Decimal) -> Decimal | None:
    return part * MINUTES_PER_HOUR / minutes if minutes > 0 else None


def _percent(
    code: str,
    name: Any,
    formula: str,
    part: str,
    whole: str,
    *,
    trend: Trend = Trend.HIGHER,
    scope: Scope = Scope.WORK_UNIT,
    timing: Timing = Timing.PERIODIC,
) -> Kpi:
    return Kpi(
        code,
        name,
        formula,
        (part, whole),
        KpiUnit.PERCENT,
        lambda e: _ratio(getattr(e, part), getattr(e, whole)),
        trend,
        scope,
        timing,
    )


def _nee(e: KpiElements) -> Decimal | None:
    used, effective = _ratio(e.aupt, e.pbt), _ratio(e.pri_gq, e.apt)
    return None if used is None or effective is None else used * effective


KPIS: tuple[Kpi, ...] = (
    _percent("allocation_ratio", _("Allocation ratio"), "AUBT ÷ AOET", "aubt", "aoet",
             scope=Scope.ORDER),
    Kpi("throughput_rate", _("Throughput rate"), "PQ ÷ AOET", ("pq", "aoet"), KpiUnit.PER_HOUR,
        lambda e: _per_hour(e.pq, e.aoet), scope=Scope.ORDER),
    _percent("allocation_efficiency", _("Allocation efficiency"), "AUBT ÷ PBT", "aubt", "pbt"),
    _percent("utilization_efficiency", _("Utilization efficiency"), "APT ÷ AUBT", "apt", "aubt"),
    Kpi("oee", _("Overall equipment effectiveness index"),
        "(APT ÷ PBT) × (PRI × PQ ÷ APT) × (PRI × GQ ÷ PRI × PQ) = PRI × GQ ÷ PBT",
        ("pri_gq", "pbt"), KpiUnit.PERCENT, lambda e: _ratio(e.pri_gq, e.pbt),
        timing=Timing.ON_DEMAND),
    Kpi("nee", _("Net equipment effectiveness index"),
        "(AUPT ÷ PBT) × (PRI × PQ ÷ APT) × (PRI × GQ ÷ PRI × PQ)",
        ("aupt", "pbt", "pri_gq", "apt"), KpiUnit.PERCENT, _nee),
    _percent("availability", _("Availability"), "APT ÷ PBT", "apt", "pbt",
             timing=Timing.ON_DEMAND),
    _percent("effectiveness", _("Effectiveness"), "PRI × PQ ÷ APT", "pri_pq", "apt",
             timing=Timing.ON_DEMAND),
    _percent("quality_ratio", _("Quality ratio"), "GQ ÷ PQ", "gq", "pq",
             timing=Timing.ON_DEMAND),
    _percent("setup_ratio", _("Set-up ratio"), "AUST ÷ AUPT", "aust", "aupt", trend=Trend.LOWER),
    Kpi("technical_efficiency", _("Technical efficiency"), "APT ÷ (APT + ADET)", ("apt", "adet"),
        KpiUnit.PERCENT, lambda e: _ratio(e.apt, e.apt + e.adet), timing=Timing.ON_DEMAND),
    _percent("production_process_ratio", _("Production process ratio"), "APT ÷ AOET", "apt",
             "aoet", scope=Scope.ORDER),
    _percent("scrap_ratio", _("Scrap ratio"), "SQ ÷ PQ", "sq", "pq", trend=Trend.LOWER,
             timing=Timing.ON_DEMAND),
    _percent("equipment_load_ratio", _("Equipment load ratio"), "PRI × PQ ÷ PBT", "pri_pq",
             "pbt"),
    Kpi("mtbf", _("Mean operating time between failures"), "Σ TBF ÷ FE", ("tbf", "fe"),
        KpiUnit.MINUTES, lambda e: _ratio(e.tbf, e.fe)),
    Kpi("mttf", _("Mean time to failure"), "Σ TBF ÷ FE", ("tbf", "fe"), KpiUnit.MINUTES,
        lambda e: _ratio(e.tbf, e.fe)),
    Kpi("mttr", _("Mean time to restoration"), "Σ TTR ÷ FE", ("ttr", "fe"), KpiUnit.MINUTES,
        lambda e: _ratio(e.ttr, e.fe), trend=Trend.LOWER),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """An indicator of the standard without a figure here."""

    name: Any
    formula: str
    reason: Any


_NO_REWORK = _("Nobody reports rework: a piece is good or scrap.")
_CAPABILITY = _("Belongs to a characteristic, not to a machine's shift: see quality's charts.")
_MATERIAL = _("Material issued belongs to the order, not to the machine and shift.")
_NO_LOSS = _("Material lost is not told apart by where it was lost.")
NOT_MEASURED: tuple[NotMeasured, ...] = (
    NotMeasured(
        _("Worker efficiency"),
        "APWT ÷ APAT",
        _("Attendance belongs to the person's day, not to the machine; APWT is shown."),
    ),
    NotMeasured(
        _("Actual to planned scrap ratio"), "SQ ÷ PSQ", _("No scrap is planned by operation.")
    ),
    NotMeasured(
        _("First pass yield"), "GP ÷ IP", _("Inspections take samples; no piece is followed.")
    ),
    NotMeasured(_("Rework ratio"), "RQ ÷ PQ", _NO_REWORK),
    NotMeasured(
        _("Fall off ratio"),
        "SQ ÷ PQ",
        _("Needs the quantity of the order's first operation: see the dataset Production."),
    ),
    NotMeasured(_("Machine capability index"), "(USL − LSL) ÷ 6s", _CAPABILITY),
    NotMeasured(_("Critical machine capability index"), "min(USL − x̄, x̄ − LSL) ÷ 3s", _CAPABILITY),
    NotMeasured(_("Process capability index"), "(USL − LSL) ÷ 6 sigma", _CAPABILITY),
    NotMeasured(
        _("Critical process capability index"), "min(USL − x̄, x̄ − LSL) ÷ 3 sigma", _CAPABILITY
    ),
    NotMeasured(
        _("Comprehensive energy consumption"), "E ÷ PQ", _("No energy is metered by machine.")
    ),
    NotMeasured(
        _("Inventory turns"),
        "TH ÷ average inventory",
        _("Belongs to stock, not to machines: see the measures of stock."),
    ),
    NotMeasured(_("Finished goods ratio"), "GQ ÷ CM", _MATERIAL),
    NotMeasured(_("Integrated goods ratio"), "IGQ ÷ CM", _MATERIAL),
    NotMeasured(_("Production loss ratio"), "PL ÷ CM", _MATERIAL),
    NotMeasured(_("Storage and transportation loss ratio"), "STL ÷ CM", _NO_LOSS),
    NotMeasured(_("Other loss ratio"), "OL ÷ CM", _NO_LOSS),
    NotMeasured(
        _("Corrective maintenance ratio"),
        "CMT ÷ (CMT + PMT)",
        _("Maintenance orders belong to the asset's day, not to a shift: see maintenance."),
    ),
)
