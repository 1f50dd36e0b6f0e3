"""The income statement, line by line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.datasets.registry import PERIODS, Dataset, Value, register
from apps.reporting.measures.registry import Unit

#: Accounts that posting rules name for a role, as measures take them.
ROLE_ACCOUNTS = """
(SELECT r.account_id FROM finance_postingrule r JOIN company c ON c.id = r.company_id
  WHERE r.role = '{role}')
"""


def role_accounts(role: str) -> str:
    return ROLE_ACCOUNTS.format(role=role)


register(
    Dataset(
        code="ledger",
        title=_("Income and cost"),
        description=_("Lines of the income statement: what was earned and what it cost."),
        permission="finance.view_journalline",
        statement=f"""
SELECT l.date, e.number AS label, e.source_type_id, e.source_id, l.site_id, l.account_id,
       l.cost_object_id, l.partner_id, l.item_id, i.category_id, l.work_centre_id, l.machine_id,
       l.shift_id, l.reason_id, -l.amount AS result,
       CASE WHEN a.statement_line_id IN (SELECT id FROM revenue_line)
            THEN -l.amount ELSE 0 END AS revenue,
       CASE WHEN a.statement_line_id IN (SELECT id FROM gross_line)
            THEN -l.amount ELSE 0 END AS gross,
       CASE WHEN l.account_id IN {role_accounts("scrap")} THEN l.amount ELSE 0 END AS scrap,
       CASE WHEN l.account_id IN {role_accounts("downtime")} THEN l.amount ELSE 0 END AS downtime
  FROM finance_account a JOIN company c ON c.id = a.company_id
  JOIN finance_journalline l ON l.account_id = a.id
   AND l.date BETWEEN %(date_from)s AND %(date_to)s
  JOIN finance_journalentry e ON e.id = l.entry_id
  JOIN finance_period p ON p.id = l.period_id AND NOT p.is_closing
  LEFT JOIN masterdata_item i ON i.id = l.item_id
 WHERE a.kind IN ('income', 'expense')
""",  # noqa: S608 - constants only
        dimensions=(
            "account",
            "customer",
            "item",
            "category",
            "work_centre",
            "machine",
            "shift",
            "reason",
            "cost_object",
            "site",
            *PERIODS,
        ),
        values=(
            Value(
                "result",
                _("Result"),
                Unit.MONEY,
                _("Income less cost, as posted: credits less debits of the income statement."),
                "sum(f.result)",
            ),
            Value(
                "revenue",
                _("Revenue"),
                Unit.MONEY,
                _("The revenue line of the income statement."),
                "sum(f.revenue)",
                measure="revenue_month",
            ),
            Value(
                "gross_profit",
                _("Gross profit"),
                Unit.MONEY,
                _("Revenue less cost of sales, as on the income statement."),
                "sum(f.gross)",
            ),
            Value(
                "gross_margin",
                _("Gross margin %"),
                Unit.PERCENT,
                _("Gross profit ÷ revenue, summed before dividing."),
                "100 * sum(f.gross) / nullif(sum(f.revenue), 0)",
                measure="gross_margin_month",
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
                "lines",
                _("Lines"),
                Unit.COUNT,
                _("Journal lines."),
                "count(f.date)",
            ),
        ),
        path=("month", "account", "work_centre", "shift", "reason"),
        needs=("revenue_line", "gross_line"),
    ),
)
