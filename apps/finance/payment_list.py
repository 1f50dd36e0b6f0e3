"""The list of a payment run: what is paid to whom, for the one who signs and for the file."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.core.printouts import render_pdf, require_paper
from apps.finance.models import PaymentRun
from apps.finance.printouts import figure
from apps.finance.services.payment_runs import is_new_account

TEMPLATE = "finance/printouts/payment_list.html"
MOST_LINES = 300


def payment_list_pdf(run: PaymentRun, *, paper: str = "A4") -> bytes:
    """All payments of ``run`` with their sum. Raises ``BusinessError`` where there are none, or
    more than a letter should hold (``too_many_lines``)."""
    require_paper(paper)
    title = f"{_('Payment list')} {run.number}"
    return render_pdf(TEMPLATE, _context(run), paper=paper, title=title, signed=run)


def _context(run: PaymentRun) -> dict[str, Any]:
    account = run.bank_account
    places = account.currency.decimal_places
    lines = list(
        run.lines.select_related("invoice__partner", "partner_account", "payment").order_by(
            "invoice__partner__code", "partner_account_id", "invoice__date", "pk"
        )[: MOST_LINES + 1]
    )
    if not lines:
        raise BusinessError("no_letters", _("{run} pays nothing.").format(run=run))
    if len(lines) > MOST_LINES:
        raise BusinessError(
            "too_many_lines",
            _("{run} has more than {most} lines: export them.").format(run=run, most=MOST_LINES),
        )
    return {
        "company": run.company,
        "run": run,
        "account": account,
        "approved_by": run.approved_by,
        "lines": [
            {
                "partner": line.invoice.partner,
                "holder": line.partner_account.holder or line.invoice.partner.name,
                "paid_to": line.iban or line.account_number,
                "bic": line.bic,
                "invoice": line.invoice,
                "is_new": is_new_account(line),
                "payment": line.payment.number if line.payment else "",
                "amount": figure(line.amount, places),
            }
            for line in lines
        ],
        "total": figure(sum((line.amount for line in lines), ZERO), places),
    }
