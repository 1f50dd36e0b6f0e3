"""Folding journal lines into period balances, beside the posting path."""

from __future__ import annotations

from apps.core.sql import execute, fetch_all
from apps.core.transactions import unit_of_work

# Every transaction below xmin has ended, so its lines are all here or never will be: the fold is
# exact however many writers post meanwhile. One statement, so one snapshot.
_FOLD = """
WITH horizon AS (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS tx),
     settled AS (
       SELECT l.company_id, l.period_id, l.account_id,
              coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS debit,
              coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS credit
         FROM finance_journalline l, horizon
        WHERE l.tx >= (SELECT tx FROM finance_balancefold WHERE id = 1) AND l.tx < horizon.tx
        GROUP BY l.company_id, l.period_id, l.account_id),
     folded AS (
       INSERT INTO finance_accountbalance AS b (company_id, period_id, account_id, debit, credit)
       SELECT * FROM settled ORDER BY company_id, period_id, account_id
       ON CONFLICT (company_id, period_id, account_id)
       DO UPDATE SET debit = b.debit + EXCLUDED.debit, credit = b.credit + EXCLUDED.credit
       RETURNING 1)
UPDATE finance_balancefold SET tx = (SELECT tx FROM horizon), folded_at = now()
 WHERE id = 1 AND tx <= (SELECT tx FROM horizon)
"""


def fold_balances() -> None:
    """Add what has settled since the last fold. Safe to run at any time, by any number."""
    with unit_of_work():
        fetch_all("SELECT pg_advisory_xact_lock(hashtextextended('finance_fold', 0))")
        execute(_FOLD)


def rebuild_balances() -> None:
    """Fold everything anew: after a restore, when transaction numbers start over."""
    with unit_of_work():
        fetch_all("SELECT pg_advisory_xact_lock(hashtextextended('finance_fold', 0))")
        execute("DELETE FROM finance_accountbalance")
        execute("UPDATE finance_balancefold SET tx = '0' WHERE id = 1")
        execute(_FOLD)
