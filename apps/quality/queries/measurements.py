"""What has been measured of an inspection, what is still missing, and how many failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.core.sql import fetch_all
from apps.quality.models import Inspection, InspectionPlanLine, InspectionResult

# A result counts until another supersedes it.
_STANDING = """
SELECT r.id, r.line_id, r.sample, r.value, r.is_conforming, r.gauge_id
  FROM quality_inspectionresult r
 WHERE r.inspection_id = %s
   AND NOT EXISTS (SELECT 1 FROM quality_inspectionresult s WHERE s.supersedes_id = r.id)
 ORDER BY r.line_id, r.sample
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The result that stands for one sample and line."""

    id: int
    line_id: int
    sample: int
    value: Decimal | None
    is_conforming: bool
    gauge_id: int | None


@dataclass(slots=True)
class Measured:
    """An inspection's lines with the results that stand."""

    inspection: Inspection
    lines: list[InspectionPlanLine]
    results: dict[tuple[int, int], Standing] = field(default_factory=dict)

    @property
    def wanted(self) -> int:
        return self.inspection.sample_size * len(self.lines)

    @property
    def missing(self) -> int:
        return self.wanted - len(self.results)

    @property
    def failed_samples(self) -> list[int]:
        """Units of the sample with a characteristic that does not conform."""
        return sorted({one.sample for one in self.results.values() if not one.is_conforming})

    def next_missing(self) -> tuple[InspectionPlanLine, int] | None:
        """The first line and sample without a result, unit by unit."""
        for sample in range(1, self.inspection.sample_size + 1):
            for line in self.lines:
                if (line.pk, sample) not in self.results:
                    return line, sample
        return None


def measured(inspection: Inspection) -> Measured:
    """Two statements."""
    lines = list(
        InspectionPlanLine.objects.filter(plan=inspection.plan_id)
        .select_related("characteristic__unit")
        .order_by("position", "pk")
    )
    rows = [Standing(*row) for row in fetch_all(_STANDING, [inspection.pk])]
    return Measured(inspection, lines, {(row.line_id, row.sample): row for row in rows})


def corrections(inspection: Inspection) -> Any:
    """The results that corrected others, the newest first."""
    return InspectionResult.objects.filter(
        inspection=inspection, supersedes__isnull=False
    ).order_by("-pk")
