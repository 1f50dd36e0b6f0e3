"""Figures of work orders and of what is made on them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.finance import role_by_reason, role_cost
from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

_OPEN = "w.status IN ('released', 'running', 'held')"
_ORDERS = f"""
  FROM execution_workorder w JOIN company c ON c.id = w.company_id WHERE {in_sites("w")}
"""
#: Good units are those of an order's last operation; scrap counts wherever it falls.
REPORTS = f"""
  SELECT r.id, r.number, r.date, r.reported_at, r.shift_id, r.created_by_id, r.employee_id,
         r.machine_id, r.scrap_reason_id, r.labour_minutes, r.machine_minutes, r.work_order_id,
         w.site_id, w.item_id, p.work_centre_id, r.quantity_scrap AS scrap,
         CASE WHEN EXISTS (
                SELECT FROM execution_workorderoperation o
                  JOIN execution_workorderoperation n ON n.work_order_id = o.work_order_id
                   AND n.sequence > o.sequence
                 WHERE o.id = r.operation_id) THEN 0 ELSE r.quantity_good END AS good
    FROM execution_productionreport r JOIN company c ON c.id = r.company_id
    JOIN execution_workorder w ON w.id = r.work_order_id AND {in_sites("w")}
    LEFT JOIN execution_workorderoperation p ON p.id = r.operation_id
   WHERE r.status = 'posted'
"""  # noqa: S608 - constants only
ORDER_STATUSES = {
    "released": _("Released"),
    "running": _("Running"),
    "held": _("Held"),
    "completed": _("Completed"),
}


def _orders(condition: str) -> str:
    return f"SELECT NULL, count(*), NULL, array_agg(w.id ORDER BY w.id) {_ORDERS} AND {condition}"


register(
    Measure(
        code="work_orders_open",
        title=_("Work orders open"),
        unit=Unit.COUNT,
        permission="execution.view_workorder",
        formula=_("Work orders released, running or held."),
        statement=_orders(_OPEN),
        behind=Behind(model="execution.WorkOrder", query="status__in=released,running,held"),
        icon="precision_manufacturing",
    ),
    Measure(
        code="work_orders_late",
        title=_("Work orders late"),
        unit=Unit.COUNT,
        permission="execution.view_workorder",
        formula=_("Work orders released, running or held that were due before today."),
        statement=_orders(f"{_OPEN} AND w.due_date < %(today)s"),
        behind=Behind(
            model="execution.WorkOrder",
            query="status__in=released,running,held&due_date__lt={today}",
        ),
        icon="running_with_errors",
        is_alarm=True,
    ),
    Measure(
        code="work_orders_draft",
        title=_("Work orders to release"),
        unit=Unit.COUNT,
        permission="execution.view_workorder",
        formula=_("Work orders that are still drafts and start within seven days, or should have."),
        statement=_orders("w.status = 'draft' AND w.start_date <= %(today)s::date + 7"),
        behind=Behind(model="execution.WorkOrder", query="status__exact=draft"),
        icon="edit_document",
    ),
    Measure(
        code="work_orders_to_close",
        title=_("Work orders to close"),
        unit=Unit.COUNT,
        permission="execution.view_workorder",
        formula=_("Work orders completed whose work in process is not closed."),
        statement=_orders("w.status = 'completed'"),
        behind=Behind(model="execution.WorkOrder", query="status__exact=completed"),
        icon="task_alt",
    ),
    Measure(
        code="wip",
        title=_("Work in process"),
        unit=Unit.MONEY,
        permission="execution.view_workorder",
        formula=_("What lies in work in process for the work orders that are not closed."),
        statement=f"""
