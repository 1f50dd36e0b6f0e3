"""An investment as reports: planned against measured, for its page, its paper and the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.reports import Column, Kind, Report, Row
from apps.reporting.queries.roi_cases import RoiView
from apps.reporting.roi import Appraisal


def reports_of(view: RoiView, links: dict[Any, str] | None = None) -> list[Report]:
    """What there is to show: without flows neither a return nor periods."""
    planned = [] if view.planned is None else [appraisal_report(view), periods_report(view)]
    return [*planned, months_report(view, links)]


def appraisal_report(view: RoiView) -> Report:
    """Present value, internal rate and payback: as planned, as expected now, measured so far."""
    places = view.case.company.currency.decimal_places
    shown = [
        (_("Planned"), view.planned),
        (_("Expected: measured, then as planned"), view.expected),
        (_("Measured so far"), view.to_date),
        *(
            (_("Scenario: {share} of what comes in").format(share=name), appraisal)
            for name, appraisal in view.scenarios
        ),
    ]
    rows = [Row((label, *appraisal_cells(one, places))) for label, one in shown if one is not None]
    columns = (
        Column("label", _("Case")),
        Column("npv", _("Net present value"), Kind.MONEY),
        Column("irr", _("Internal rate %"), Kind.QUANTITY),
        Column("payback", _("Payback (periods)"), Kind.QUANTITY),
        Column("discounted", _("Discounted payback"), Kind.QUANTITY),
        Column("note", _("Note")),
    )
    return _report(view, _("Appraisal"), columns, rows)


def periods_report(view: RoiView) -> Report:
    """Flows by period: planned, measured, expected."""
    rows = [
        Row(
            (
                row.period,
                row.starts_on,
                row.planned,
                row.measured,
                row.months if row.period else None,
                row.expected,
            )
        )
        for row in view.periods
    ]
    zero = Decimal(0)
    rows.append(
        Row(
            (
                _("Total"),
                None,
                sum((row.planned for row in view.periods), zero),
                sum((row.measured or zero for row in view.periods), zero),
                sum(row.months for row in view.periods),
                sum((row.expected for row in view.periods), zero),
            ),
            is_total=True,
        )
    )
    columns = (
        Column("period", _("Period")),
        Column("starts_on", _("From"), Kind.DATE),
        Column("planned", _("Planned"), Kind.MONEY),
        Column("measured", _("Measured"), Kind.MONEY),
        Column("months", _("Months measured"), Kind.INTEGER),
        Column("expected", _("Expected"), Kind.MONEY),
    )
    return _report(view, _("Cash flows"), columns, rows)


def months_report(view: RoiView, links: dict[Any, str] | None = None) -> Report:
    """What the stored question said month by month; each actual opens its documents."""
    rows = [
        Row(
            (row.month.strftime("%Y-%m"), row.baseline, row.actual, row.benefit),
            links={"actual": (links or {}).get(row.month, "")},
        )
        for row in view.months
    ]
    total = sum((row.benefit for row in view.months), Decimal(0))
    rows.append(Row((_("Total"), None, None, total), is_total=True))
    columns = (
        Column("month", _("Month")),
        Column("baseline", _("Baseline"), Kind.MONEY),
        Column("actual", _("Actual"), Kind.MONEY),
        Column("benefit", _("Benefit"), Kind.MONEY),
    )
    return _report(view, _("Measured benefit"), columns, rows)


def appraisal_cells(one: Appraisal, places: int) -> tuple[Any, ...]:
    """Net present value, internal rate in percent, both paybacks, and what can't be said."""
    return (
        round(one.npv, places),
        None if one.irr is None else round(one.irr * 100, 2),
        None if one.payback is None else round(one.payback, 2),
        None if one.discounted_payback is None else round(one.discounted_payback, 2),
        one.irr_refusal or ("" if one.payback is not None else _("It does not pay back.")),
    )


def _report(view: RoiView, title: str, columns: Any, rows: list[Row]) -> Report:
    case = view.case
    return Report(
        title=title,
        subtitles=(f"{case.number} {case.title}", f"{case.company} · {case.company.currency_id}"),
        columns=columns,
        rows=rows,
        decimal_places=case.company.currency.decimal_places,
    )
