"""What tests of quality begin with: characteristics, gauges, plans, two people who decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.models import User
from apps.inventory.models import Location
from apps.masterdata.models import Item, ReasonCode
from apps.quality.models import Characteristic, Gauge, Inspection, InspectionPlan
from apps.quality.queries.measurements import measured
from apps.quality.services.gauges import calibrate_gauge
from apps.quality.services.inspection_plans import PlanLine, create_plan, release_plan
from apps.quality.services.measuring import Reading, record_results
from tests.factories import Books, make_user
from tests.support.trade import Trade

D = Decimal


@dataclass
class Laboratory:
    """Plans, measures and decides in one line each."""

    books: Books
    trade: Trade
    quarantine: Location
    reviewer: User
    known: dict[str, Any] = field(default_factory=dict)

    def characteristic(self, code: str = "LOOK", kind: str = "attribute") -> Characteristic:
        if code not in self.known:
            self.known[code] = Characteristic(
                company=self.books.company, code=code, name=code.title(), kind=kind
            ).save_by(self.books.by)
        return self.known[code]

    def gauge(self, code: str = "CAL-1", *, good_on: date | None = None) -> Gauge:
        gauge = Gauge(company=self.books.company, code=code, name=code).save_by(self.books.by)
        day = good_on or timezone.localdate() - timedelta(days=30)
        calibrate_gauge(
            gauge, calibrated_on=day, is_found_good=True, is_left_good=True, by=self.books.by
        )
        return Gauge.objects.get(pk=gauge.pk)

    def plan(self, item: Item, *lines: PlanLine, **values: Any) -> InspectionPlan:
        values.setdefault("name", f"Inspection of {item.code}")
        values.setdefault("sampling", "fixed")
        if values["sampling"] == "fixed":
            values.setdefault("sample_size", 3)
        plan = create_plan(
            self.books.company,
            item=item,
            lines=lines or [PlanLine(self.characteristic())],
            by=self.books.by,
            **values,
        )
        return release_plan(plan, by=self.books.by)

    def measure(self, inspection: Inspection, *bad: int) -> Inspection:
        """Tick every sample of every pass-or-fail line; the ``bad`` ones fail."""
        state = measured(inspection)
        record_results(
            inspection,
            readings=[
                Reading(sample, line.characteristic, is_conforming=sample not in bad)
                for line in state.lines
                for sample in range(1, inspection.sample_size + 1)
            ],
            by=self.books.by,
        )
        return Inspection.objects.get(pk=inspection.pk)

    def reason(self, code: str = "CRACK", kind: str = "scrap") -> ReasonCode:
        if code not in self.known:
            self.known[code] = ReasonCode(
                company=self.books.company, code=code, name=code, kind=kind
            ).save_by(self.books.by)
        return self.known[code]


def make_laboratory(trade: Trade) -> Laboratory:
    books = trade.books
    quarantine = Location(
        company=books.company, code="QUAR", name="Quarantine", kind="internal", site=books.site,
        is_quarantine=True,
    ).save_by(books.by)  # fmt: skip
    reviewer = make_user("reviewer", company=books.company)
    return Laboratory(books, trade, quarantine, reviewer)
