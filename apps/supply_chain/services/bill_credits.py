"""What a supplier's credit note takes back of matched bills: units, or part of their price.

Units are received and not invoiced again: against what went back to the supplier that is zero, else
they wait for another bill or for their return. What the bill asked above the receipt's value leaves
again: for units that went back, the price variance, where their return left it; else late cost,
wherever the units are now. A lower price is late cost below zero (IAS 2.11: rebates are deducted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import User
from apps.core.money import ZERO, round_money
from apps.core.sql import fetch_all
from apps.finance.conversion import convert
from apps.finance.models import Invoice, InvoiceLine, PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.quality.queries.returns import returned_of
from apps.supply_chain.models import ReceiptLine
from apps.supply_chain.services.billable_lines import grni_accounts, lock_receipt_lines
from apps.supply_chain.services.bills import (
    LATE_COST,
    LateCost,
    insert_matches,
    post_late_cost,
)
from apps.supply_chain.services.direct_costs import is_direct, price_lines

# What stands of each bill line's match, less what credit notes took of it before.
_MATCHED = """
WITH own AS (
  SELECT l.id AS billed, l.id AS line FROM finance_invoiceline l WHERE l.id = ANY(%(lines)s)
   UNION ALL
  SELECT c.source_id, c.id FROM finance_invoiceline c
   WHERE c.source_type_id = %(type)s AND c.source_id = ANY(%(lines)s))
SELECT o.billed, t.receipt_line_id,
       sum(CASE WHEN t.reverses_id IS NULL THEN t.quantity ELSE -t.quantity END), sum(t.value)
  FROM own o JOIN supply_chain_billmatch t ON t.invoice_line_id = o.line
 GROUP BY o.billed, t.receipt_line_id
"""
_OF_RECEIPT = """
SELECT receipt_line_id,
       sum(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END), sum(value)
  FROM supply_chain_billmatch WHERE receipt_line_id = ANY(%s) GROUP BY receipt_line_id
"""
# Units of each bill's line that credit notes took back before, in its own unit.
_UNITS = """
SELECT c.source_id, sum(c.quantity) FROM finance_invoiceline c
  JOIN finance_invoice n ON n.id = c.invoice_id AND n.status = 'posted'
 WHERE c.source_type_id = %s AND c.source_id = ANY(%s) AND NOT c.credits_price
 GROUP BY c.source_id
"""


@dataclass(slots=True)
class _Matched:
    """What stands of the match of a bill's line, in stock units and company currency."""

    receipt_line: ReceiptLine
    billed: InvoiceLine
    quantity: Decimal
    value: Decimal


@dataclass(slots=True)
class _Kept:
    """Of a receipt's line: what bills match by now, and what of it did not go back."""

    billed: Decimal
    billed_value: Decimal
    quantity: Decimal
    value: Decimal

    @property
    def owed(self) -> Decimal:
        """Units that went back after they were billed."""
        return max(self.billed - self.quantity, ZERO)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one line of a note takes back: ``quantity`` and ``value`` of goods received.

    Beyond the value, ``late`` is less cost of what came, ``returned`` less price variance,
    ``exchange`` what the rate alone changed since the receipt.
    """

    matched: _Matched
    line: InvoiceLine
    quantity: Decimal
    value: Decimal
    late: Decimal
    returned: Decimal
    exchange: Decimal


def credit_matches(note: Invoice, lines: Sequence[InvoiceLine], *, by: User) -> list[Line]:
    """Take back what the ``lines`` of a supplier's ``note`` credit; locks receipts, then stock.

    Returns the lines that the note's own entry needs besides, so that goods received, not invoiced
    changes by the value of the units alone.
    """
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    keys = [
        line.source_id
        for line in lines
        if line.source_type_id == line_type and line.source_id is not None
    ]
    matched = _matched(note, keys, line_type)
    if not matched:
        return []
    kept = _kept(matched)
    units = dict(fetch_all(_UNITS, [line_type, keys]))
    places = note.company.currency.decimal_places
    credited = convert([line.amount for line in lines], note.exchange_rate, places)
    taken = []
    for line, amount in zip(lines, credited, strict=True):
        own = matched.get(line.source_id or 0) if line.source_type_id == line_type else None
        if own is None:
            continue
        worth = round_money(line.amount * own.receipt_line.receipt.exchange_rate, places)
        if line.credits_price:
            taken.append(_Taken(own, line, ZERO, ZERO, worth, ZERO, amount - worth))
            continue
        before = units.get(own.billed.pk, ZERO)
        taken.append(_units(own, line, kept[own.receipt_line.pk], before, worth, amount, places))
        units[own.billed.pk] = before + line.quantity
    return _post(note, taken, by)


def _matched(note: Invoice, keys: Sequence[int], line_type: int) -> dict[int, _Matched]:
    """By bill's line, read again once the receipts behind them are locked."""
    asked = {"lines": list(keys), "type": line_type}
    found = fetch_all(_MATCHED, asked) if keys else []
    if not found:
        return {}
    rows = lock_receipt_lines(note.company, [row[1] for row in found])
    billed = InvoiceLine.objects.in_bulk([row[0] for row in found])
    return {
        key: _Matched(rows[receipt_line], billed[key], quantity, value)
        for key, receipt_line, quantity, value in fetch_all(_MATCHED, asked)
    }


