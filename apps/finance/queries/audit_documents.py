"""The source documents of a standard audit file: invoices, bills, payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Count, Q, Sum

from apps.core.money import ZERO
from apps.finance.models import Invoice, InvoiceLine, Payment
from apps.finance.queries.audit_files import CHUNK, Span, money

Kind = Invoice.Kind
SALES = (Kind.CUSTOMER, Kind.CREDIT_NOTE)
PURCHASES = Invoice.PURCHASES
#: What was posted, also where it was taken back since: the entries of both stand in the ledger.
STANDING = (Invoice.Status.POSTED, Invoice.Status.REVERSED)


@dataclass(frozen=True, slots=True)
class DocumentSums:
    """Documents of a kind in a span; their net amounts in company currency, by side."""

    documents: int
    debit: Decimal
    credit: Decimal


def invoice_sums(span: Span, kinds: tuple[str, ...]) -> DocumentSums:
    """Bills and credit notes are debits, invoices and suppliers' credit notes credits, as on the
    accounts of their lines."""
    is_debit = Q(invoice__kind__in=(Kind.SUPPLIER, Kind.CREDIT_NOTE))
    sums = _lines(span, kinds).aggregate(
        documents=Count("invoice", distinct=True),
        debit=Sum("amount", filter=is_debit),
        credit=Sum("amount", filter=~is_debit),
    )
    return DocumentSums(
        sums["documents"], money(sums["debit"] or ZERO), money(sums["credit"] or ZERO)
    )


def invoices(span: Span, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Invoices in the order of their ids; amounts in their own currency, which is named."""
    rows = (
        _lines(span, kinds)
        .order_by("invoice_id", "id")
        .values(
            "amount", "tax_amount", "quantity", "unit_price", "description", "item__code",
            "item__unit__code", "tax_code__code", "tax_code__rate", "invoice_id",
            "invoice__number", "invoice__kind", "invoice__date", "invoice__currency_id",
            "invoice__partner__code", "invoice__entry__number", "invoice__entry__date",
            "invoice__exchange_rate", "invoice__total", "invoice__reference",
        )
        .iterator(CHUNK)
    )  # fmt: skip
    for _key, group in groupby(rows, key=lambda row: row["invoice_id"]):
        yield _invoice(span, list(group))


def payment_sums(span: Span) -> DocumentSums:
    sums = _payments(span).aggregate(
        documents=Count("id"),
        debit=Sum("amount", filter=Q(direction=Payment.Direction.OUT)),
        credit=Sum("amount", filter=Q(direction=Payment.Direction.IN)),
    )
    return DocumentSums(
        sums["documents"], money(sums["debit"] or ZERO), money(sums["credit"] or ZERO)
    )


def payments(span: Span) -> Iterator[dict[str, Any]]:
    rows = _payments(span).order_by("id").values(
        "number", "direction", "date", "amount", "currency_id", "exchange_rate", "reference",
        "account__code", "partner__code", "entry__number",
    )  # fmt: skip
    for row in rows.iterator(CHUNK):
        is_in = row["direction"] == Payment.Direction.IN
        amount = _amount(span, row["amount"], row["currency_id"], row["exchange_rate"])
        yield {
            "PaymentRefNo": row["number"],
            "TransactionID": row["entry__number"],
            "TransactionDate": row["date"],
            "Description": row["reference"] or row["number"],
            "Line": {
                "LineNumber": 1,
                "AccountID": row["account__code"],
                "CustomerID": row["partner__code"] if is_in else None,
                "SupplierID": None if is_in else row["partner__code"],
                "DebitCreditIndicator": "C" if is_in else "D",
                "PaymentLineAmount": amount,
            },
            "DocumentTotals": {"NetTotal": amount["Amount"], "GrossTotal": amount["Amount"]},
        }


def _lines(span: Span, kinds: tuple[str, ...]) -> Any:
    return InvoiceLine.objects.filter(
        company=span.company,
        invoice__kind__in=kinds,
        invoice__status__in=STANDING,
        invoice__date__range=span.days,
    ).order_by()


def _payments(span: Span) -> Any:
    return Payment.objects.filter(company=span.company, date__range=span.days).order_by()


def _amount(span: Span, amount: Decimal, currency: str, rate: Decimal) -> dict[str, Any]:
    if currency == span.company.currency_id:
        return {"Amount": money(amount)}
    return {
        "Amount": money(amount * rate),
        "CurrencyCode": currency,
        "CurrencyAmount": money(amount),
        "ExchangeRate": rate.normalize(),
    }


def _invoice(span: Span, rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    kind = first["invoice__kind"]
    currency, rate = first["invoice__currency_id"], first["invoice__exchange_rate"]
    partner = {"SupplierID" if kind in PURCHASES else "CustomerID": first["invoice__partner__code"]}
    reference = first["invoice__reference"]
    net = sum((row["amount"] for row in rows), ZERO)
    return {
        "InvoiceNo": first["invoice__number"],
        "SupplierInfo" if kind in PURCHASES else "CustomerInfo": partner,
        "InvoiceDate": first["invoice__date"],
        "InvoiceType": "CreditNote" if kind in Invoice.CREDITS else "Invoice",
        "References": {"Reference": reference} if reference else None,
        "GLPostingDate": first["invoice__entry__date"],
        "TransactionID": first["invoice__entry__number"],
        "Line": [
            {
                "LineNumber": number,
                "ProductCode": row["item__code"],
                "Quantity": row["quantity"].normalize(),
                "InvoiceUOM": row["item__unit__code"],
                "UnitPrice": row["unit_price"].normalize(),
                "TaxPointDate": first["invoice__date"],
                "Description": row["description"] or row["item__code"] or str(number),
                "InvoiceLineAmount": _amount(span, row["amount"], currency, rate),
                "DebitCreditIndicator": "C" if kind in (Kind.CUSTOMER, Kind.BILL_CREDIT) else "D",
                "TaxInformation": {
                    "TaxType": "VAT",
                    "TaxCode": row["tax_code__code"],
                    "TaxPercentage": row["tax_code__rate"].normalize(),
                    "TaxAmount": _amount(span, row["tax_amount"], currency, rate),
                }
                if row["tax_code__code"]
                else None,
            }
            for number, row in enumerate(rows, start=1)
        ],
        "DocumentTotals": {
            "NetTotal": _amount(span, net, currency, rate)["Amount"],
            "GrossTotal": _amount(span, first["invoice__total"], currency, rate)["Amount"],
        },
    }  # fmt: skip
