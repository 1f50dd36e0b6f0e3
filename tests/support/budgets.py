"""Budgets and cost objects in one line each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.finance.models import BudgetVersion, CostObject, JournalVoucher
from apps.finance.services.budgets import (
    BudgetRow,
    approve_budget,
    draft_budget,
    set_budget_lines,
)
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from tests.factories import Books, make_user

ZERO = Decimal(0)


def cost_centre(books: Books, code: str) -> CostObject:
    return CostObject(
        company=books.company, code=code, name=f"Centre {code}", kind="cost_centre"
    ).save_by(books.by)


def drafted(books: Books, *rows: tuple[Any, ...], **values: Any) -> BudgetVersion:
    """A draft for the year of ``books``; a row is account, month, amount, perhaps cost object."""
    budget = draft_budget(books.company, name="Plan", fiscal_year=books.year, by=books.by, **values)
    if not rows:
        return budget
    lines = [
        BudgetRow(books.account(account), month, Decimal(amount), *rest)
        for account, month, amount, *rest in rows
    ]
    return set_budget_lines(budget, lines, by=books.by)


def approved(books: Books, *rows: tuple[Any, ...], **values: Any) -> BudgetVersion:
    return approve_budget(drafted(books, *rows, **values), by=make_user(company=books.company))


def charged(
    books: Books, on: date, account: str, amount: str, cost_object: CostObject | None = None
) -> JournalVoucher:
    """Cost paid from the bank, for a cost object."""
    value = Decimal(amount)
    voucher = draft_voucher(
        books.company,
        journal=books.journal(),
        date=on,
        lines=[
            VoucherLine(
                books.account(account),
                debit=max(value, ZERO),
                credit=max(-value, ZERO),
                cost_object=cost_object,
            ),
            VoucherLine(books.account("1010"), debit=max(-value, ZERO), credit=max(value, ZERO)),
        ],
        by=books.by,
    )
    return post_voucher(voucher, by=books.by)
