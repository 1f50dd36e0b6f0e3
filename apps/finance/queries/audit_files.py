"""What a standard audit file says, group by group; registers are read as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Count, Q, Sum

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.finance.einvoice.totals import rounded
from apps.finance.models import Account, Journal, JournalLine, TaxCode
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.masterdata.models import Item, Partner, Unit

CHUNK = 2000
SOFTWARE = "MES-ERP"
#: Sums of the sub-ledgers' accounts per partner, before the first day and at the last one.
_BALANCES = """
SELECT l.partner_id, a.code AS account,
       sum(l.amount) FILTER (WHERE l.date < %(date_from)s) AS opening, sum(l.amount) AS closing
  FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id
 WHERE l.company_id = %(company)s AND l.date <= %(date_to)s AND a.control = %(control)s
   AND l.partner_id IS NOT NULL
 GROUP BY l.partner_id, a.code ORDER BY l.partner_id, a.code
"""


@dataclass(frozen=True, slots=True)
class Span:
    """The days of an audit file of ``company``, both included."""

    company: Company
    date_from: Date
    date_to: Date

    @property
    def days(self) -> tuple[Date, Date]:
        return self.date_from, self.date_to


@dataclass(frozen=True, slots=True)
class EntrySums:
    """Over all journal entries of a span: how many, and both sides in company currency."""

    entries: int
    lines: int
    debit: Decimal
    credit: Decimal


def header(span: Span, *, version: str, created: Date, software: str) -> dict[str, Any]:
    company = span.company
    return {
        "AuditFileVersion": version,
        "AuditFileCountry": company.country,
        "AuditFileDateCreated": created,
        "SoftwareCompanyName": SOFTWARE,
        "SoftwareID": SOFTWARE,
        "SoftwareVersion": software,
        "Company": {
            "RegistrationNumber": company.registration_number or company.code,
            "Name": company.name,
            "Address": _address(company.address, company.country),
            "TaxRegistration": _registered(company.tax_number),
            "BankAccount": {"IBANNumber": company.iban} if company.iban else None,
        },
        "DefaultCurrencyCode": company.currency_id,
        "SelectionCriteria": {
            "SelectionStartDate": span.date_from,
            "SelectionEndDate": span.date_to,
        },
        "TaxAccountingBasis": "Invoice accounting",
    }  # fmt: skip


def accounts(span: Span) -> Iterator[dict[str, Any]]:
    """Every account of the chart, with its balances on both ends."""
    chosen = ReportFilter(span.company, date_from=span.date_from, date_to=span.date_to)
    sums = {row.account_id: row for row in trial_balance(chosen).rows}
    for account in Account.objects.filter(company=span.company).order_by("code"):
        row = sums.get(account.pk)
        yield {
            "AccountID": account.code,
            "AccountDescription": account.name,
            "StandardAccountID": account.code,
            "AccountType": account.kind.capitalize(),
            **_balance("Opening", row.opening if row else ZERO),
            **_balance("Closing", row.closing if row else ZERO),
        }


def partners(span: Span, *, supplier: bool) -> Iterator[dict[str, Any]]:
    """Customers or suppliers with what they owed, or were owed, on both ends."""
    control = Account.Control.PAYABLE if supplier else Account.Control.RECEIVABLE
    found: dict[int, list[dict[str, Any]]] = {}
    given = {
        "company": span.company.pk,
        "date_from": span.date_from,
        "date_to": span.date_to,
        "control": control,
    }
    for row in fetch_dicts(_BALANCES, given):
        found.setdefault(row["partner_id"], []).append(row)
    role = Q(is_supplier=True) if supplier else Q(is_customer=True)
    rows = Partner.objects.filter(role | Q(pk__in=found), company=span.company)
    for partner in rows.order_by("code"):
        own = found.get(partner.pk, [])
        yield {
            "RegistrationNumber": partner.registration_number,
            "Name": partner.name,
            "Address": _address(partner.address, partner.country),
            "TaxRegistration": _registered(partner.tax_number),
            "SupplierID" if supplier else "CustomerID": partner.code,
            "AccountID": own[0]["account"] if own else None,
            **_balance("Opening", sum((row["opening"] or ZERO for row in own), ZERO)),
            **_balance("Closing", sum((row["closing"] or ZERO for row in own), ZERO)),
        }  # fmt: skip


def tax_codes(span: Span) -> Iterator[dict[str, Any]]:
    for code in TaxCode.objects.filter(company=span.company).order_by("code"):
        yield {
            "TaxType": "VAT",
            "Description": code.name,
            "TaxCodeDetails": {
                "TaxCode": code.code,
                "Description": code.name,
                "TaxPercentage": code.rate.normalize(),
                "Country": span.company.country,
            },
        }


def units(span: Span) -> Iterator[dict[str, Any]]:
    for unit in Unit.objects.filter(company=span.company).order_by("code"):
        yield {"UnitOfMeasure": unit.code, "Description": unit.name}


def products(span: Span) -> Iterator[dict[str, Any]]:
    rows = Item.objects.filter(company=span.company).order_by("code")
    for code, kind, name, unit in rows.values_list("code", "kind", "name", "unit__code").iterator(
        CHUNK
    ):
        yield {
            "ProductCode": code,
            "GoodsServicesID": "Services" if kind == "service" else "Goods",
            "Description": name,
            "UOMBase": unit,
        }  # fmt: skip


def entry_sums(span: Span) -> EntrySums:
    sums = _lines(span).order_by().aggregate(
        entries=Count("entry", distinct=True),
        lines=Count("id"),
        debit=Sum("amount", filter=Q(amount__gt=0)),
        credit=Sum("amount", filter=Q(amount__lt=0)),
    )  # fmt: skip
    return EntrySums(
        sums["entries"], sums["lines"], sums["debit"] or ZERO, -(sums["credit"] or ZERO)
    )


def journals(span: Span) -> list[Journal]:
    """Those with entries in the span."""
    used = _lines(span).order_by().values("entry__journal")
    return list(Journal.objects.filter(pk__in=used).order_by("code"))


def transactions(span: Span, journal: Journal) -> Iterator[dict[str, Any]]:
    """The entries of a journal in the order of their numbers, each with its lines."""
    rows = (
        _lines(span)
        .filter(entry__journal=journal)
        .order_by("entry__date", "entry_id", "id")
        .values(
            "id", "amount", "amount_currency", "currency_id", "memo", "account__code",
            "partner__code", "account__control", "entry_id", "entry__number", "entry__date",
            "entry__description", "entry__created_at", "entry__created_by__username",
            "period__number", "period__fiscal_year__code",
        )
        .iterator(CHUNK)
    )  # fmt: skip
    for _key, group in groupby(rows, key=lambda row: row["entry_id"]):
        lines = list(group)
        first = lines[0]
        yield {
            "TransactionID": first["entry__number"],
            "Period": first["period__number"],
            "PeriodYear": first["entry__date"].year,
            "TransactionDate": first["entry__date"],
            "SourceID": first["entry__created_by__username"],
            "Description": first["entry__description"] or first["entry__number"],
            "SystemEntryDate": first["entry__created_at"].date(),
            "GLPostingDate": first["entry__date"],
            "Line": [_line(span, row) for row in lines],
        }


def _line(span: Span, row: dict[str, Any]) -> dict[str, Any]:
    is_supplier = row["account__control"] == Account.Control.PAYABLE
    side = "DebitAmount" if row["amount"] > 0 else "CreditAmount"
    return {
        "RecordID": row["id"],
        "AccountID": row["account__code"],
        "CustomerID": None if is_supplier else row["partner__code"],
        "SupplierID": row["partner__code"] if is_supplier else None,
        "Description": row["memo"] or row["entry__description"] or row["entry__number"],
        side: amount_of(
            abs(row["amount"]),
            currency=row["currency_id"],
            in_currency=abs(row["amount_currency"]),
            company=span.company,
        ),
    }


def amount_of(
    amount: Decimal, *, currency: str, in_currency: Decimal, company: Company
) -> dict[str, Any]:
    """An amount in company currency, and what it was in another one."""
    if currency == company.currency_id:
        return {"Amount": money(amount)}
    return {
        "Amount": money(amount),
        "CurrencyCode": currency,
        "CurrencyAmount": money(in_currency),
        "ExchangeRate": rounded(amount / in_currency, 8) if in_currency else None,
    }


def money(amount: Decimal) -> Decimal:
    """Two decimals, or as many as the amount really has."""
    exact = amount.normalize()
    exponent = exact.as_tuple().exponent
    return exact if isinstance(exponent, int) and exponent < -2 else rounded(amount)


def _lines(span: Span) -> Any:
    return JournalLine.objects.filter(company=span.company, date__range=span.days)


def _balance(end: str, amount: Decimal) -> dict[str, Decimal]:
    side = "Credit" if amount < 0 else "Debit"
    return {f"{end}{side}Balance": money(abs(amount))}


def _registered(number: str) -> dict[str, str] | None:
    return {"TaxRegistrationNumber": number} if number else None


def _address(text: str, country: str) -> dict[str, str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return {
        "StreetName": lines[0][:70] if lines else "",
        "AdditionalAddressDetail": ", ".join(lines[1:])[:250],
        "Country": country,
    } if lines or country else {"Country": "ZZ"}  # fmt: skip
