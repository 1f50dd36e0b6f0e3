"""Figures of the books."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

_RESULT = """
SELECT l.company_id, l.date, -l.amount AS amount, a.statement_line_id AS line
  FROM finance_account a JOIN company c ON c.id = a.company_id
  JOIN finance_journalline l ON l.account_id = a.id
  JOIN finance_period p ON p.id = l.period_id AND NOT p.is_closing
 WHERE a.statement_line_id IN (SELECT id FROM {lines})
   AND l.date >= {since} AND l.date <= %(today)s AND {in_sites}
"""


def result_lines(lines: str, since: str = "%(month)s") -> str:
    """Income above zero, cost below, on the accounts of the statement lines ``lines``."""
    return _RESULT.format(lines=lines, since=since, in_sites=in_sites("l"))


#: Lines on the accounts that posting rules name for a role, in this month.
ROLE_LINES = f"""
SELECT l.company_id, l.amount, l.reason_id FROM finance_journalline l
 WHERE l.account_id IN (SELECT r.account_id FROM finance_postingrule r JOIN company c
                            ON c.id = r.company_id WHERE r.role = '{{role}}')
   AND l.date >= %(month)s AND l.date <= %(today)s AND {in_sites("l")}
"""  # noqa: S608 - constants only
_YEAR_AGO = "date_trunc('month', %(today)s::date) - interval '11 months'"


def role_cost(role: str) -> str:
    """What this month's lines on the accounts of ``role`` sum to, by currency."""
    return f"""
SELECT c.currency, coalesce(sum(l.amount), 0), NULL, NULL
  FROM company c LEFT JOIN ({ROLE_LINES.format(role=role)}) l ON l.company_id = c.id
 GROUP BY c.currency
"""  # noqa: S608 - constants only


def role_by_reason(role: str) -> str:
    """The same by reason, the greatest first."""
    return f"""
SELECT row_number() OVER (ORDER BY sum(l.amount) DESC)::int, coalesce(r.name, 'none'), c.currency,
       sum(l.amount)
  FROM ({ROLE_LINES.format(role=role)}) l JOIN company c ON c.id = l.company_id
  LEFT JOIN masterdata_reasoncode r ON r.id = l.reason_id
 GROUP BY r.name, c.currency HAVING sum(l.amount) <> 0
"""  # noqa: S608 - constants only


def _balance(control: str, sign: str = "") -> str:
    return f"""
SELECT c.currency, {sign}coalesce(sum(b.amount), 0), NULL, NULL
  FROM company c LEFT JOIN account_balance b ON b.company_id = c.id AND b.control = '{control}'
 GROUP BY c.currency
"""  # noqa: S608 - constants only


def _open(condition: str) -> str:
    return f"""
SELECT c.currency, coalesce(sum(i.open), 0), count(i.id), array_agg(i.id ORDER BY i.due_date)
  FROM company c LEFT JOIN open_invoice i ON i.company_id = c.id AND {condition}
 GROUP BY c.currency
"""  # noqa: S608 - constants only


