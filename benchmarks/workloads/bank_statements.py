"""W15: a bank statement of 10,000 lines, from the file to the last row, and what each line may be.

The goal is time on the wall: somebody waits for it. Under 20 seconds for the import, and the
statements do not grow with the lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from apps.finance.models import BankLine
from apps.finance.queries.bank_suggestions import suggest_matches
from apps.finance.services.bank_accounts import create_bank_account
from apps.finance.services.bank_imports import import_file
from benchmarks.database import Database
from benchmarks.measuring import Result, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options

IBAN = "DE89370400440532013000"
MOST_IMPORT, MOST_SUGGEST = 20.0, 10.0
MOST_STATEMENTS = 40


def measure(database: Database, options: Options) -> Iterator[Result]:
    count = 1000 if options.is_quick else 10_000
    books = new_books()
    account = create_bank_account(
        company=books.company, code="BANK", name="Bank", number=IBAN, by=books.by,
        currency=books.company.currency, account=books.account("1010"),
        journal=books.journal("BNK"),
    )  # fmt: skip
    content = statement(count)
    yield timed(
        "W15 import",
        f"camt.053 of {count} lines",
        count,
        lambda: import_file(books.company, name="s.xml", content=content, by=books.by),
        options.here(MOST_IMPORT),
    )
    lines = list(BankLine.objects.select_related("bank_account").order_by("pk"))
    yield timed(
        "W15 suggestions",
        f"{count} lines against open items",
        count,
        lambda: suggest_matches(account, lines),
        options.here(MOST_SUGGEST),
    )


def timed(name: str, unit: str, count: int, act: Callable[[], object], most: float) -> Result:
    began = time.perf_counter()
    statements = statements_of(act)
    spent = time.perf_counter() - began
    return Result(
        workload=name,
        n=count,
        unit=unit,
        per_s=count / spent,
        cpu_ms=spent * 1000 / count,
        limit_cpu_ms=most * 1000 / count,
        ratio=spent / most,
        statements=statements,
        goal=f"<= {most:.3g} s here, <= {MOST_STATEMENTS} statements",
        reached=spent <= most and statements <= MOST_STATEMENTS,
        note=f"{spent:.1f} s on the wall",
    )


def statement(count: int) -> bytes:
    """A camt.053 that adds up; each line with a name, an account and a text of its own."""
    day = date(2026, 3, 1)
    total, entries = Decimal(0), []
    for place in range(count):
        amount = Decimal(place % 997 + 1) + Decimal("0.25")
        total += amount
        booked = day + timedelta(days=place * 28 // count)
        entries.append(
            f"""<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>{booked}</Dt></BookgDt><AcctSvcrRef>B{place}</AcctSvcrRef><NtryDtls><TxDtls>
<Refs><EndToEndId>E{place}</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>Customer {place % 500}</Nm></Dbtr>
<DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Invoice R-{place:06d} thank you</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""
        )
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-31T00:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S1</Id>
<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">0</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-02-28</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{total}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal>
{"".join(entries)}</Stmt></BkToCstmrStmt></Document>""".encode()
