"""OEE by its raw elements (ISO 22400-2): minutes and units are summed, then divided."""

from __future__ import annotations

from dataclasses import fields
from datetime import date as Date
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import orjson
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company
from apps.execution.oee import Elements
from apps.execution.queries.oee import elements_by_shift
from apps.masterdata.models import Machine
from apps.reporting.datasets.registry import PERIODS, Dataset, Value, register
from apps.reporting.measures.registry import Unit

MOST_DAYS = 92
_ELEMENTS = tuple(field.name for field in fields(Elements))
_KEYS = ("date", "label", "machine_id", "work_centre_id", "site_id", "shift_id", "source_type_id")
_TYPES = {"date": "date", "label": "text"}
_COLUMNS = ", ".join(
    f"{name} {_TYPES.get(name, 'bigint' if name.endswith('_id') else 'numeric')}"
    for name in (*_KEYS, *_ELEMENTS)
)
_values = attrgetter(*_ELEMENTS)


def read_elements(asked: Any, date_from: Date, date_to: Date) -> dict[str, Any]:
    """The elements of each machine in each shift, as one text for the statement: a month of them
    as arrays takes longer than all the rest."""
    rows: list[dict[str, Any]] = []
    kind = ContentType.objects.get_for_model(Machine).pk
    zone = timezone.get_current_timezone()
    # A day earlier and later: sites have time zones of their own.
    since = datetime.combine(date_from - timedelta(days=1), datetime.min.time(), zone)
    until = datetime.combine(date_to + timedelta(days=2), datetime.min.time(), zone)
    for company in Company.objects.filter(pk__in=asked.company_ids):
        machines = Machine.objects.filter(company=company).visible_to(asked.user)
        codes = dict(machines.values_list("pk", "code"))
        for row in elements_by_shift(
            company,
            machines,
            since=since,
            until=min(until, asked.now),
            days=(date_from, date_to),
            now=asked.now,
        ):
            shift_id = row.shift.shift_id if row.shift else None
            label = f"{codes[row.machine_id]} {row.day.isoformat()}"
            place = (row.machine_id, row.work_centre_id, row.site_id, shift_id, kind)
            values = map(str, _values(row.elements))
            keys = (row.day, label, *place)
            rows.append(dict(zip((*_KEYS, *_ELEMENTS), (*keys, *values), strict=True)))
    return {"oee": orjson.dumps(rows).decode()}


def _ratio(part: str, whole: str) -> str:
    return f"100 * sum(f.{part}) / nullif(sum({whole}), 0)"


_RUN = "f.planned - f.down - f.off - f.setup"

register(
    Dataset(
        code="oee",
        title=_("OEE"),
        description=_("Planned time and where it went, machine by machine and shift by shift."),
        permission="execution.view_machineinterval",
        statement=f"""
SELECT x.*, x.machine_id AS source_id FROM json_to_recordset(%(oee)s::json) AS x({_COLUMNS})
""",  # noqa: S608 - constants only
        dimensions=("work_centre", "machine", "shift", "site", *PERIODS),
        values=(
            Value(
                "oee",
                _("OEE %"),
                Unit.PERCENT,
                _("Good units × ideal cycle ÷ planned time, summed before dividing."),
                _ratio("ideal_good", "f.planned"),
            ),
            Value(
                "availability",
                _("Availability %"),
                Unit.PERCENT,
                _("Operating time ÷ planned time, summed before dividing."),
                f"100 * sum({_RUN}) / nullif(sum(f.planned), 0)",
            ),
            Value(
                "performance",
                _("Performance %"),
                Unit.PERCENT,
                _("All units × ideal cycle ÷ operating time, summed before dividing."),
                _ratio("ideal_total", _RUN),
            ),
            Value(
                "quality",
                _("Quality %"),
                Unit.PERCENT,
                _("Good ÷ all units, in time of the ideal cycle, summed before dividing."),
                _ratio("ideal_good", "f.ideal_total"),
            ),
            Value(
                "planned",
                _("Planned minutes"),
                Unit.QUANTITY,
                _("Time of shifts less breaks and planned stops."),
                "sum(f.planned)",
            ),
            Value(
                "down",
                _("Down minutes"),
                Unit.QUANTITY,
                _("Minutes of unplanned stops inside planned time."),
                "sum(f.down)",
            ),
            Value(
                "stops",
                _("Stops"),
                Unit.COUNT,
                _("Unplanned stops that began in the shift."),
                "sum(f.stops)::bigint",
            ),
        ),
        path=("month", "work_centre", "machine", "shift", "day"),
        read=read_elements,
        most_days=MOST_DAYS,
    ),
)
