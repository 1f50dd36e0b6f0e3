"""Statements made for tests, and the account that they are of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.finance.models import BankAccount, BankLine
from apps.finance.services.bank_accounts import create_bank_account
from apps.finance.services.bank_imports import import_file
from tests.factories import Books

IBAN = "DE89370400440532013000"
OTHER_IBAN = "NL91ABNA0417164300"


def bank_account(books: Books, number: str = IBAN, **values: Any) -> BankAccount:
    values.setdefault("account", books.account("1010"))
    values.setdefault("code", "BANK")
    return create_bank_account(
        company=books.company,
        name=f"Bank {values['code']}",
        number=number,
        currency=values.pop("currency", books.company.currency),
        journal=books.journal("BNK"),
        by=books.by,
        **values,
    )


def entry(amount: str, text: str = "", *, date: str = "2026-04-10", **said: str) -> str:
    """A booked camt entry; above zero is money received."""
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    side = "Cdtr" if sign == "DBIT" else "Dbtr"
    reference = said.get("bank_reference", "")
    return f"""<Ntry><Amt Ccy="{said.get("currency", "EUR")}">{amount.lstrip("-")}</Amt>
<CdtDbtInd>{sign}</CdtDbtInd><Sts>{said.get("status", "BOOK")}</Sts>
<BookgDt><Dt>{date}</Dt></BookgDt><ValDt><Dt>{date}</Dt></ValDt>
<AcctSvcrRef>{reference}</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>{said.get("end_to_end", "NOTPROVIDED")}</EndToEndId></Refs>
<RltdPties><{side}><Nm>{said.get("name", "")}</Nm></{side}>
<{side}Acct><Id><IBAN>{said.get("iban", "")}</IBAN></Id></{side}Acct></RltdPties>
<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""


def camt(
    *entries: str,
    opening: str = "0.00",
    closing: str = "",
    number: str = "1",
    iban: str = IBAN,
    currency: str = "EUR",
    opened: str = "2026-04-09",
    closed: str = "2026-04-10",
) -> bytes:
    """camt.053; ``closing`` is what adds up unless given."""
    total = Decimal(opening)
    for one in entries:
        amount = Decimal(one.partition('">')[2].partition("<")[0])
        if "<Sts>BOOK" in one:
            total += -amount if "DBIT" in one else amount
    closing = closing or str(total)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M{number}</MsgId><CreDtTm>2026-04-10T18:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{balance("OPBD", opening, opened, currency)}{balance("CLBD", closing, closed, currency)}
{"".join(entries)}</Stmt></BkToCstmrStmt></Document>""".encode()


def balance(code: str, amount: str, date: str, currency: str) -> str:
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return f"""<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>
<Amt Ccy="{currency}">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd>
<Dt><Dt>{date}</Dt></Dt></Bal>"""


def interim(*entries: str, iban: str = IBAN) -> bytes:
    """camt.052: entries of the day, no booked balance."""
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"><BkToCstmrAcctRpt>
<GrpHdr><MsgId>R</MsgId><CreDtTm>2026-04-10T12:00:00Z</CreDtTm></GrpHdr>
<Rpt><Id>R1</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
{"".join(entries)}</Rpt></BkToCstmrAcctRpt></Document>""".encode()


def imported(books: Books, content: bytes, name: str = "statement.xml", **values: Any) -> Any:
    return import_file(books.company, name=name, content=content, by=books.by, **values)


def lines_of(books: Books) -> list[BankLine]:
    rows = BankLine.objects.filter(company=books.company)
    return list(rows.select_related("bank_account", "company", "statement").order_by("pk"))
