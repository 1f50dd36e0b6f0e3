"""The letters of a dunning run: one per partner, in its language, in one file."""

from __future__ import annotations

import io
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from pypdf import PdfWriter

from apps.core.errors import BusinessError
from apps.core.money import ZERO
from apps.core.printouts import in_language, render_pdf, require_paper
from apps.finance.models import DunningLevel, DunningLine, DunningRun
from apps.finance.payment_slips import payment_slip, quoted
from apps.finance.printouts import figure

TEMPLATE = "finance/printouts/dunning_letter.html"


def dunning_letters_pdf(run: DunningRun, *, paper: str = "A4") -> bytes:
    """All letters of ``run``. Raises ``BusinessError`` when every line was left out."""
    require_paper(paper)
    levels = {level.level: level for level in run.terms.levels.all()}
    lines = run.lines.filter(is_live=True).select_related(
        "partner", "invoice__currency", "fee_invoice"
    )
    writer = PdfWriter()
    for _partner, own in groupby(lines.order_by("partner__code", "due_date", "pk"), _partner_of):
        writer.append(io.BytesIO(_letter(run, list(own), levels, paper)))
    if not writer.pages:
        raise BusinessError("no_letters", _("Every line of this run was left out."))
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _partner_of(line: DunningLine) -> int:
    return line.partner_id


def _letter(
    run: DunningRun, lines: list[DunningLine], levels: dict[int, DunningLevel], paper: str
) -> bytes:
    partner = lines[0].partner
    highest = max(line.level for line in lines)
    level = levels.get(highest)
    fee = level.fee if level is not None else ZERO
    with in_language(partner.language):
        titles = {1: _("Payment reminder"), 2: _("Second reminder"), 3: _("Final notice")}
        context: dict[str, Any] = {
            "company": run.company,
            "run": run,
            "partner": partner,
            "text": level.text if level is not None else "",
            "lines": [
                (line, figure(line.amount, 2), (run.date - line.due_date).days) for line in lines
            ],
            "sums": [(currency, figure(total, 2)) for currency, total in _sums(lines)],
            "fee": figure(fee, 2) if fee else "",
            "fee_invoice": lines[0].fee_invoice,
            "slip": payment_slip(
                run.company,
                reference=quoted(
                    (line.invoice.number or "" for line in lines), f"{run.number} {partner.code}"
                ),
                amounts=_owed(run, lines, ZERO if lines[0].fee_invoice else fee),
            ),
        }
        return render_pdf(TEMPLATE, context, paper=paper, title=titles[highest])


def _owed(run: DunningRun, lines: list[DunningLine], fee: Decimal) -> list[tuple[str, Decimal]]:
    """What the letter asks for; a fee that has an invoice of its own is paid by that."""
    owed = dict(_sums(lines))
    owed[run.company.currency_id] = owed.get(run.company.currency_id, ZERO) + fee
    return sorted(owed.items())


def _sums(lines: list[DunningLine]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        currency = line.invoice.currency_id
        sums[currency] = sums.get(currency, ZERO) + line.amount
    return sorted(sums.items())