def _kept(matched: Mapping[int, _Matched]) -> dict[int, _Kept]:
    rows = {one.receipt_line.pk: one.receipt_line for one in matched.values()}
    billed = {
        key: (quantity, value) for key, quantity, value in fetch_all(_OF_RECEIPT, [list(rows)])
    }
    returned = returned_of(row.move_id for row in rows.values() if row.move_id)
    result = {}
    for key, row in rows.items():
        quantity, value = returned.get(row.move_id or 0, (ZERO, ZERO))
        came = row.move.counter_value if row.move else ZERO
        result[key] = _Kept(*billed[key], row.quantity - quantity, came - value)
    return result


def _units(
    own: _Matched,
    line: InvoiceLine,
    kept: _Kept,
    before: Decimal,
    worth: Decimal,
    amount: Decimal,
    places: int,
) -> _Taken:
    """Units of the bill: what it billed beyond what came goes first, unless units went back.

    The last units of a match take all that is left of its value; where what bills still match is
    what was kept, they match its value. ``worth`` is the line at the rate of the receipt.
    """
    row = own.receipt_line
    asked = row.in_stock_unit(line.quantity)
    excess = max(row.in_stock_unit(own.billed.quantity - before) - own.quantity, ZERO)
    quantity = min(max(asked - excess, min(asked, kept.owed)), own.quantity)
    value = ZERO
    if quantity == own.quantity:
        value = own.value
    elif quantity:
        value = round_money(own.value * quantity / own.quantity, places)
    if quantity and kept.billed - quantity == kept.quantity:
        value = kept.billed_value - kept.value
    above = worth - value
    beyond = round_money(worth * (asked - quantity) / asked, places)
    returned = ZERO
    if quantity:
        returned = round_money((above - beyond) * min(quantity, kept.owed) / quantity, places)
    own.quantity -= quantity
    own.value -= value
    kept.billed -= quantity
    kept.billed_value -= value
    return _Taken(own, line, quantity, value, above - returned, returned, amount - worth)


def _post(note: Invoice, taken: Sequence[_Taken], by: User) -> list[Line]:
    """Post the late cost, write the matches; the lines of the note's own entry."""
    company, partner = note.company, note.partner
    rows = {one.matched.receipt_line.pk: one.matched.receipt_line for one in taken}
    accounts = {key: account.pk for key, account in grni_accounts(company, rows).items()}
    late, direct, extra = [], [], []
    resolver = AccountResolver(company)
    for one in taken:
        row = one.matched.receipt_line
        account_id = accounts[row.pk]
        if row.cost_move is not None and is_direct(row.cost_move):
            direct.append((row.cost_move, account_id, -one.late))
        elif row.cost_move is not None:
            late.append(LateCost(row.cost_move, account_id, -one.late))
        category_id = row.order_line.item.category_id
        for role, amount in (
            (PostingRole.PRICE_VARIANCE, one.returned),
            (PostingRole.EXCHANGE_DIFFERENCE, one.exchange),
        ):
            if amount:
                other = resolver.account_id(role, category_id=category_id)
                extra.append(Line(account_id=account_id, amount=amount, partner_id=partner.pk))
                extra.append(Line(account_id=other, amount=-amount, partner_id=partner.pk))
    post_late_cost(company, note, late, note.date, LATE_COST, by)
    insert_matches(
        note,
        [
            {
                "receipt_line_id": one.matched.receipt_line.pk,
                "invoice_line_id": one.line.pk,
                "quantity": -one.quantity,
                "value": -one.value,
                "variance": -one.late,
                "reverses_id": None,
            }
            for one in taken
        ],
        by,
    )
    return [*extra, *price_lines(company, partner, direct)]
