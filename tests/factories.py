"""What most tests begin with: a company, its books, the people and nouns around them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from apps.core.models import Company, Currency, ExchangeRate, Membership, Site, User
from apps.finance.models import (
    Account,
    FiscalYear,
    Invoice,
    Journal,
    JournalLine,
    JournalVoucher,
    TaxCode,
)
from apps.finance.services.chart import load_chart
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.periods import open_fiscal_year
from apps.finance.services.vouchers import VoucherLine, draft_voucher, post_voucher
from apps.masterdata.models import Item, ItemCategory, Partner, Unit

_numbers = itertools.count(1)
CURRENCIES = {"EUR": ("Euro", 2), "USD": ("US dollar", 2), "GBP": ("Pound", 2), "JPY": ("Yen", 0)}


def make_currency(code: str = "EUR") -> Currency:
    name, places = CURRENCIES.get(code, (code, 2))
    return Currency.objects.get_or_create(
        code=code, defaults={"name": name, "decimal_places": places}
    )[0]


def make_user(username: str = "", *, company: Company | None = None, **values: Any) -> User:
    """A user who may do everything, unless ``is_superuser=False``."""
    values.setdefault("is_superuser", True)
    values.setdefault("is_staff", True)
    user = User.objects.create_user(username or f"user{next(_numbers)}", **values)
    if company is not None:
        Membership.objects.create(user=user, company=company)
    return user


def make_company(code: str = "", *, currency: str = "EUR", by: User) -> Company:
    code = code or f"C{next(_numbers)}"
    return Company(code=code, name=f"{code} Ltd", currency=make_currency(currency)).save_by(by)


def make_site(company: Company, *, by: User, code: str = "MAIN") -> Site:
    return Site(company=company, code=code, name=f"{code} plant").save_by(by)


@dataclass
class Books:
    """A company that can post: chart, journals, posting rules and an open fiscal year."""

    company: Company
    by: User
    site: Site
    year: FiscalYear
    accounts: dict[str, Account]
    tax_codes: dict[str, TaxCode] = field(default_factory=dict)

    def account(self, code: str) -> Account:
        return self.accounts[code]

    def journal(self, code: str = "GEN") -> Journal:
        return Journal.objects.get(company=self.company, code=code)

    def draft(self, on: date, *lines: tuple[str, str], **values: Any) -> JournalVoucher:
        """A voucher; each line an account code and a signed amount, debit above zero."""
        return draft_voucher(
            self.company,
            journal=self.journal(),
            date=on,
            lines=[
                VoucherLine(
                    self.account(code),
                    debit=max(Decimal(amount), Decimal(0)),
                    credit=max(-Decimal(amount), Decimal(0)),
                )
                for code, amount in lines
            ],
            by=self.by,
            **values,
        )

    def post(self, on: date, *lines: tuple[str, str], **values: Any) -> JournalVoucher:
        return post_voucher(self.draft(on, *lines, **values), by=self.by)

    def invoice(
        self, kind: str, partner: Partner, on: date, *prices: str, **values: Any
    ) -> Invoice:
        """A draft with one line of quantity 1 per price; ``line`` holds values of every line."""
        is_purchase = kind in ("supplier", "bill_credit")
        line = {"account": self.account("6110") if is_purchase else None}
        line |= values.pop("line", {})
        return draft_invoice(
            self.company,
            kind=kind,
            partner=partner,
            date=on,
            lines=[BillingLine(Decimal(1), Decimal(price), **line) for price in prices],
            by=self.by,
            **values,
        )

    def posted_invoice(
        self, kind: str, partner: Partner, on: date, *prices: str, **values: Any
    ) -> Invoice:
        return post_invoice(self.invoice(kind, partner, on, *prices, **values), by=self.by)

    def balance(self, code: str, at: date = date(2099, 12, 31)) -> Decimal:
        """The balance of an account, debit above zero, straight from the lines."""
        found = JournalLine.objects.filter(account=self.account(code), date__lte=at)
        return found.aggregate(total=Sum("amount"))["total"] or Decimal(0)

    def partner(self, code: str = "", **values: Any) -> Partner:
        """A customer and supplier at once, unless ``values`` say otherwise."""
        values.setdefault("is_customer", True)
        values.setdefault("is_supplier", True)
        values.setdefault("currency", self.company.currency)
        code = code or f"P{next(_numbers)}"
        return Partner(company=self.company, code=code, name=f"{code} Inc", **values).save_by(
            self.by
        )

    def rate(self, currency: str, on: date, rate: str) -> ExchangeRate:
        return ExchangeRate.objects.create(
            company=self.company, currency=make_currency(currency), date=on, rate=Decimal(rate)
        )

    def unit(self, code: str = "EA") -> Unit:
        return Unit.objects.filter(company=self.company, code=code).first() or Unit(
            company=self.company, code=code, name=code, dimension=Unit.Dimension.COUNT
        ).save_by(self.by)

    def category(self, code: str = "STOCK", costing: str = "average") -> ItemCategory:
        return ItemCategory.objects.filter(company=self.company, code=code).first() or ItemCategory(
            company=self.company, code=code, name=code, costing=costing
        ).save_by(self.by)

    def item(self, code: str = "", **values: Any) -> Item:
        values.setdefault("category", self.category())
        values.setdefault("unit", self.unit())
        code = code or f"I{next(_numbers)}"
        return Item(company=self.company, code=code, name=f"Item {code}", **values).save_by(self.by)


def make_books(
    code: str = "",
    *,
    currency: str = "EUR",
    starts_on: date = date(2026, 1, 1),
    by: User | None = None,
) -> Books:
    by = by or make_user()
    company = make_company(code, currency=currency, by=by)
    Membership.objects.create(user=by, company=company)
    accounts = load_chart(company, by=by)
    year = open_fiscal_year(company, code=str(starts_on.year), starts_on=starts_on, by=by)
    return Books(
        company=company,
        by=by,
        site=make_site(company, by=by),
        year=year,
        accounts=accounts,
        tax_codes={tax.code: tax for tax in TaxCode.objects.filter(company=company)},
    )