register(
    Measure(
        code="revenue_month",
        title=_("Revenue this month"),
        unit=Unit.MONEY,
        permission="finance.view_journalline",
        formula=_("The revenue line of the income statement, from the first of the month."),
        statement=f"""
SELECT c.currency, coalesce(sum(l.amount), 0), NULL, NULL
  FROM company c LEFT JOIN ({result_lines("revenue_line")}) l ON l.company_id = c.id
 GROUP BY c.currency
""",  # noqa: S608 - constants only
        behind=Behind(view="finance-report", view_arguments=("income-statement",)),
        icon="trending_up",
        needs=("revenue_line",),
    ),
    Measure(
        code="gross_margin_month",
        title=_("Gross margin this month"),
        unit=Unit.PERCENT,
        permission="finance.view_journalline",
        formula=_(
            "Gross profit ÷ revenue, as on the income statement, from the first of the month."
        ),
        statement=f"""
SELECT NULL, 100 * sum(l.amount) / nullif(sum(l.amount) FILTER (
                WHERE l.line IN (SELECT id FROM revenue_line)), 0), NULL, NULL
  FROM ({result_lines("gross_line")}) l
""",  # noqa: S608 - constants only
        behind=Behind(view="finance-report", view_arguments=("income-statement",)),
        icon="percent",
        needs=("revenue_line", "gross_line"),
    ),
    Measure(
        code="cash",
        title=_("Cash and bank"),
        unit=Unit.MONEY,
        permission="finance.view_journalline",
        formula=_("Balance of the cash and bank accounts."),
        statement=_balance("cash"),
        behind=Behind(view="finance-report", view_arguments=("balance-sheet",)),
        icon="account_balance",
        is_company_wide=True,
        needs=("account_balance",),
    ),
    Measure(
        code="grni_open",
        title=_("Received, not invoiced"),
        unit=Unit.MONEY,
        permission="finance.view_journalline",
        formula=_("Balance of goods received whose bill has not come (GRNI)."),
        statement=_balance("grni", "-"),
        behind=Behind(view="finance-report", view_arguments=("trial-balance",)),
        icon="pending_actions",
        is_company_wide=True,
        needs=("account_balance",),
    ),
    Measure(
        code="receivables_overdue",
        title=_("Receivables overdue"),
        unit=Unit.MONEY,
        permission="finance.view_invoice",
        formula=_("What customers have not paid of invoices due before today."),
        statement=_open("i.kind = 'customer' AND i.due_date < %(today)s"),
        behind=Behind(
            model="finance.Invoice",
            query="kind__exact=customer&status__exact=posted&due_date__lt={today}",
        ),
        note=_("{n} invoices"),
        icon="running_with_errors",
        is_alarm=True,
        is_company_wide=True,
        needs=("open_invoice",),
    ),
    Measure(
        code="payables_due",
        title=_("To pay in seven days"),
        unit=Unit.MONEY,
        permission="finance.view_invoice",
        formula=_("What we have not paid of bills due within seven days, or overdue."),
        statement=_open("i.kind = 'supplier' AND i.due_date <= %(today)s::date + 7"),
        behind=Behind(model="finance.Invoice", query="kind__exact=supplier&status__exact=posted"),
        note=_("{n} bills"),
        icon="payments",
        is_company_wide=True,
        needs=("open_invoice",),
    ),
    Measure(
        code="invoices_draft",
        title=_("Invoices to post"),
        unit=Unit.COUNT,
        permission="finance.view_invoice",
        formula=_("Invoices and bills that are still drafts."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(i.id ORDER BY i.id)
  FROM finance_invoice i JOIN company c ON c.id = i.company_id WHERE i.status = 'draft'
""",
        behind=Behind(model="finance.Invoice", query="status__exact=draft"),
        icon="edit_document",
        is_company_wide=True,
    ),
    Measure(
        code="invoiced_month",
        title=_("Invoiced this month"),
        unit=Unit.MONEY,
        permission="finance.view_invoice",
        formula=_("Customer invoices posted and dated this month, tax included."),
        statement="""
SELECT c.currency, coalesce(sum(i.total_company), 0), count(i.id), array_agg(i.id ORDER BY i.id)
  FROM company c LEFT JOIN finance_invoice i ON i.company_id = c.id AND i.kind = 'customer'
   AND i.status = 'posted' AND i.date >= %(month)s AND i.date <= %(today)s
 GROUP BY c.currency
""",
        behind=Behind(
            model="finance.Invoice",
            query="kind__exact=customer&status__exact=posted&date__gte={month}",
        ),
        note=_("{n} invoices"),
        icon="receipt",
        is_company_wide=True,
    ),
    Measure(
        code="entries_month",
        title=_("Entries this month"),
        unit=Unit.COUNT,
        permission="finance.view_journalentry",
        formula=_("Journal entries dated this month."),
        statement="""
SELECT NULL, count(*), NULL, NULL FROM finance_journalentry e
 WHERE e.company_id = ANY(%(companies)s::bigint[]) AND e.date >= %(month)s AND e.date <= %(today)s
""",
        behind=Behind(model="finance.JournalEntry", query="date__gte={month}&date__lte={today}"),
        icon="menu_book",
        is_company_wide=True,
    ),
    Measure(
        code="reversals_month",
        title=_("Reversals this month"),
        unit=Unit.COUNT,
        permission="finance.view_journalentry",
        formula=_("Journal entries dated this month that undo another."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(e.id ORDER BY e.id) FROM finance_journalentry e
 WHERE e.company_id = ANY(%(companies)s::bigint[]) AND e.date >= %(month)s AND e.date <= %(today)s
   AND e.reverses_id IS NOT NULL
""",
        behind=Behind(
            model="finance.JournalEntry", query="reverses__isnull=False&date__gte={month}"
        ),
        icon="undo",
        is_company_wide=True,
    ),
    Measure(
        code="entries_unsealed",
        title=_("Entries not yet sealed"),
        unit=Unit.COUNT,
        permission="finance.view_journalentry",
        formula=_("Journal entries after the last link of the hash chain of their journal."),
        statement="""
SELECT NULL, coalesce(sum(last_entry - last_seal), 0), NULL, NULL
  FROM finance_journal j JOIN company c ON c.id = j.company_id
  JOIN finance_fiscalyear y ON y.company_id = c.id
 CROSS JOIN LATERAL (SELECT coalesce(max(e.sequence_number), 0) FROM finance_journalentry e
                      WHERE e.journal_id = j.id AND e.fiscal_year_id = y.id) AS e(last_entry)
 CROSS JOIN LATERAL (SELECT coalesce(max(s.sequence_number), 0) FROM finance_ledgerseal s
                      WHERE s.journal_id = j.id AND s.fiscal_year_id = y.id) AS s(last_seal)
""",
        icon="lock_open",
        is_company_wide=True,
    ),
    Chart(
        code="results",
        title=_("Revenue and gross profit"),
        unit=Unit.MONEY,
        kind="bar",
        permission="finance.view_journalline",
        formula=_("Lines of the income statement by month, twelve months."),
        statement=f"""
SELECT 12 * extract(year FROM l.month)::int + extract(month FROM l.month)::int,
       to_char(l.month, 'YYYY-MM'), l.series || ' ' || c.currency, sum(l.amount)
  FROM company c JOIN (
    SELECT r.company_id, date_trunc('month', r.date) AS month, 'revenue' AS series, r.amount
      FROM ({result_lines("revenue_line", _YEAR_AGO)}) r
     UNION ALL
    SELECT g.company_id, date_trunc('month', g.date), 'gross', g.amount
      FROM ({result_lines("gross_line", _YEAR_AGO)}) g) l ON l.company_id = c.id
 GROUP BY 1, 2, 3
""",  # noqa: S608 - constants only
        empty=_("Nothing is posted yet. Post a customer invoice and it shows here."),
        names={"revenue": _("Revenue"), "gross": _("Gross profit")},
        needs=("revenue_line", "gross_line"),
    ),
    Chart(
        code="open_items",
        title=_("Open items by age"),
        unit=Unit.MONEY,
        kind="bar",
        permission="finance.view_invoice",
        formula=_("What is open of invoices and bills, by days overdue."),
        statement="""
SELECT place, place::text, i.kind || ' ' || c.currency, sum(i.open)
  FROM company c JOIN open_invoice i ON i.company_id = c.id
 CROSS JOIN LATERAL (SELECT CASE WHEN i.due_date >= %(today)s THEN 0
                                 WHEN i.due_date >= %(today)s::date - 30 THEN 1
                                 WHEN i.due_date >= %(today)s::date - 60 THEN 2
                                 WHEN i.due_date >= %(today)s::date - 90 THEN 3
                                 ELSE 4 END) AS b(place)
 GROUP BY 1, 2, 3
""",
        empty=_("Nothing is open: no posted invoice waits for its payment."),
        names={
            "customer": _("Receivables"),
            "supplier": _("Payables"),
            "0": _("Not due"),
            "1": _("1–30 days"),
            "2": _("31–60 days"),
            "3": _("61–90 days"),
            "4": _("Older"),
        },
        is_company_wide=True,
        needs=("open_invoice",),
    ),
    Worklist(
        code="invoices_overdue",
        title=_("Customers to remind"),
        permission="finance.view_invoice",
        model="finance.Invoice",
        statement="""
SELECT i.id, i.number || ' ' || n.name,
       to_char(i.open, 'FM999G999G999G990D00') || ' ' || c.currency, i.due_date, NULL::numeric
  FROM open_invoice i JOIN company c ON c.id = i.company_id
  JOIN masterdata_partner n ON n.id = i.partner_id
 WHERE i.kind = 'customer' AND i.due_date < %(today)s ORDER BY i.due_date, i.id LIMIT 8
""",
        empty=_("No customer is late."),
        is_company_wide=True,
        needs=("open_invoice",),
    ),
)