SELECT c.currency, coalesce(sum(x.amount), 0), count(x.amount) FILTER (WHERE x.amount <> 0), NULL
  FROM company c LEFT JOIN (
    SELECT w.company_id, sum(l.amount) AS amount FROM execution_workorder w
      JOIN finance_journalline l ON l.cost_object_id = w.cost_object_id
      JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
     WHERE w.company_id = ANY(%(companies)s::bigint[])
       AND w.status IN ('released', 'running', 'held', 'completed') AND {in_sites("w")}
     GROUP BY w.company_id, w.id) x ON x.company_id = c.id
 GROUP BY c.currency
""",  # noqa: S608 - constants only
        behind=Behind(
            model="execution.WorkOrder", query="status__in=released,running,held,completed"
        ),
        note=_("{n} work orders"),
        icon="conveyor_belt",
    ),
    Measure(
        code="good_today",
        title=_("Good units today"),
        unit=Unit.QUANTITY,
        permission="execution.view_productionreport",
        formula=_("Good units reported at the last operation of their work order, today."),
        statement=f"""
SELECT NULL, coalesce(sum(r.good), 0), count(*), array_agg(r.id ORDER BY r.id)
  FROM ({REPORTS} AND r.date = %(today)s) r
""",  # noqa: S608 - constants only
        behind=Behind(
            model="execution.ProductionReport", query="status__exact=posted&date__exact={today}"
        ),
        note=_("{n} reports"),
        icon="check_circle",
    ),
    Measure(
        code="yield_month",
        title=_("Yield this month"),
        unit=Unit.PERCENT,
        permission="execution.view_productionreport",
        formula=_("Good units of last operations ÷ (good + scrap), since the first of the month."),
        statement=f"""
SELECT NULL, 100 * sum(r.good) / nullif(sum(r.good + r.scrap), 0), count(*), NULL
  FROM ({REPORTS} AND r.date >= %(month)s AND r.date <= %(today)s) r
