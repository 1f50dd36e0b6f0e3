"""The hash chain over posted entries: sealed by a job, verified by a command."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.models import Company
from apps.core.sql import fetch_all, fetch_dicts
from apps.core.transactions import unit_of_work

BATCH = 5000
# content, chain, hole and missing entry each name the entry at fault.
_VERIFY = """
SELECT s.company_id, s.journal_id, s.fiscal_year_id, s.sequence_number, e.number,
       CASE WHEN e.id IS NULL THEN 'missing'
            WHEN s.sequence_number <> s.expected THEN 'hole'
            WHEN s.content_hash <> finance_entry_content_hash(s.entry_id) THEN 'content'
            WHEN e.sequence_number <> s.sequence_number THEN 'renumbered'
            ELSE 'chain' END AS fault
  FROM (SELECT s.*,
               row_number() OVER series AS expected,
               sha256(coalesce(lag(s.chain_hash) OVER series, ''::bytea) || s.content_hash) AS link
          FROM finance_ledgerseal s
         WHERE s.company_id = %(company)s
        WINDOW series AS (PARTITION BY s.journal_id, s.fiscal_year_id ORDER BY s.sequence_number)
       ) AS s
  LEFT JOIN finance_journalentry e ON e.id = s.entry_id
 WHERE e.id IS NULL OR s.sequence_number <> s.expected OR s.chain_hash <> s.link
    OR e.sequence_number <> s.sequence_number
    OR s.content_hash IS DISTINCT FROM finance_entry_content_hash(s.entry_id)
 ORDER BY s.journal_id, s.fiscal_year_id, s.sequence_number
"""
_HEADS = """
SELECT DISTINCT ON (s.journal_id, s.fiscal_year_id)
       j.code AS journal, y.code AS fiscal_year, s.sequence_number,
       encode(s.chain_hash, 'hex') AS chain_hash, s.sealed_at
  FROM finance_ledgerseal s
  JOIN finance_journal j ON j.id = s.journal_id
  JOIN finance_fiscalyear y ON y.id = s.fiscal_year_id
 WHERE s.company_id = %s
 ORDER BY s.journal_id, s.fiscal_year_id, s.sequence_number DESC
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry whose content, place or link is not what was sealed."""

    number: str
    sequence_number: int
    fault: str


def seal_ledger(company: Company) -> int:
    """Seal what is posted and not yet sealed, in number order; the number of entries sealed."""
    sealed = 0
    while True:
        with unit_of_work():
            [[count]] = fetch_all("SELECT finance_seal_entries(%s, %s)", [company.pk, BATCH])
        sealed += count
        if count < BATCH:
            return sealed


def verify_ledger(company: Company) -> list[Fault]:
    """Every entry that no longer matches its seal; empty when the chain holds.

    Cutting the tail shows only against a head published before (``chain_heads``).
    """
    rows = fetch_dicts(_VERIFY, {"company": company.pk})
    return [Fault(row["number"] or "?", row["sequence_number"], row["fault"]) for row in rows]


def chain_heads(company: Company) -> list[dict[str, object]]:
    """The last link of each series, to publish outside the database."""
    return fetch_dicts(_HEADS, [company.pk])
