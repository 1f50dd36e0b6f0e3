"""Investments from the draft to what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import lock, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.reporting.datasets import datasets
from apps.reporting.models import RoiCase, RoiFlow, RoiMonth
from apps.reporting.queries.pivots import read_value
from apps.reporting.queries.roi_cases import full_months, month_end, next_month
from apps.reporting.queries.scope import Asked, asked_by
from apps.reporting.roi import FEWEST_PERIODS, MOST_PERIODS, net_present_value
from apps.reporting.services.saved_reports import read_question

Status = RoiCase.Status
FIXED = ("company", "number", "status", "baseline")


@dataclass(frozen=True, slots=True)
class Flow:
    period: int
    amount: Decimal


def draft_roi_case(*, company: Company, flows: Sequence[Flow], by: User, **values: Any) -> RoiCase:
    """Write an investment down. Raises ``InvalidInput`` for flows or a question that can't be."""
    with unit_of_work():
        case = RoiCase(
            company=company,
            number=next_number("reporting_roicase_series", "ROI"),
            created_by=by,
            **values,
        )
        _check(case, flows, by)
        case.save_by(by)
        _write_flows(case, flows)
    return case


def change_roi_case(
    case: RoiCase,
    *,
    by: User,
    version: int | None = None,
    flows: Sequence[Flow] | None = None,
    **values: Any,
) -> RoiCase:
    """Change a draft; ``flows`` replace the ones it has."""
    with unit_of_work():
        case = lock(case, version=version)
        require_status(case, Status.DRAFT)
        for name, value in values.items():
            setattr(case, name, value)
        kept = flows
        if kept is None:
            kept = [Flow(flow.period, flow.amount) for flow in case.flows.all()]
        _check(case, kept, by)
        if flows is not None:
            case.flows.all().delete()
            _write_flows(case, flows)
        return case.save_by(by)


def approve_roi_case(case: RoiCase, *, by: User, version: int | None = None) -> RoiCase:
    """Approve it and measure its baseline; somebody else than who wrote it."""
    with unit_of_work():
        case = lock(case, version=version)
        if by.pk == case.created_by_id:
            raise BusinessError("own_case", _("Somebody else approves what you have written."))
        case.transition_to(Status.APPROVED)
        months = full_months(case.baseline_from, case.baseline_to)
        total = _measured(case, asked_by(by), case.baseline_from, case.baseline_to)
        case.baseline = round_money(total / len(months), case.company.currency.decimal_places)
        return case.save_by(by)


def start_roi_case(case: RoiCase, *, by: User, version: int | None = None) -> RoiCase:
    """From now on its benefit is measured, month by month."""
    return _step(case, Status.RUNNING, by, version)


def measure_roi_case(
    case: RoiCase, *, by: User, today: Date | None = None, version: int | None = None
) -> RoiCase:
    """Ask the stored question of every full month since the benefit began; months that say the
    same as before are left alone."""
    today = today or timezone.localdate()
    with unit_of_work():
        case = lock(case, version=version)
        require_status(case, Status.RUNNING)
        asked = asked_by(by)
        known = {row.month: row for row in case.months.select_for_update()}
        month = case.starts_on
        while month_end(month) < today:
            _measure(case, month, asked, known.get(month), by)
            month = next_month(month)
    return case


def close_roi_case(case: RoiCase, *, by: User, version: int | None = None) -> RoiCase:
    """Measure a last time; then its figures stand."""
    with unit_of_work():
        measure_roi_case(case, by=by, version=version)
        return _step(case, Status.CLOSED, by, None)


def cancel_roi_case(case: RoiCase, *, by: User, version: int | None = None) -> RoiCase:
    """Give up what was not begun."""
    return _step(case, Status.CANCELLED, by, version)


def _step(case: RoiCase, status: str, by: User, version: int | None) -> RoiCase:
    with unit_of_work():
        case = lock(case, version=version)
        case.transition_to(status)
        return case.save_by(by)


