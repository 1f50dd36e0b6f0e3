"""What customers are to be reminded of at a day, and at which level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.models import DunningLevel, Invoice
from apps.finance.queries.ageing import open_instalments
from apps.finance.queries.open_items import OpenItem

_SENT = """
SELECT DISTINCT ON (l.invoice_id, l.due_date) l.invoice_id, l.due_date, l.level, r.date
  FROM finance_dunningline l JOIN finance_dunningrun r ON r.id = l.run_id
 WHERE l.company_id = %s AND l.is_live
 ORDER BY l.invoice_id, l.due_date, l.level DESC
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An overdue instalment and the level that it has come to."""

    item: OpenItem
    level: int


def overdue_items(company: Company, *, levels: Sequence[DunningLevel], at: Date) -> list[Overdue]:
    """Overdue instalments that have come to their next level at ``at``, by partner.

    No level is passed over or repeated, and between two as many days lie as between their terms.
    Disputed invoices are left out, and partners whose account as a whole is not overdue.
    """
    items = open_instalments(company, kind="customer", at=at)
    owed: dict[int, Decimal] = {}
    for item in items:
        if item.due_date < at:
            owed[item.partner_id] = owed.get(item.partner_id, ZERO) + item.open_company
    late = [
        item
        for item in items
        if item.kind == "invoice" and item.due_date < at and owed[item.partner_id] > 0
    ]
    disputed = set(
        Invoice.objects.filter(company=company, status="posted")
        .exclude(dispute="")
        .values_list("pk", flat=True)
    )
    sent = {(key, due): (level, on) for key, due, level, on in fetch_all(_SENT, [company.pk])}
    found = [
        Overdue(item, level)
        for item in late
        if item.id not in disputed
        and (level := _next_level(item, levels, sent.get((item.id, item.due_date)), at))
    ]
    return sorted(found, key=lambda one: (one.item.partner_code, one.item.due_date, one.item.id))


def _next_level(
    item: OpenItem, levels: Sequence[DunningLevel], sent: tuple[int, Date] | None, at: Date
) -> int:
    """0 when none is due yet, or the last one is sent."""
    by_number = {level.level: level for level in levels}
    following = by_number.get(sent[0] + 1 if sent else 1)
    if following is None or item.days_overdue(at) < following.days_overdue:
        return 0
    if sent is not None:
        before = by_number.get(sent[0])
        waits = following.days_overdue - (before.days_overdue if before else 0)
        if (at - sent[1]).days < waits:
            return 0
    return following.level
