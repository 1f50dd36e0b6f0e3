"""OEE of work centres (ISO 22400-2), from states and counts inside the shifts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.models import Company
from apps.execution.oee import total
from apps.execution.queries.oee import elements_by_shift
from apps.masterdata.models import Machine, WorkCentre
from apps.reporting.measures.registry import Chart, Unit, register

DAYS = 7


def oee_rows(asked: Any) -> Iterator[tuple[int, str, str, Decimal | None]]:
    """Per work centre: of the newest day in which its shifts began, and of seven days."""
    companies = Company.objects.filter(pk__in=asked.company_ids)
    names = dict(WorkCentre.objects.filter(company__in=companies).values_list("pk", "code"))
    by_centre: dict[int, list[Any]] = {}
    for company in companies:
        machines = Machine.objects.filter(company=company, is_active=True).visible_to(asked.user)
        since = asked.now - timedelta(days=DAYS)
        for row in elements_by_shift(
            company, machines, since=since, until=asked.now, now=asked.now
        ):
            by_centre.setdefault(row.work_centre_id, []).append(row)
    for place, centre in enumerate(sorted(by_centre, key=lambda key: names[key])):
        rows = by_centre[centre]
        newest = max(row.day for row in rows)
        for series, chosen in (
            ("today", [row.elements for row in rows if row.day == newest]),
            ("week", [row.elements for row in rows]),
        ):
            if (oee := total(chosen).oee) is not None:
                yield place, names[centre], series, 100 * oee


register(
    Chart(
        code="oee",
        title=_("OEE by work centre"),
        unit=Unit.PERCENT,
        kind="bar",
        permission="execution.view_machineinterval",
        formula=_(
            "Good units × ideal cycle ÷ planned time (availability × performance × quality), "
            "summed over machines and shifts before dividing."
        ),
        read=oee_rows,
        empty=_("No shift with machines has begun in seven days. Add shifts and machines."),
        names={"today": _("Last day"), "week": _("Seven days")},
    ),
)