def _measure(case: RoiCase, month: Date, asked: Asked, row: RoiMonth | None, by: User) -> None:
    actual = _measured(case, asked, month, month_end(month))
    baseline = case.baseline or ZERO
    benefit = baseline - actual if case.good == RoiCase.Good.LESS else actual - baseline
    if row is not None and (row.actual, row.baseline, row.benefit) == (actual, baseline, benefit):
        return
    row = row or RoiMonth(company_id=case.company_id, case=case, month=month)
    row.actual, row.baseline, row.benefit = actual, baseline, benefit
    row.save_by(by)


def _measured(case: RoiCase, asked: Asked, date_from: Date, date_to: Date) -> Decimal:
    """The stored value over days; what never was is zero."""
    if not asked.sees_all_sites:
        raise BusinessError("some_sites_only", _("Who measures it must see all sites."))
    wanted = read_question(
        case.dataset,
        case.question,
        case.company,
        asked,
        rows="",
        cols="",
        values=case.value,
        date_from=date_from.isoformat(),
        date_to=date_to.isoformat(),
    )
    return read_value(wanted, wanted.values[0]) or ZERO


def _check(case: RoiCase, flows: Sequence[Flow], by: User) -> None:
    """Complete ``case`` or raise ``InvalidInput``."""
    _check_days(case)
    _check_flows(case, flows)
    net_present_value(case.rate / 100, [flow.amount for flow in flows])
    named = {name for name in parse_qs(case.question, keep_blank_values=True)}
    if named & {"rows", "cols", "values", "period", "date_from", "date_to", "company"}:
        raise InvalidInput(
            "only_filters",
            _("Only filters: the case itself says what is measured, and when."),
            field="question",
        )
    dataset = datasets().get(case.dataset)
    if dataset is not None and not dataset.is_dated:
        raise InvalidInput(
            "not_dated", _("These figures are of this moment only."), field="dataset"
        )
    wanted = read_question(
        case.dataset,
        case.question,
        case.company,
        asked_by(by),
        rows="",
        cols="",
        date_from=case.baseline_from.isoformat(),
        date_to=case.baseline_to.isoformat(),
    )
    value = wanted.dataset.value(case.value)
    if value is None or value.unit != "money":
        codes = [one.code for one in wanted.dataset.values if one.unit == "money"]
        raise InvalidInput(
            "unknown_value",
            _("Choose a value in money: {names}.").format(names=", ".join(codes) or "–"),
            field="value",
        )


def _check_days(case: RoiCase) -> None:
    day = timedelta(days=1)
    if case.starts_on.day != 1:
        raise InvalidInput("not_a_month", _("The first of a month."), field="starts_on")
    if case.baseline_from.day != 1:
        raise InvalidInput("not_a_month", _("The first of a month."), field="baseline_from")
    if (case.baseline_to + day).day != 1 or case.baseline_to < case.baseline_from:
        raise InvalidInput("not_a_month", _("The last of a month."), field="baseline_to")
    if case.baseline_to >= case.starts_on:
        raise InvalidInput(
            "overlaps", _("The baseline ends before the benefit begins."), field="baseline_to"
        )


def _check_flows(case: RoiCase, flows: Sequence[Flow]) -> None:
    places = case.company.currency.decimal_places
    for row, flow in enumerate(flows):
        require_decimal(flow.amount, field="amount", row=row, decimal_places=places, positive=False)
        if flow.period != row:
            raise InvalidInput(
                "periods", _("Periods are 0, 1, 2 … without a gap."), field="period", row=row
            )
    if not FEWEST_PERIODS <= len(flows) <= MOST_PERIODS:
        raise InvalidInput(
            "flows", _("Name two to {n} flows.").format(n=MOST_PERIODS), field="flows"
        )


def _write_flows(case: RoiCase, flows: Sequence[Flow]) -> None:
    RoiFlow.objects.bulk_create(
        RoiFlow(company_id=case.company_id, case=case, period=flow.period, amount=flow.amount)
        for flow in flows
    )
