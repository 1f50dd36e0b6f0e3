"""What part of an invoice's line a credit note takes back, for whatever was made of that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.money import round_money
from apps.core.sql import fetch_all
from apps.finance.models import Invoice, InvoiceLine

_CREDITED = """
SELECT l.id, l.amount,
       coalesce((SELECT sum(c.amount) FROM finance_invoiceline c
                   JOIN finance_invoice n ON n.id = c.invoice_id AND n.status = 'posted'
                  WHERE c.source_type_id = %s AND c.source_id = l.id AND n.id <> %s), 0)
  FROM finance_invoiceline l WHERE l.id = ANY(%s) AND l.amount <> 0
"""


@dataclass(frozen=True, slots=True)
class CreditShare:
    """``amount`` of a line of ``whole`` is taken back, after ``before`` of it was.

    Amounts are net, in the invoice's currency; ``line`` is the note's (the first over that line).
    """

    line: InvoiceLine
    source_id: int
    whole: Decimal
    before: Decimal
    amount: Decimal

    def of(self, total: Decimal, places: int) -> Decimal:
        """Its share of ``total``, what was made of the whole line; shares sum to all of it."""
        return self._reached(total, self.before + self.amount, places) - self._reached(
            total, self.before, places
        )

    def of_rest(self, rest: Decimal, places: int) -> Decimal:
        """Its share of ``rest``, what is left of something after the credits before this."""
        left = self.whole - self.before
        return rest if left == self.amount else round_money(rest * self.amount / left, places)

    def _reached(self, total: Decimal, credited: Decimal, places: int) -> Decimal:
        return round_money(total * credited / self.whole, places)


def credit_shares(note: Invoice, lines: Sequence[InvoiceLine]) -> dict[int, CreditShare]:
    """The shares of ``note``, a credit note with ``lines``, by the line that each takes back.

    None for a note that names no lines; one statement.
    """
    if note.kind not in Invoice.CREDITS:
        return {}
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    over: dict[int, list[InvoiceLine]] = {}
    for line in lines:
        if line.source_type_id == line_type and line.source_id is not None:
            over.setdefault(line.source_id, []).append(line)
    if not over:
        return {}
    return {
        key: CreditShare(
            over[key][0], key, whole, before, sum((one.amount for one in over[key]), Decimal(0))
        )
        for key, whole, before in fetch_all(_CREDITED, [line_type, note.pk, sorted(over)])
    }


def worth_of(line: InvoiceLine) -> Decimal:
    """What a posted line is worth without what posted credit notes took back of it.

    Net, in company currency at the invoice's rate.
    """
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    left = sum((whole - before for _key, whole, before in fetch_all(
        _CREDITED, [line_type, 0, [line.pk]])), Decimal(0))  # fmt: skip
    invoice = line.invoice
    return round_money(left * invoice.exchange_rate, invoice.company.currency.decimal_places)
