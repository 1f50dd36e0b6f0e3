"""Stops and set-ups of machines, one by one: how long, why, and what they cost."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.datasets.registry import PERIODS, Dataset, Value, register
from apps.reporting.measures.registry import Unit
from apps.reporting.measures.scope import in_sites

_TYPE = """
(SELECT t.id FROM django_content_type t
  WHERE t.app_label = 'execution' AND t.model = 'machineinterval')
"""
# The shift in which it began, as calendars say: of two, the one that began first. Its day is the
# production day; outside of shifts the site's calendar day.
_SHIFT = """
SELECT h.id AS shift_id, d.day
  FROM (VALUES (b.at::date), (b.at::date - 1)) AS d(day)
  JOIN masterdata_shift h ON h.site_id = m.site_id AND h.is_active
   AND (h.weekdays >> (extract(isodow FROM d.day)::int - 1)) & 1 = 1
   AND b.at >= d.day + h.starts_at
   AND b.at < d.day + h.ends_at + CASE WHEN h.ends_at <= h.starts_at THEN interval '1 day'
                                       ELSE interval '0' END
 WHERE NOT EXISTS (SELECT FROM masterdata_holiday y
                    WHERE y.company_id = m.company_id AND y.date = d.day
                      AND (y.site_id IS NULL OR y.site_id = m.site_id))
 ORDER BY d.day + h.starts_at LIMIT 1
"""
_MINUTES = "extract(epoch FROM coalesce(i.ends_at, %(now)s) - i.starts_at) / 60"

register(
    Dataset(
        code="stops",
        title=_("Stops and set-ups"),
        description=_("Each stop and set-up: when it began, how long it took, why, at what cost."),
        permission="execution.view_machineinterval",
        statement=f"""
SELECT coalesce(h.day, b.at::date) AS date,
       m.code || ' ' || to_char(b.at, 'YYYY-MM-DD HH24:MI') AS label, {_TYPE} AS source_type_id,
       i.id AS source_id, m.site_id, m.id AS machine_id, m.work_centre_id, h.shift_id,
       i.reason_id, u.employee_id AS operator_id, o.work_order_id, w.item_id, t.category_id,
       CASE WHEN i.state = 'stopped' THEN {_MINUTES} ELSE 0 END AS minutes,
       CASE WHEN i.state = 'setup' THEN {_MINUTES} ELSE 0 END AS setup_minutes,
       (i.state = 'stopped')::int AS stops, (i.state = 'setup')::int AS setups,
       coalesce(i.lost_minutes, 0) AS lost_minutes,
       round(coalesce(i.lost_minutes * i.hourly_rate, 0) / 60, y.decimal_places) AS cost
  FROM masterdata_machine m
  JOIN company c ON c.id = m.company_id JOIN core_currency y ON y.code = c.currency
  JOIN core_site s ON s.id = m.site_id AND {in_sites("m")}
  JOIN execution_machineinterval i ON i.machine_id = m.id AND i.state IN ('stopped', 'setup')
   AND i.starts_at >= %(date_from)s::date - 2 AND i.starts_at < %(date_to)s::date + 3
   AND i.starts_at < %(now)s
 CROSS JOIN LATERAL (SELECT i.starts_at AT TIME ZONE s.time_zone AS at) b
  LEFT JOIN LATERAL ({_SHIFT}) h ON true
  LEFT JOIN LATERAL (
       SELECT r.employee_id FROM execution_operationrun r
        WHERE r.machine_id = m.id AND r.starts_at <= i.starts_at
          AND (r.ends_at IS NULL OR r.ends_at > i.starts_at)
        ORDER BY r.starts_at DESC LIMIT 1) u ON true
  LEFT JOIN execution_workorderoperation o ON o.id = i.operation_id
  LEFT JOIN execution_workorder w ON w.id = o.work_order_id
  LEFT JOIN masterdata_item t ON t.id = w.item_id
 WHERE coalesce(h.day, b.at::date) BETWEEN %(date_from)s AND %(date_to)s
""",  # noqa: S608 - constants only
        dimensions=(
            "reason",
            "work_centre",
            "machine",
            "shift",
            "operator",
            "item",
            "category",
            "work_order",
            "site",
            *PERIODS,
        ),
        values=(
            Value(
                "minutes",
                _("Stopped minutes"),
                Unit.QUANTITY,
                _("Minutes of stops, planned or not, that began in the period; up to now."),
                "sum(f.minutes)",
            ),
            Value(
                "stops",
                _("Stops"),
                Unit.COUNT,
                _("Stops that began in the period; one told apart counts by its parts."),
                "sum(f.stops)",
            ),
            Value(
                "lost_minutes",
                _("Lost minutes"),
                Unit.QUANTITY,
                _("Planned time that unplanned stops took, as far as they ended."),
                "sum(f.lost_minutes)",
            ),
            Value(
                "cost",
                _("Cost"),
                Unit.MONEY,
                _("Lost minutes × the rate of the machine, as posted."),
                "sum(f.cost)",
            ),
            Value(
                "mean_minutes",
                _("Minutes per stop"),
                Unit.QUANTITY,
                _("Stopped minutes ÷ stops, summed before dividing."),
                "sum(f.minutes) / nullif(sum(f.stops), 0)",
            ),
            Value(
                "setup_minutes",
                _("Change-over minutes"),
                Unit.QUANTITY,
                _("Minutes of set-ups that began in the period."),
                "sum(f.setup_minutes)",
            ),
            Value(
                "setups",
                _("Change-overs"),
                Unit.COUNT,
                _("Set-ups that began in the period."),
                "sum(f.setups)",
            ),
        ),
        path=("month", "work_centre", "reason", "machine", "day"),
        needs=("company",),
        most_days=400,
    ),
)
