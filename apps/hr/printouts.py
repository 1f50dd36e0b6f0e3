"""What people print."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.core.printouts import render_pdf, require_paper
from apps.hr.models import PayComponent, PayRun, PaySlip, PaySlipLine

Kind = PayComponent.Kind


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of the slip with its figures as texts."""

    name: str
    base: str
    earning: str
    deduction: str
    employer: str


def pay_slip_pdf(slip: PaySlip, *, paper: str = "A4") -> bytes:
    """The slip as its employee gets it. Raises ``InvalidInput`` for a paper we don't print on."""
    require_paper(paper)
    title = _("Pay slip {number}").format(number=slip.number)
    return render_pdf("hr/printouts/pay_slip.html", _context(slip), paper=paper, title=title)


def _context(slip: PaySlip) -> dict[str, Any]:
    run = slip.run
    places = run.company.currency.decimal_places

    def figure(value: Decimal) -> str:
        return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)

    lines = list(slip.lines.select_related("component"))
    return {
        "company": run.company,
        "slip": slip,
        "run": run,
        "employee": slip.employee,
        "is_void": slip.status == PayRun.Status.REVERSED,
        "is_draft": slip.status == PayRun.Status.CALCULATED,
        "hours": _hours(slip),
        "lines": [
            _printed(line, figure)
            for line in lines
            if line.component.is_shown and line.amount and line.kind != Kind.INFORMATION
        ],
        "information": [
            (line.name, figure(line.amount))
            for line in lines
            if line.component.is_shown and line.amount and line.kind == Kind.INFORMATION
        ],
        "gross": figure(slip.gross),
        "deductions": figure(slip.deductions),
        "employer_cost": figure(slip.employer_cost),
        "net": figure(slip.net),
    }


def _printed(line: PaySlipLine, figure: Any) -> PrintedLine:
    amount = figure(line.amount)
    return PrintedLine(
        line.name,
        "" if line.base is None else figure(line.base),
        amount if line.kind == Kind.EARNING else "",
        amount if line.kind == Kind.DEDUCTION else "",
        amount if line.kind == Kind.EMPLOYER_COST else "",
    )


def _hours(slip: PaySlip) -> list[tuple[str, str]]:
    shown = (
        ("regular_hours", _("Regular hours")),
        ("overtime_hours", _("Overtime hours")),
        ("absence_hours", _("Paid absence, hours")),
    )
    return [
        (label, number_format(hours.normalize(), use_l10n=True))
        for name, label in shown
        if (hours := Decimal(slip.inputs.get(name, ZERO)))
    ]
