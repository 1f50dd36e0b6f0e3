"""Entering what was measured: by a usable gauge, once for each sample; corrections are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.quality.models import (
    Characteristic,
    Gauge,
    Inspection,
    InspectionPlanLine,
    InspectionResult,
)
from apps.quality.queries.measurements import measured
from apps.quality.services.signalling import watch

Kind = Characteristic.Kind


@dataclass(frozen=True, slots=True)
class Reading:
    """One result: ``value`` measured or counted, or ``is_conforming`` ticked."""

    sample: int
    characteristic: Characteristic
    value: Decimal | None = None
    is_conforming: bool | None = None
    gauge: Gauge | None = None


def record_results(
    inspection: Inspection,
    *,
    readings: Sequence[Reading],
    by: User,
    measured_at: datetime | None = None,
) -> list[InspectionResult]:
    """Write ``readings``, all or none. Control charts of what was measured are looked at.

    Raises ``InvalidInput`` or ``BusinessError`` naming field and row: a missing value, a gauge
    that is overdue, a sample measured already.
    """
    if not readings:
        raise InvalidInput("no_lines", _("Nothing was measured."), field="readings")
    at = _moment(measured_at)
    with unit_of_work():
        inspection = lock(inspection)
        require_status(inspection, *Inspection.UNDECIDED)
        state = measured(inspection)
        lines = {line.characteristic_id: line for line in state.lines}
        rows = []
        for row, one in enumerate(readings):
            line = _check(inspection, lines, one, at, row)
            key = (line.pk, one.sample)
            if key in state.results:
                raise BusinessError(
                    "already_measured",
                    _("Sample {sample} has a result for {characteristic}. Correct that.").format(
                        sample=one.sample, characteristic=one.characteristic.code
                    ),
                    field="sample",
                    row=row,
                )
            state.results[key] = None  # type: ignore[assignment]
            rows.append(_row(inspection, line, one, at, by))
        made = _insert(rows)
        if inspection.status == Inspection.Status.OPEN:
            inspection.transition_to(Inspection.Status.MEASURING)
            inspection.save_by(by)
        watch(inspection, [one.characteristic.pk for one in readings], by=by)
    return made


def pass_the_rest(
    inspection: Inspection, *, characteristic: Characteristic, by: User, gauge: Gauge | None = None
) -> list[InspectionResult]:
    """Tick every sample that has no result for a pass-or-fail characteristic as conforming."""
    if characteristic.kind != Kind.ATTRIBUTE:
        raise InvalidInput(
            "not_attribute", _("Measured values are entered one by one."), field="characteristic"
        )
    state = measured(inspection)
    line = next((one for one in state.lines if one.characteristic_id == characteristic.pk), None)
    readings = [
        Reading(sample, characteristic, is_conforming=True, gauge=gauge)
        for sample in range(1, inspection.sample_size + 1)
        if line is None or (line.pk, sample) not in state.results
    ]
    return record_results(inspection, readings=readings, by=by)


def correct_result(
    result: InspectionResult,
    *,
    reason: str,
    by: User,
    value: Decimal | None = None,
    is_conforming: bool | None = None,
    gauge: Gauge | None = None,
) -> InspectionResult:
    """A new result in place of ``result``, which stays to be seen, with the reason."""
    reason = require_reason(reason)
    if len(reason) > 200:
        raise InvalidInput("too_long", _("Say it in 200 characters."), field="reason")
    at = timezone.now()
    with unit_of_work():
        inspection = lock(result.inspection)
        require_status(inspection, *Inspection.UNDECIDED)
        if InspectionResult.objects.filter(supersedes=result).exists():
            raise BusinessError(
                "corrected_already", _("This result has been corrected already."), field="value"
            )
        state = measured(inspection)
        lines = {line.characteristic_id: line for line in state.lines}
        one = Reading(
            result.sample, result.characteristic, value, is_conforming, gauge or result.gauge
        )
        line = _check(inspection, lines, one, at, None)
        row = _row(inspection, line, one, at, by)
        row |= {"supersedes_id": result.pk, "reason": reason}
        [made] = _insert([row])
        watch(inspection, [result.characteristic_id], by=by)
    return made


def _moment(at: datetime | None) -> datetime:
    now = timezone.now()
    if at is not None and at > now:
        raise InvalidInput("in_the_future", _("This is still to come."), field="measured_at")
    return at or now


def _check(
    inspection: Inspection,
    lines: Mapping[int, InspectionPlanLine],
    one: Reading,
    at: datetime,
    row: int | None,
) -> InspectionPlanLine:
    require_company(inspection.company, row=row, characteristic=one.characteristic, gauge=one.gauge)
    line = lines.get(one.characteristic.pk)
    if line is None:
        raise InvalidInput(
            "not_in_plan",
            _("{plan} does not look at {characteristic}.").format(
                plan=inspection.plan, characteristic=one.characteristic.code
            ),
            field="characteristic",
            row=row,
        )
    if not 1 <= one.sample <= inspection.sample_size:
        raise InvalidInput(
            "no_such_sample",
            _("Samples are numbered 1 to {size}.").format(size=inspection.sample_size),
            field="sample",
            row=row,
        )
    _check_value(line, one, row)
    _check_gauge(line, one, at, row)
    return line


def _check_value(line: InspectionPlanLine, one: Reading, row: int | None) -> None:
    characteristic = line.characteristic
    if characteristic.kind == Kind.ATTRIBUTE:
        if one.is_conforming is None:
            raise InvalidInput(
                "value_required", _("Say whether it passes."), field="is_conforming", row=row
            )
        return
    if one.value is None:
        raise InvalidInput("value_required", _("A value is missing."), field="value", row=row)
    require_decimal(one.value, field="value", row=row, positive=False)
    if characteristic.kind == Kind.COUNT and (one.value < 0 or one.value % 1):
        raise InvalidInput("not_whole", _("Defects are counted: 0, 1, 2 …"), field="value", row=row)


def _check_gauge(line: InspectionPlanLine, one: Reading, at: datetime, row: int | None) -> None:
    if one.gauge is None:
        if line.needs_gauge:
            raise InvalidInput(
                "gauge_required",
                _("{characteristic} is measured with a gauge. Say which.").format(
                    characteristic=line.characteristic.code
                ),
                field="gauge",
                row=row,
            )
        return
    gauge = Gauge.objects.get(pk=one.gauge.pk)
    today = timezone.localdate(at)
    if gauge.is_usable(today):
        return
    status = gauge.status_on(today)
    is_overdue = status == Gauge.Status.DUE
    why = _("its calibration is overdue") if is_overdue else str(status.label)
    raise BusinessError(
        "gauge_overdue" if is_overdue and gauge.is_active else "gauge_blocked",
        _("Gauge {gauge} can't be used: {why}.").format(
            gauge=gauge.code, why=why if gauge.is_active else _("it is retired")
        ),
        field="gauge",
        row=row,
        details={"due_on": str(gauge.due_on or "")},
    )


def _judge(line: InspectionPlanLine, one: Reading) -> bool:
    if line.characteristic.kind == Kind.ATTRIBUTE:
        return bool(one.is_conforming)
    assert one.value is not None  # noqa: S101 - checked above
    return line.takes(one.value)


def _row(
    inspection: Inspection, line: InspectionPlanLine, one: Reading, at: datetime, by: User
) -> dict[str, Any]:
    return {
        "company_id": inspection.company_id,
        "source_type_id": ContentType.objects.get_for_model(Inspection).pk,
        "source_id": inspection.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "inspection_id": inspection.pk,
        "line_id": line.pk,
        "characteristic_id": line.characteristic_id,
        "item_id": inspection.item_id,
        "lot_id": inspection.lot_id,
        "sample": one.sample,
        "value": None if line.characteristic.kind == Kind.ATTRIBUTE else one.value,
        "is_conforming": _judge(line, one),
        "gauge_id": one.gauge.pk if one.gauge else None,
        "measured_at": at,
        "supersedes_id": None,
        "reason": "",
    }


def _insert(rows: Sequence[dict[str, Any]]) -> list[InspectionResult]:
    ids = [row_id for (row_id,) in insert_rows(InspectionResult, rows, returning="id")]
    found = InspectionResult.objects.in_bulk(ids)
    return [found[row_id] for row_id in ids]
