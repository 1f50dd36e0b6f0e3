"""The statement of account as it is sent: what moved, what is open, how old it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.core.printouts import in_language, render_pdf, require_paper
from apps.finance.payment_slips import PaymentSlip, payment_slip, quoted
from apps.finance.printouts import figure
from apps.finance.queries.account_statements import AccountStatement
from apps.finance.queries.ageing import ageing, open_instalments
from apps.finance.queries.open_items import OpenItem
from apps.finance.queries.policies import days_of, policy_of
from apps.finance.receivable_reports import bucket_labels, statement_of
from apps.finance.report_parameters import ReportRequest
from apps.masterdata.models import Partner

TEMPLATE = "finance/printouts/account_statement.html"


def account_letter(asked: ReportRequest, *, paper: str = "A4") -> bytes:
    """The letter for the partner asked for, in its language.

    Raises ``InvalidInput`` without a partner, or for a paper we don't print on.
    """
    require_paper(paper)
    shown = statement_of(asked)
    partner = Partner.objects.get(pk=asked.chosen.dimensions["partner"] or 0)
    at = asked.chosen.date_to
    items = open_instalments(asked.company, kind=asked.kind, at=at, partner_id=partner.pk)
    buckets = days_of(policy_of(asked.company).ageing_days)
    with in_language(partner.language):
        rows = ageing(
            asked.company,
            kind=asked.kind,
            at=at,
            partner_id=partner.pk,
            buckets=buckets,
            by_currency=True,
        )
        context = {
            "company": asked.company,
            "partner": partner,
            "is_customer": asked.kind == "customer",
            "first": asked.chosen.date_from,
            "last": at,
            "accounts": [_account(shown, currency, items) for currency in _currencies(shown)],
            "slip": _slip(asked, partner, items) if asked.kind == "customer" else None,
            "bucket_labels": bucket_labels(buckets),
            "aged": [
                (row.currency, [_money(amount) for amount in row.amounts], _money(row.total))
                for row in rows
            ],
        }
        return render_pdf(TEMPLATE, context, paper=paper, title=_("Statement of account"))


def _slip(asked: ReportRequest, partner: Partner, items: list[OpenItem]) -> PaymentSlip | None:
    """For all that is open, credits taken off."""
    owed: dict[str, Decimal] = {}
    for item in items:
        owed[item.currency] = owed.get(item.currency, ZERO) + item.open
    reference = quoted((item.number for item in items if item.kind == "invoice"), partner.code)
    return payment_slip(asked.company, reference=reference, amounts=owed.items())


def _currencies(shown: AccountStatement) -> list[str]:
    return sorted({*shown.opening, *shown.closing})


def _account(shown: AccountStatement, currency: str, items: list[OpenItem]) -> dict[str, Any]:
    """One currency of the letter, its figures as texts."""
    own = [item for item in items if item.currency == currency]
    return {
        "currency": currency,
        "opening": _money(shown.opening.get(currency, ZERO)),
        "closing": _money(shown.closing.get(currency, ZERO)),
        "movements": [
            (line, _money(line.amount), _money(line.balance))
            for line in shown.movements
            if line.currency == currency
        ],
        "items": [(item, _money(item.amount), _money(item.open)) for item in own],
        "open": _money(sum((item.open for item in own), ZERO)),
    }


def _money(amount: Decimal) -> str:
    return figure(amount, 2)
