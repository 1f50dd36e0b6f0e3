"""Two companies of two currencies that deal with each other, and the group they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.finance.models import ConsolidationGroup, Invoice
from apps.finance.queries.consolidation import GroupBalance, group_balance
from apps.finance.services.intercompany import (
    add_member,
    create_average_rate,
    flag_partner,
    mirror_invoice,
)
from apps.finance.services.invoices import post_invoice
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from apps.masterdata.models import Partner
from tests.factories import Books, make_books, make_currency

D = Decimal
BEGIN, MIDDLE, END = date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31)


@dataclass
class Two:
    """A parent in euro and its subsidiary in dollars, each a partner of the other."""

    parent: Books
    sub: Books
    of_sub: Partner
    of_parent: Partner
    group: ConsolidationGroup

    def balance(self) -> GroupBalance:
        return group_balance(self.group, at=END)

    def billed(self, amount: str = "85", **values: Any) -> Invoice:
        return self.parent.posted_invoice("customer", self.of_sub, MIDDLE, amount, **values)


def voucher(books: Books, on: date, *lines: tuple[Any, ...]) -> None:
    """Lines of account, signed amount and perhaps a partner."""
    made = draft_voucher(
        books.company,
        journal=books.journal(),
        date=on,
        lines=[
            VoucherLine(
                books.account(code),
                debit=max(D(amount), D(0)),
                credit=max(-D(amount), D(0)),
                partner=partner[0] if partner else None,
            )
            for code, amount, *partner in lines
        ],
        by=books.by,
    )
    post_voucher(made, by=books.by)


def make_two(by: Any) -> Two:
    """PAR in euro holds four fifths of SUB in dollars; rates of 2026."""
    parent = make_books("PAR", by=by)
    sub = make_books("SUB", currency="USD", by=by)
    of_sub, of_parent = parent.partner("TOSUB"), sub.partner("TOPAR")
    flag_partner(company=parent.company, partner=of_sub, counterpart=sub.company, by=by)
    flag_partner(
        company=sub.company,
        partner=of_parent,
        counterpart=parent.company,
        account=sub.account("6420"),
        by=by,
    )
    group = ConsolidationGroup(company=parent.company, code="ALL", name="All").save_by(by)
    add_member(company=parent.company, group=group, member=parent.company, by=by)
    add_member(company=parent.company, group=group, member=sub.company, share=D(80), by=by)
    parent.rate("USD", BEGIN, "0.9")
    parent.rate("USD", END, "0.8")
    sub.rate("EUR", BEGIN, "1.25")
    create_average_rate(
        company=parent.company,
        currency=make_currency("USD"),
        starts_on=BEGIN,
        ends_on=END,
        rate=D("0.85"),
        by=by,
    )
    return Two(parent, sub, of_sub, of_parent, group)


def live_a_year(two: Two) -> Two:
    """The parent pays 720 € for 800 of 1,000 $; the subsidiary earns 300 $ and is billed 85 €."""
    voucher(two.parent, BEGIN, ("1010", "2000"), ("3000", "-2000"))
    voucher(two.parent, BEGIN, ("1220", "720", two.of_sub), ("1010", "-720"))
    voucher(two.sub, BEGIN, ("1010", "1000"), ("3000", "-800", two.of_parent), ("3000", "-200"))
    voucher(two.sub, MIDDLE, ("1010", "500"), ("4100", "-500"))
    voucher(two.sub, MIDDLE, ("6100", "200"), ("1010", "-200"))
    bill = mirror_invoice(two.billed(), by=two.parent.by)
    post_invoice(bill, by=two.sub.by)
    return two
