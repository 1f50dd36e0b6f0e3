"""Remittance advices of a payment run: to each supplier, which bills the money is for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby

from django.utils.translation import gettext as _
from pypdf import PdfWriter

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.core.printouts import in_language, render_pdf, require_paper
from apps.finance.models import PaymentRun, PaymentRunLine
from apps.finance.printouts import figure

TEMPLATE = "finance/printouts/remittance_advice.html"


def remittance_advices_pdf(run: PaymentRun, *, paper: str = "A4") -> bytes:
    """A letter for each account that ``run`` pays to, in its supplier's language, in one file.

    Raises ``BusinessError`` when the run pays nothing.
    """
    require_paper(paper)
    lines = run.lines.select_related("invoice__partner", "partner_account")
    if run.status == PaymentRun.Status.CANCELLED or not lines:
        raise BusinessError("no_letters", _("{run} pays nothing.").format(run=run))
    writer = PdfWriter()
    ordered = lines.order_by("invoice__partner__code", "partner_account_id", "invoice__date", "pk")
    for _key, own in groupby(ordered, lambda line: line.partner_account_id):
        writer.append(io.BytesIO(_letter(run, list(own), paper)))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _letter(run: PaymentRun, lines: Sequence[PaymentRunLine], paper: str) -> bytes:
    first = lines[0]
    partner = first.invoice.partner
    account = run.bank_account
    places = account.currency.decimal_places
    with in_language(partner.language):
        context = {
            "company": run.company,
            "run": run,
            "partner": partner,
            "paid_to": " ".join(filter(None, [first.iban or first.account_number, first.bic])),
            "paid_from": account.number,
            "currency": account.currency_id,
            "lines": [
                (
                    line.invoice,
                    figure(line.invoice.total, places),
                    figure(_kept(line), places) if _kept(line) else "",
                    figure(line.amount, places),
                )
                for line in lines
            ],
            "total": figure(sum((line.amount for line in lines), ZERO), places),
        }
        return render_pdf(TEMPLATE, context, paper=paper, title=_("Remittance advice"))


def _kept(line: PaymentRunLine) -> Decimal:
    """What of the bill is not paid by this run: paid before, credited, or still to come."""
    return line.invoice.total - line.amount
