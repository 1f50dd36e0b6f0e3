"""What is made, and what scrap and stops cost."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.datasets.ledger import role_accounts
from apps.reporting.datasets.registry import PERIODS, Dataset, Value, register
from apps.reporting.measures.floor import REPORTS
from apps.reporting.measures.registry import Unit


def _type_of(app: str, model: str) -> str:
    return f"""
(SELECT t.id FROM django_content_type t WHERE t.app_label = '{app}' AND t.model = '{model}')
"""  # noqa: S608 - constants only


_REPORT = _type_of("execution", "productionreport")

register(
    Dataset(
        code="production",
        title=_("Production"),
        description=_("What production reports say: good units, scrap, minutes."),
        permission="execution.view_productionreport",
        statement=f"""
SELECT r.date, r.number AS label, {_REPORT} AS source_type_id, r.id AS source_id, r.site_id,
       r.item_id, i.category_id, r.work_centre_id, r.machine_id, r.shift_id,
       r.employee_id AS operator_id, r.scrap_reason_id AS reason_id, r.work_order_id,
       (SELECT min(m.lot_id) FROM inventory_stockmove m
         WHERE m.source_type_id = {_REPORT} AND m.source_id = r.id
           AND m.item_id = r.item_id) AS lot_id,
       r.good, r.scrap, r.labour_minutes, r.machine_minutes
  FROM ({REPORTS} AND r.date BETWEEN %(date_from)s AND %(date_to)s) r
  JOIN masterdata_item i ON i.id = r.item_id
""",  # noqa: S608 - constants only
        dimensions=(
            "item",
            "category",
            "work_centre",
            "machine",
            "shift",
            "operator",
            "reason",
            "work_order",
            "lot",
            "site",
            *PERIODS,
        ),
        values=(
            Value(
                "good",
                _("Good"),
                Unit.QUANTITY,
                _("Good units reported at the last operation of their work order."),
                "sum(f.good)",
                measure="good_today",
            ),
            Value(
                "scrap",
                _("Scrap"),
                Unit.QUANTITY,
                _("Units reported as scrap at any operation."),
                "sum(f.scrap)",
            ),
            Value(
                "yield",
                _("Yield %"),
                Unit.PERCENT,
                _("Good units of last operations ÷ (good + scrap), summed before dividing."),
                "100 * sum(f.good) / nullif(sum(f.good + f.scrap), 0)",
                measure="yield_month",
            ),
            Value(
                "labour_minutes",
                _("Labour minutes"),
                Unit.QUANTITY,
                _("Minutes of labour reported."),
                "sum(f.labour_minutes)",
            ),
            Value(
                "machine_minutes",
                _("Machine minutes"),
                Unit.QUANTITY,
                _("Minutes of machines reported."),
                "sum(f.machine_minutes)",
            ),
            Value(
                "reports",
                _("Reports"),
                Unit.COUNT,
                _("Production reports that stand."),
                "count(f.source_id)",
            ),
        ),
        path=("month", "item", "work_centre", "shift", "operator"),
    ),
    Dataset(
        code="losses",
        title=_("Scrap and down-time cost"),
        description=_("What scrap and stops cost, as posted, by who and what was there."),
        permission="execution.view_productionreport",
        statement=f"""
SELECT l.date, e.number AS label, e.source_type_id, e.source_id, l.site_id, l.item_id,
       i.category_id, l.work_centre_id, l.machine_id, l.shift_id, l.reason_id,
       r.employee_id AS operator_id, r.work_order_id,
       (SELECT min(m.lot_id) FROM inventory_stockmove m WHERE m.entry_id = e.id) AS lot_id,
       CASE WHEN l.account_id IN {role_accounts("scrap")} THEN l.amount ELSE 0 END AS scrap,
       CASE WHEN l.account_id IN {role_accounts("downtime")} THEN l.amount ELSE 0 END AS downtime,
       CASE WHEN l.account_id IN {role_accounts("downtime")}
            THEN coalesce(l.quantity, 0) ELSE 0 END AS minutes
  FROM finance_journalline l JOIN company c ON c.id = l.company_id
  JOIN finance_journalentry e ON e.id = l.entry_id
  LEFT JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN execution_productionreport r ON r.id = e.source_id AND e.source_type_id = {_REPORT}
 WHERE (l.account_id IN {role_accounts("scrap")} OR l.account_id IN {role_accounts("downtime")})
   AND l.date BETWEEN %(date_from)s AND %(date_to)s
""",  # noqa: S608 - constants only
        dimensions=(
            "work_centre",
            "machine",
            "shift",
            "reason",
            "operator",
            "item",
            "category",
            "lot",
            "work_order",
            "site",
            *PERIODS,
        ),
        values=(
            Value(
                "cost",
                _("Cost"),
                Unit.MONEY,
                _("Scrap cost and down-time cost together."),
                "sum(f.scrap + f.downtime)",
            ),
            Value(
                "scrap_cost",
                _("Scrap cost"),
                Unit.MONEY,
                _("The accounts that posting rules name for scrap."),
                "sum(f.scrap)",
                measure="scrap_cost_month",
            ),
            Value(
                "downtime_cost",
                _("Down-time cost"),
                Unit.MONEY,
                _("The accounts that posting rules name for down-time."),
                "sum(f.downtime)",
                measure="downtime_cost_month",
            ),
            Value(
                "downtime_minutes",
                _("Down-time minutes"),
                Unit.QUANTITY,
                _("Minutes of planned time that unplanned stops took, as posted."),
                "sum(f.minutes)",
            ),
        ),
        path=("month", "work_centre", "shift", "reason", "machine"),
    ),
)
