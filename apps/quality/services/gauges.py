"""The gauge register: calibrations, taking gauges out of use, studies of what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal, round_quantity
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.quality import gauge_study
from apps.quality.models import Calibration, Characteristic, Gauge, GaugeReading, GaugeStudy

Status = Gauge.Status


def calibrate_gauge(
    gauge: Gauge,
    *,
    calibrated_on: Date,
    is_found_good: bool,
    is_left_good: bool,
    by: User,
    as_found: Decimal | None = None,
    as_left: Decimal | None = None,
    due_on: Date | None = None,
    certificate: str = "",
    laboratory: str = "",
) -> Calibration:
    """Write a calibration down; the gauge is usable until it is due again, or out of tolerance.

    When it was found bad, ``queries.look_backs`` lists what it measured since it was last good.
    Raises ``InvalidInput`` for a day to come or before the last calibration.
    """
    if calibrated_on > timezone.localdate():
        raise InvalidInput("in_the_future", _("This is still to come."), field="calibrated_on")
    for field, value in (("as_found", as_found), ("as_left", as_left)):
        if value is not None:
            require_decimal(value, field=field, positive=False)
    with unit_of_work():
        gauge = lock(gauge)
        last = Calibration.objects.filter(gauge=gauge).order_by("-calibrated_on", "-pk").first()
        if last is not None and calibrated_on < last.calibrated_on:
            raise InvalidInput(
                "before_the_last",
                _("It was calibrated on {day} already.").format(day=last.calibrated_on),
                field="calibrated_on",
            )
        due_on = due_on or calibrated_on + timedelta(days=gauge.interval_days)
        if due_on <= calibrated_on:
            raise InvalidInput("due_before", _("It is due again later than that."), field="due_on")
        [(row_id,)] = insert_rows(
            Calibration,
            [
                {
                    "company_id": gauge.company_id,
                    "source_type_id": ContentType.objects.get_for_model(Gauge).pk,
                    "source_id": gauge.pk,
                    "created_at": timezone.now(),
                    "created_by_id": by.pk,
                    "gauge_id": gauge.pk,
                    "calibrated_on": calibrated_on,
                    "due_on": due_on,
                    "is_found_good": is_found_good,
                    "is_left_good": is_left_good,
                    "as_found": as_found,
                    "as_left": as_left,
                    "certificate": certificate,
                    "laboratory": laboratory,
                }
            ],
            returning="id",
        )
        gauge.due_on = due_on
        is_current = due_on >= timezone.localdate()
        good = Status.IN_USE if is_current else Status.DUE
        gauge.status = good if is_left_good else Status.OUT
        gauge.save_by(by, reason=_("Calibrated on {day}").format(day=calibrated_on))
    return Calibration.objects.get(pk=row_id)


def quarantine_gauge(gauge: Gauge, *, reason: str, by: User) -> Gauge:
    """Nobody measures with it until it is calibrated again."""
    reason = require_reason(reason)
    with unit_of_work():
        gauge = lock(gauge)
        if gauge.status == Status.QUARANTINE:
            raise BusinessError("same_status", _("It is in quarantine already."), field="status")
        gauge.status = Status.QUARANTINE
        return gauge.save_by(by, reason=reason)


# --- studies ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StudyReading:
    """One trial of one person at one part."""

    part: str
    appraiser: str
    trial: int
    value: Decimal


def create_gauge_study(
    company: Company,
    *,
    gauge: Gauge,
    characteristic: Characteristic,
    readings: Sequence[StudyReading],
    by: User,
    date: Date | None = None,
    method: str = GaugeStudy.Method.ANOVA,
    tolerance: Decimal | None = None,
) -> GaugeStudy:
    """Write the readings of a study down. Raises ``InvalidInput`` naming the row at fault."""
    require_company(company, gauge=gauge, characteristic=characteristic)
    if tolerance is not None:
        require_decimal(tolerance, field="tolerance")
    seen: set[tuple[str, str, int]] = set()
    for row, one in enumerate(readings):
        require_decimal(one.value, field="value", row=row, positive=False)
        key = (one.part, one.appraiser, one.trial)
        if key in seen:
            raise InvalidInput(
                "reading_twice", _("This trial is there already."), field="trial", row=row
            )
        seen.add(key)
    with unit_of_work():
        study = GaugeStudy(
            company=company,
            number=next_number("quality_gaugestudy_series", "GS"),
            gauge=gauge,
            characteristic=characteristic,
            method=method,
            tolerance=tolerance,
            date=date or timezone.localdate(),
            created_by=by,
        ).save_by(by)
        GaugeReading.objects.bulk_create(
            GaugeReading(
                company=company,
                study=study,
                part=one.part,
                appraiser=one.appraiser,
                trial=one.trial,
                value=one.value,
            )
            for one in readings
        )
    return study


def finish_gauge_study(study: GaugeStudy, *, by: User) -> GaugeStudy:
    """Reckon the study up. Raises ``InvalidInput`` when somebody missed a trial."""
    with unit_of_work():
        study = lock(study)
        require_status(study, GaugeStudy.Status.OPEN)
        readings: list[gauge_study.Reading] = [
            (row.part, row.appraiser, row.trial, row.value) for row in study.readings.all()
        ]
        is_anova = study.method == GaugeStudy.Method.ANOVA
        reckon = gauge_study.anova if is_anova else gauge_study.average_and_range
        tolerance = None if study.tolerance is None else float(study.tolerance)
        try:
            result = reckon(readings, tolerance=tolerance)
        except ValueError as error:
            raise InvalidInput(
                "unbalanced",
                _("The study can't be reckoned up: {why}.").format(why=error),
                field="readings",
            ) from None
        study.percent_gauge = round_quantity(Decimal(repr(result.percent_gauge)))
        share = result.percent_tolerance
        study.percent_tolerance = None if share is None else round_quantity(Decimal(repr(share)))
        study.categories = min(result.categories, 1_000_000)
        study.verdict = result.verdict
        study.transition_to(GaugeStudy.Status.DONE)
        return study.save_by(by)


def cancel_gauge_study(study: GaugeStudy, *, reason: str, by: User) -> GaugeStudy:
    """Give a study up."""
    reason = require_reason(reason)
    with unit_of_work():
        study = lock(study)
        study.transition_to(GaugeStudy.Status.CANCELLED)
        return study.save_by(by, reason=reason)
