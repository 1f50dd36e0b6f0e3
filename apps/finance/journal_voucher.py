"""The voucher of a posted entry: what is booked where, what it comes from, who posted it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.core.printouts import render_pdf, require_paper
from apps.finance.models import JournalEntry, JournalLine, LedgerSeal
from apps.finance.printouts import figure

TEMPLATE = "finance/printouts/journal_voucher.html"
MOST_LINES = 300
DIMENSIONS = ("site", "cost_object", "partner", "item", "work_centre", "machine", "shift", "reason")


def journal_voucher_pdf(entry: JournalEntry, *, paper: str = "A4") -> bytes:
    """The entry on paper, as the law asks for a document with every booking.

    Raises ``InvalidInput`` for a paper we don't print on, ``BusinessError`` (``too_many_lines``)
    for an entry that belongs into a list of the general ledger.
    """
    require_paper(paper)
    title = f"{_('Journal voucher')} {entry.number}"
    return render_pdf(TEMPLATE, _context(entry), paper=paper, title=title)


def _context(entry: JournalEntry) -> dict[str, Any]:
    rows = list(
        JournalLine.objects.filter(entry=entry)
        .select_related("account", "currency", *DIMENSIONS)
        .order_by("pk")[: MOST_LINES + 1]
    )
    if len(rows) > MOST_LINES:
        raise BusinessError(
            "too_many_lines",
            _("{entry} has more than {most} lines: take the general ledger.").format(
                entry=entry, most=MOST_LINES
            ),
        )
    places = entry.company.currency.decimal_places
    debit = sum((row.amount for row in rows if row.amount > 0), ZERO)
    return {
        "company": entry.company,
        "entry": entry,
        "source": f"{entry.source_type.name} {entry.source or entry.source_id}",
        "reversed_by": entry.reversals.first(),
        "lines": [_line(row, entry, places) for row in rows],
        "total": figure(debit, places),
        "seal": _seal(entry),
    }


def _line(row: JournalLine, entry: JournalEntry, places: int) -> dict[str, Any]:
    foreign = ""
    if row.currency_id != entry.company.currency_id:
        amount = figure(row.amount_currency, row.currency.decimal_places)
        foreign = f"{amount} {row.currency_id}"
    about = [str(value) for name in DIMENSIONS if (value := getattr(row, name)) is not None]
    return {
        "account": row.account,
        "memo": row.memo,
        "about": ", ".join(about),
        "foreign": foreign,
        "debit": figure(row.amount, places) if row.amount > 0 else "",
        "credit": figure(-row.amount, places) if row.amount < 0 else "",
    }


def _seal(entry: JournalEntry) -> dict[str, Any] | None:
    """What the hash chain says of it; nothing while it waits for the sealing job."""
    seal = LedgerSeal.objects.filter(entry=entry).first()
    if seal is None:
        return None
    return {
        "content": bytes(seal.content_hash).hex(),
        "chain": bytes(seal.chain_hash).hex(),
        "at": seal.sealed_at,
    }
