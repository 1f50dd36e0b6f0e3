"""Reports of the tax ledger: the boxes of a span of days, and the entries behind each."""

from __future__ import annotations

from datetime import date as Date

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import TaxSide
from apps.finance.queries.tax_returns import box_amounts, tax_lines
from apps.finance.report_parameters import ReportRequest
from apps.finance.reports import entry_link, report_of

MOST_LINES = 100_000


def tax_boxes_report(asked: ReportRequest) -> Report:
    first, last = _span(asked)
    rows = [
        Row(
            (box.code, box.name, box.amount),
            drill=Drill("tax-entries", asked.parameters(tax_box=box.code)),
        )
        for box in box_amounts(asked.company, first=first, last=last)
    ]
    columns = (
        Column("code", _("Box")),
        Column("name", _("Name")),
        Column("amount", _("Amount"), Kind.MONEY),
    )
    return report_of(_("Tax by box"), asked, columns, rows)


def tax_entries_report(asked: ReportRequest) -> Report:
    """Rows of the tax ledger; with a box, what each adds to it."""
    first, last = _span(asked)
    found = tax_lines(
        asked.company, first=first, last=last, box=asked.tax_box, limit=MOST_LINES + 1
    )
    if len(found) > MOST_LINES:
        raise InvalidInput(
            "too_many_rows",
            _("These are more than {most} lines: choose fewer days.").format(most=MOST_LINES),
            field="date_to",
        )
    rows = [
        Row(
            (
                line.date, line.entry_number, line.partner_code, line.partner_name, line.tax_code,
                TaxSide(line.side).label, line.base, line.tax, line.amount,
            ),
            links={
                "entry": entry_link(line.entry_id),
                "partner": link_to(line.source_type_id, line.source_id).url,
            },
            drill=Drill("entry", {"id": str(line.entry_id)}),
        )
        for line in found
    ]  # fmt: skip
    total = sum((line.amount for line in found), ZERO)
    rows.append(Row((_("Total"), *[""] * 5, None, None, total), is_total=True))
    columns = (
        Column("date", _("Date"), Kind.DATE),
        Column("entry", _("Entry")),
        Column("partner", _("Partner")),
        Column("name", _("Name")),
        Column("tax_code", _("Tax code")),
        Column("side", _("Side")),
        Column("base", _("Base"), Kind.MONEY),
        Column("tax", _("Tax"), Kind.MONEY),
        Column("amount", _("In the box"), Kind.MONEY),
    )
    title = _("Tax entries") if asked.tax_box is None else str(asked.tax_box)
    return report_of(title, asked, columns, rows)


def _span(asked: ReportRequest) -> tuple[Date, Date]:
    return asked.chosen.date_from or Date.min, asked.chosen.date_to