""",  # noqa: S608 - constants only
        behind=Behind(
            model="execution.ProductionReport", query="status__exact=posted&date__gte={month}"
        ),
        note=_("{n} reports"),
        icon="verified",
    ),
    Measure(
        code="my_reports_today",
        title=_("My reports today"),
        unit=Unit.COUNT,
        permission="execution.view_productionreport",
        formula=_("Production reports that you wrote today."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(r.id ORDER BY r.id)
  FROM ({REPORTS} AND r.date = %(today)s AND r.created_by_id = %(user_id)s) r
""",  # noqa: S608 - constants only
        behind=Behind(model="execution.ProductionReport", query="date__exact={today}"),
        icon="assignment_turned_in",
    ),
    Measure(
        code="scrap_cost_month",
        title=_("Scrap cost this month"),
        unit=Unit.MONEY,
        permission="execution.view_productionreport",
        formula=_("The scrap accounts of the income statement, from the first of the month."),
        statement=role_cost("scrap"),
        behind=Behind(
            model="execution.ProductionReport",
            query="status__exact=posted&quantity_scrap__gt=0&date__gte={month}",
        ),
        icon="delete",
        is_alarm=True,
    ),
    Chart(
        code="production_days",
        title=_("Production by day"),
        unit=Unit.QUANTITY,
        kind="stack",
        permission="execution.view_productionreport",
        formula=_(
            "Good units of last operations and scrap by day, two weeks; beside them what work "
            "orders were to make by that day."
        ),
        statement=f"""
SELECT d.day - %(today)s::date, to_char(d.day, 'MM-DD'), s.series, coalesce(sum(x.quantity), 0)
  FROM (SELECT generate_series(%(today)s::date - 13, %(today)s, '1 day')::date) AS d(day)
 CROSS JOIN (VALUES ('good'), ('scrap'), ('planned')) AS s(series)
  LEFT JOIN (
    SELECT r.date, s.series, s.quantity FROM ({REPORTS} AND r.date > %(today)s::date - 14) r
     CROSS JOIN LATERAL (VALUES ('good', r.good), ('scrap', r.scrap)) AS s(series, quantity)
     UNION ALL
    SELECT w.due_date, 'planned', w.quantity {_ORDERS}
       AND w.status NOT IN ('draft', 'cancelled') AND w.due_date > %(today)s::date - 14
  ) x ON x.date = d.day AND x.series = s.series
 WHERE EXISTS (SELECT FROM execution_workorder w JOIN company c ON c.id = w.company_id
                WHERE w.status <> 'draft')
 GROUP BY 1, 2, s.series
""",  # noqa: S608 - constants only
        empty=_("Nothing is reported yet. Release a work order and report on it."),
        names={"good": _("Good"), "scrap": _("Scrap"), "planned": _("Due")},
        apart=("planned",),
    ),
    Chart(
        code="production_shifts",
        title=_("Production by shift"),
        unit=Unit.QUANTITY,
        kind="stack",
        permission="execution.view_productionreport",
        formula=_("Good units of last operations and scrap by shift, three days."),
        statement=f"""
SELECT (r.date - %(today)s::date) * 1000 + coalesce(extract(hour FROM s.starts_at)::int, 24),
       to_char(r.date, 'MM-DD') || ' ' || coalesce(s.code, '–'), x.series, sum(x.quantity)
  FROM ({REPORTS} AND r.date > %(today)s::date - 3 AND r.date <= %(today)s) r
  LEFT JOIN masterdata_shift s ON s.id = r.shift_id
 CROSS JOIN LATERAL (VALUES ('good', r.good), ('scrap', r.scrap)) AS x(series, quantity)
 GROUP BY 1, 2, 3
""",  # noqa: S608 - constants only
        empty=_("Nothing was reported in the last three days."),
        names={"good": _("Good"), "scrap": _("Scrap")},
    ),
    Chart(
        code="scrap_by_reason",
        title=_("Scrap cost by reason"),
        unit=Unit.MONEY,
        kind="rank",
        permission="execution.view_productionreport",
        formula=_("The scrap accounts by reason, from the first of the month."),
        statement=role_by_reason("scrap"),
        empty=_("No scrap was booked this month."),
        names={"none": _("No reason")},
    ),
    Chart(
        code="work_orders_by_status",
        title=_("Work orders by status"),
        unit=Unit.COUNT,
        kind="rank",
        permission="execution.view_workorder",
        formula=_("Work orders that are released and not yet closed."),
        statement=f"""
SELECT array_position(ARRAY['released', 'running', 'held', 'completed'], w.status::text), w.status,
       'orders', count(*) {_ORDERS}
   AND w.status IN ('released', 'running', 'held', 'completed')
 GROUP BY w.status
""",
        empty=_("No work order is open. Plan one and release it."),
        names={**ORDER_STATUSES, "orders": _("Work orders")},
    ),
    Worklist(
        code="work_orders_next",
        title=_("Work orders due next"),
        permission="execution.view_workorder",
        model="execution.WorkOrder",
        statement=f"""
SELECT w.id, w.number || ' ' || w.code, w.status, w.due_date,
       least(round(coalesce((
         SELECT sum(CASE WHEN f.kind = 'production' THEN m.quantity ELSE -m.quantity END)
           FROM inventory_stockmove m
           JOIN inventory_location f ON f.id = m.from_location_id
           JOIN inventory_location t ON t.id = m.to_location_id
          WHERE m.cost_object_id = w.cost_object_id AND m.item_id = w.item_id
            AND (f.kind = 'production' AND t.kind = 'internal'
              OR t.kind = 'production' AND f.kind = 'internal')), 0) / w.quantity, 4), 1)
  FROM (SELECT w.id, w.number, w.status, w.due_date, w.cost_object_id, w.item_id, w.quantity,
               (SELECT i.code FROM masterdata_item i WHERE i.id = w.item_id) AS code
          {_ORDERS} AND {_OPEN} ORDER BY w.due_date, w.id LIMIT 8) AS w
 ORDER BY w.due_date, w.id
""",  # noqa: S608 - constants only
        empty=_("No work order is open. Plan one and release it."),
        names=ORDER_STATUSES,
    ),
)
