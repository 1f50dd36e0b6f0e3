"""What must always hold between statements, matches, payment runs and the ledger."""

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.finance.queries.bank import BANK_AMOUNT

register(
    Invariant(
        "bank-statements-add-up",
        _("Opening balance and lines of each bank statement make its closing balance"),
        """
        SELECT s.id AS statement_id, s.number, s.opening_balance, s.closing_balance,
               coalesce(sum(k.amount), 0) AS lines
          FROM finance_bankstatement s LEFT JOIN finance_bankline k ON k.statement_id = s.id
         WHERE s.kind = 'statement' AND s.opening_balance IS NOT NULL
           AND s.closing_balance IS NOT NULL
         GROUP BY s.id
        HAVING s.opening_balance + coalesce(sum(k.amount), 0) <> s.closing_balance
            OR count(k.id) <> s.line_count
        """,
    ),
    Invariant(
        "bank-lines-matched",
        _("What is matched of each bank line is what its standing matches say"),
        """
        SELECT k.id AS line_id, k.amount, k.matched_amount, coalesce(sum(m.amount), 0) AS matches
          FROM finance_bankline k
          LEFT JOIN finance_bankmatch m ON m.line_id = k.id AND m.is_live
         GROUP BY k.id
        HAVING k.matched_amount <> coalesce(sum(m.amount), 0)
            OR abs(k.matched_amount) > abs(k.amount)
        """,
    ),
    Invariant(
        "bank-matches-within-ledger",
        _("No line of the ledger is matched beyond its amount, or to another account's bank line"),
        f"""
        SELECT l.id AS journal_line_id, {BANK_AMOUNT} AS posted, sum(m.amount) AS matched
          FROM finance_bankmatch m
          JOIN finance_bankline k ON k.id = m.line_id
          JOIN finance_bankaccount b ON b.id = k.bank_account_id
          JOIN core_company c ON c.id = b.company_id
          JOIN finance_journalline l ON l.id = m.journal_line_id
         WHERE m.is_live
         GROUP BY l.id, b.id, c.id
        HAVING abs(sum(m.amount)) > abs({BANK_AMOUNT})
            OR sign(sum(m.amount)) <> sign({BANK_AMOUNT}) OR l.account_id <> b.account_id
        """,  # noqa: S608 - constants only
    ),
    Invariant(
        "bank-matches-not-reversed",
        _("No standing match holds on to a posting that was reversed"),
        """
        SELECT m.id AS match_id, m.line_id, r.number AS reversal
          FROM finance_bankmatch m
          JOIN finance_journalline l ON l.id = m.journal_line_id
          JOIN finance_journalentry r ON r.reverses_id = l.entry_id
         WHERE m.is_live
        """,
    ),
    Invariant(
        "payment-runs",
        _("Payment runs are the sum of their bills, and executed ones have a payment for each"),
        """
        SELECT r.id AS run_id, r.number, r.status, r.total, coalesce(sum(l.amount), 0) AS lines
          FROM finance_paymentrun r LEFT JOIN finance_paymentrunline l ON l.run_id = r.id
         GROUP BY r.id
        HAVING r.total <> coalesce(sum(l.amount), 0)
            OR (r.status = 'done' AND count(l.id) <> count(l.payment_id))
            OR bool_or(l.is_live) IS DISTINCT FROM (r.status NOT IN ('done', 'cancelled'))
        """,
    ),
)
