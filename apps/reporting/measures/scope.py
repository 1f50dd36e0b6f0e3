"""What the statements of measures begin with: the caller's companies, and shared tables."""

from __future__ import annotations

#: Tables that a statement may name in ``needs``; each may use the ones before it.
TABLES: dict[str, str] = {
    "company": """
SELECT id, currency_id AS currency FROM core_company WHERE id = ANY(%(companies)s::bigint[])
""",
    # Statement lines of income: those of the revenue accounts, and all that makes gross profit
    # with them (the parent line and what hangs below it).
    "revenue_line": """
SELECT DISTINCT a.statement_line_id AS id
  FROM finance_postingrule r JOIN company c ON c.id = r.company_id
  JOIN finance_account a ON a.id = r.account_id WHERE r.role = 'revenue'
""",
    "gross_line": """
SELECT coalesce(s.parent_id, s.id) AS id FROM finance_statementline s
 WHERE s.id IN (SELECT a.statement_line_id
                  FROM finance_postingrule r JOIN company c ON c.id = r.company_id
                  JOIN finance_account a ON a.id = r.account_id
                 WHERE r.role IN ('revenue', 'cogs'))
 UNION
SELECT s.id FROM finance_statementline s JOIN gross_line g ON s.parent_id = g.id
""",
    # Whole periods come folded, younger lines from the lines: no history is read.
    "account_balance": """
SELECT a.company_id, a.control, sum(x.amount) AS amount
  FROM (SELECT b.account_id, b.debit - b.credit AS amount FROM finance_accountbalance b
         WHERE b.company_id = ANY(%(companies)s::bigint[])
         UNION ALL
        SELECT l.account_id, l.amount FROM finance_journalline l
         WHERE l.company_id = ANY(%(companies)s::bigint[])
           AND l.tx >= (SELECT tx FROM finance_balancefold WHERE id = 1)) AS x
  JOIN finance_account a ON a.id = x.account_id WHERE a.control <> ''
 GROUP BY 1, 2
""",
    "open_invoice": """
SELECT i.*, i.total_company - coalesce(p.amount, 0) AS open
  FROM finance_invoice i JOIN company c ON c.id = i.company_id
  LEFT JOIN (SELECT s.invoice_id, sum(s.amount_company) AS amount
               FROM (SELECT a.invoice_id, a.amount_company FROM finance_paymentallocation a
                       JOIN finance_payment p ON p.id = a.payment_id AND p.status = 'posted'
                      UNION ALL
                     SELECT a.invoice_id, a.amount_company FROM finance_creditallocation a
                       JOIN finance_invoice n ON n.id = a.credit_note_id AND n.status = 'posted'
                      UNION ALL
                     SELECT a.invoice_id, a.amount_company FROM finance_settlementline a
                       JOIN finance_settlement x ON x.id = a.settlement_id AND x.status = 'posted'
                    ) AS s
              GROUP BY 1) AS p ON p.invoice_id = i.id
 WHERE i.status = 'posted' AND i.kind IN ('customer', 'supplier')
   AND i.total_company <> coalesce(p.amount, 0)
""",
}
_RECURSIVE = {"gross_line"}


def with_tables(names: set[str]) -> str:
    """The WITH clause for ``names``; ``company`` is always there."""
    wanted = [name for name in TABLES if name == "company" or name in names]
    unknown = names - TABLES.keys()
    if unknown:
        raise ValueError(f"there is no table {', '.join(sorted(unknown))}")
    kept = {True: "AS MATERIALIZED", False: "AS"}
    tables = ",\n".join(
        f"{name} {kept[name not in _RECURSIVE]} ({TABLES[name]})" for name in wanted
    )
    return f"WITH RECURSIVE {tables}\n"


def in_sites(table: str, column: str = "site_id") -> str:
    """The condition that a row of ``table`` is of a site that the caller sees, or of none."""
    place = f"{table}.{column}"
    return f"(%(sites)s::bigint[] IS NULL OR {place} IS NULL OR {place} = ANY(%(sites)s::bigint[]))"
