"""What a credit note may take back: never more than was billed."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Currency
from apps.core.sql import fetch_all
from apps.finance.models import Invoice, InvoiceLine
from apps.masterdata.models import Partner

Kind = Invoice.Kind
_CREDITED = """
SELECT coalesce(sum(n.total), 0) FROM finance_invoice n
 WHERE n.credits_id = %s AND n.status = 'posted' AND n.id <> %s
"""
_OVER = """
SELECT l.id FROM finance_invoiceline l
  JOIN finance_invoiceline c ON c.source_type_id = %s AND c.source_id = l.id
  JOIN finance_invoice n ON n.id = c.invoice_id AND (n.status = 'posted' OR n.id = %s)
 WHERE l.id IN (SELECT source_id FROM finance_invoiceline
                 WHERE invoice_id = %s AND source_type_id = %s)
 GROUP BY l.id
HAVING coalesce(sum(c.quantity) FILTER (WHERE NOT c.credits_price), 0) > l.quantity
    OR abs(sum(c.amount)) > abs(l.amount)
"""


def require_creditable(
    kind: str, credited: Invoice | None, partner: Partner, currency: Currency
) -> None:
    """Raise ``InvalidInput`` unless a ``kind`` document of ``partner`` may credit ``credited``."""
    if credited is None:
        return
    checks = (
        (kind in Invoice.CREDITS, _("Only a credit note credits an invoice.")),
        (
            credited.kind == Invoice.CREDITS.get(Kind(kind)),
            _("{invoice} is not what such a credit note takes back."),
        ),
        (credited.partner_id == partner.pk, _("{invoice} is another partner's.")),
        (credited.currency_id == currency.pk, _("{invoice} is in another currency.")),
        (credited.status == Invoice.Status.POSTED, _("{invoice} is not posted.")),
    )
    for holds, message in checks:
        if not holds:
            raise InvalidInput("not_creditable", message.format(invoice=credited), field="credits")


def require_within_credited(note: Invoice) -> None:
    """Lock the invoice that ``note`` credits; raise ``BusinessError`` when it takes back more."""
    if note.kind not in Invoice.CREDITS or note.credits_id is None:
        return
    credited = Invoice.objects.select_for_update(of=("self",)).get(pk=note.credits_id)
    if credited.status != Invoice.Status.POSTED:
        raise BusinessError(
            "not_posted", _("{invoice} is not posted.").format(invoice=credited), field="credits"
        )
    [[before]] = fetch_all(_CREDITED, [credited.pk, note.pk])
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    over = fetch_all(_OVER, [line_type, note.pk, note.pk, line_type])
    if over or before + note.total > credited.total:
        raise BusinessError(
            "over_credited",
            _("{invoice} bills {total}; {before} of it is credited already.").format(
                invoice=credited, total=credited.total, before=before
            ),
            field="lines",
        )


def require_not_credited(invoice: Invoice) -> None:
    """Raise ``BusinessError`` while a posted credit note takes back part of ``invoice``."""
    note = invoice.credit_notes.filter(status=Invoice.Status.POSTED).order_by("pk").first()
    if note is not None:
        raise BusinessError(
            "has_credit_notes",
            _("{invoice} is credited by {note}. Reverse that first.").format(
                invoice=invoice, note=note
            ),
        )
