"""SWIFT MT940 (statement) and MT942 (interim), read by ``mt-940``, one statement at a time."""

from __future__ import annotations

import io
import logging
import re
from datetime import date as Date
from decimal import Decimal, InvalidOperation
from typing import Any

import mt940
from django.utils.translation import gettext as _

from apps.finance.bank_formats.statements import (
    BalanceRead,
    LineRead,
    StatementKind,
    StatementRead,
    amount_of,
    clean,
    joined,
    refused,
)

# It writes what it can't read into the log: that is somebody's account.
logging.getLogger("mt940").setLevel(logging.CRITICAL)
_OPTIONS = mt940.Options.all()
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b")
#: The standard entry, then those of banks that write a longer reference into it.
_TAGS = (
    None,
    {61: mt940.tags.StatementASNB()},
    {61: mt940.tags.StatementGLS()},
)
_NOTHING = ("NONREF", "NOTPROVIDED", "NOREF", "")
#: Lines that only carry transport: SWIFT blocks, and what some banks print around a message.
_BEGINS = re.compile(r"^:20:", re.M)
_HEADER = re.compile(r"^\{1:[^\n]*\{4:[ \t]*$", re.M)


def read_mt940(content: bytes) -> list[StatementRead]:
    """Statements of an MT940 or MT942 file. Raises ``InvalidInput`` when it can't be read."""
    text = _HEADER.sub("", _decoded(content)).replace("\r\n", "\n").replace("\r", "\n")
    parsed, reason = None, ""
    for tags in _TAGS:
        try:
            parsed = _parsed(text, tags)
            break
        except (ValueError, RuntimeError, InvalidOperation, KeyError, AttributeError) as error:
            reason = reason or clean(str(error), 160)
    if parsed is None:
        raise refused(
            "bad_mt940", _("The MT940 file can't be read: {reason}.").format(reason=reason)
        )
    return [made for one in parsed if (made := _statement(one)) is not None]


def _parsed(text: str, tags: Any) -> list[Any]:
    if _BEGINS.search(text):
        return list(mt940.parse_statements(io.StringIO(text), options=_OPTIONS, tags=tags))
    return [mt940.parse(io.StringIO(text), options=_OPTIONS, tags=tags)]  # a part of one


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("iso-8859-1")


def _statement(one: Any) -> StatementRead | None:
    data = one.data
    opening = _balance(data, "final_opening_balance", "intermediate_opening_balance")
    closing = _balance(data, "final_closing_balance", "intermediate_closing_balance")
    is_interim = closing is None and any(
        name in data for name in ("c_floor_limit", "d_floor_limit", "sum_credit_entries")
    )
    account = clean(data.get("account_identification"), 60).replace(" ", "")
    if not (account or one.transactions or opening or closing):
        return None
    currency = one.currency or (opening.currency if opening else "")
    fallback = closing or opening
    lines = tuple(
        line
        for transaction in one.transactions
        if (line := _line(transaction.data, currency, fallback)) is not None
    )
    sequence = data.get("sequence_number")
    number = data.get("statement_number")
    return StatementRead(
        kind=StatementKind.INTERIM if is_interim else StatementKind.STATEMENT,
        account=account,
        currency=currency or next((line.currency for line in lines), ""),
        lines=lines,
        number=clean("/".join(filter(None, (number, sequence))), 60),
        sequence=clean(number, 40),
        opening=opening,
        closing=closing,
    )


def _balance(data: Any, *names: str) -> BalanceRead | None:
    for name in names:
        found = data.get(name)
        if found is not None and isinstance(found.amount, mt940.models.Amount):
            return BalanceRead(found.amount.amount, found.amount.currency or "", _day(found.date))
    return None


def _line(data: Any, currency: str, fallback: BalanceRead | None) -> LineRead | None:
    if "amount" not in data:  # a :86: that belongs to the statement
        return None
    value: Decimal = amount_of(str(data["amount"].amount), _("Line"))
    value_date = _day(data["date"]) if data.get("date") else None
    booked = data.get("entry_date") or data.get("guessed_entry_date")
    day = _day(booked) if booked else value_date or (fallback.date if fallback else None)
    if day is None:
        raise refused("bad_date", _("A line of the MT940 file has no date."))
    details = data.get("transaction_details") or ""
    iban = _compact(data.get("applicant_iban"))
    if not iban:
        own = _IBAN.search(f"{details} {data.get('customer_reference') or ''}")
        iban = own[0] if own else ""
    end_to_end = clean(data.get("end_to_end_reference"), 60)
    reference = clean(data.get("customer_reference"), 140)
    return LineRead(
        date=day,
        value_date=value_date,
        amount=value,
        currency=data["amount"].currency or currency,
        name=clean(joined([data.get("applicant_name"), data.get("recipient_name")]), 200),
        iban=iban[:60],
        end_to_end_id="" if end_to_end in _NOTHING else end_to_end,
        reference="" if reference in _NOTHING else reference,
        bank_reference=clean(data.get("bank_reference"), 60),
        text=joined(
            [
                data.get("purpose"),
                data.get("additional_purpose"),
                details,
                data.get("extra_details"),
                data.get("posting_text"),
                data.get("non_swift_text"),
            ]
        ),
        code=clean(data.get("transaction_code") or data.get("id"), 40),
        is_reversal=(data.get("status") or "").upper().startswith("R"),
    )


def _compact(text: str | None) -> str:
    return clean(text).replace(" ", "")


def _day(day: Any) -> Date:
    return Date(day.year, day.month, day.day)
