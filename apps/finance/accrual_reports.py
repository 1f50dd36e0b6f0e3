"""Accruals and deferrals as a report."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Kind, Report, Row
from apps.finance.models import AccrualSchedule
from apps.finance.queries.accruals import accrual_standings
from apps.finance.report_parameters import ReportRequest

NAME = "accruals"


def accruals_report(asked: ReportRequest) -> Report:
    """Each schedule at the end of ``date_to``: posted, due, and the rest of its amount."""
    at = asked.chosen.date_to
    found = accrual_standings(asked.company, at=at)
    model = ContentType.objects.get_for_model(AccrualSchedule).pk
    rows = [
        Row(
            (
                row.number,
                row.description,
                AccrualSchedule.Kind(row.kind).label,
                row.starts_on,
                row.ends_on,
                row.balance_account,
                row.result_account,
                row.amount,
                row.posted,
                row.due,
                row.rest,
            ),
            links={"number": link_to(model, row.schedule_id).url},
        )
        for row in found
    ]
    sums = [
        sum((getattr(row, name) for row in found), ZERO)
        for name in ("amount", "posted", "due", "rest")
    ]
    rows.append(Row(("", _("Total"), "", None, None, "", "", *sums), is_total=True))
    columns = (
        Column("number", _("Number")),
        Column("description", _("Description")),
        Column("kind", _("Kind")),
        Column("starts_on", _("From"), Kind.DATE),
        Column("ends_on", _("To"), Kind.DATE),
        Column("balance_account", _("Balance sheet account")),
        Column("result_account", _("Account of cost or revenue")),
        Column("amount", _("Amount"), Kind.MONEY),
        Column("posted", _("Posted"), Kind.MONEY),
        Column("due", _("Due"), Kind.MONEY),
        Column("rest", _("Rest"), Kind.MONEY),
    )
    company = asked.company
    return Report(
        title=_("Accruals and deferrals"),
        subtitles=(
            f"{company.code} {company.name}", f"{at.isoformat()} · {company.currency_id}",
        ),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )  # fmt: skip
