"""Statements come in once, whole, and only when they add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import BankImport, BankLine, BankStatement
from apps.finance.services.bank_imports import import_statements, receive_file
from tests.factories import Books, make_currency
from tests.finance.bank.files import bank_account, camt, entry, imported, interim, lines_of

D = Decimal


@pytest.fixture
def bank(books: Books) -> Any:
    return bank_account(books)


def refused(books: Books, content: bytes, **values: Any) -> BusinessError:
    """The refusal; nothing may have been written."""
    before = [model.objects.count() for model in (BankImport, BankStatement, BankLine)]
    with pytest.raises(BusinessError) as refusal:
        imported(books, content, **values)
    after = [model.objects.count() for model in (BankImport, BankStatement, BankLine)]
    assert after == before
    return refusal.value


def test_a_statement_is_written_with_its_lines(books: Books, bank: Any) -> None:
    content = camt(
        entry("119.00", "Invoice R-7", name="Meyer KG", end_to_end="E2E-1"),
        entry("-4.90", "Fees", name="Bank"),
        opening="100.00",
    )
    source = imported(books, content)
    [statement] = BankStatement.objects.all()
    assert (source.status, source.format, source.lines_new) == ("done", "camt", 2)
    assert (statement.opening_balance, statement.closing_balance) == (D(100), D("214.10"))
    first, second = lines_of(books)
    assert (first.amount, first.name, first.end_to_end_id) == (D(119), "Meyer KG", "E2E-1")
    assert (second.amount, second.state, second.matched_amount) == (D("-4.90"), "open", 0)
    bank.refresh_from_db()
    assert bank.opened_on.isoformat() == "2026-04-09"


def test_a_broken_balance_names_statement_expected_and_found(books: Books, bank: Any) -> None:
    error = refused(books, camt(entry("10.00"), opening="5.00", closing="16.00", number="7"))
    assert (error.code, error.field, error.status) == ("broken_balance", "file", 422)
    assert error.details["expected"] == "15.00" and error.details["found"] == "16.00"
    assert "S7" in error.details["statement"]


def test_the_same_file_comes_in_once(books: Books, bank: Any) -> None:
    content = camt(entry("10.00"))
    first = imported(books, content)
    error = refused(books, content, name="other name.xml")
    assert (error.code, error.details["import"]) == ("duplicate_file", first.number)


def test_the_same_statement_in_another_file_is_known(books: Books, bank: Any) -> None:
    imported(books, camt(entry("10.00")))
    assert refused(books, camt(entry("10.00")) + b"\n").code == "duplicate_statement"


def test_lines_of_another_statement_are_refused(books: Books, bank: Any) -> None:
    imported(books, camt(entry("10.00", "A"), entry("20.00", "B")))
    error = refused(books, camt(entry("20.00", "B"), opening="10.00", number="2"))
    assert (error.code, error.details["lines"]) == ("overlapping_lines", 1)


def test_equal_lines_of_following_statements_are_other_lines(books: Books, bank: Any) -> None:
    imported(books, camt(entry("10.00", "Rent")))
    imported(books, camt(entry("10.00", "Rent"), opening="10.00", number="2"))
    assert [line.amount for line in lines_of(books)] == [D(10), D(10)]


def test_a_statement_takes_over_the_lines_of_interim_reports(books: Books, bank: Any) -> None:
    shown = interim(entry("10.00", "A"), entry("20.00", "B", status="PDNG"))
    first = imported(books, shown)
    assert (first.lines_new, first.lines_pending) == (1, 1)
    [line] = lines_of(books)
    source = imported(books, camt(entry("10.00", "A"), entry("20.00", "B")))
    assert (source.lines_new, source.lines_known) == (1, 1)
    adopted, new = lines_of(books)
    assert (adopted.pk, adopted.statement.kind) == (line.pk, "statement")
    assert new.statement_id == adopted.statement_id
    again = imported(books, shown + b"\n")
    assert (again.lines_new, again.lines_known) == (0, 1)


def test_exports_that_overlap_leave_known_lines_out(books: Books, bank: Any) -> None:
    head = b"date,amount,text\n2026-04-01,10.00,A\n"
    imported(books, head, name="a.csv", bank_account=bank)
    source = imported(books, head + b"2026-04-02,5.00,B\n", name="b.csv", bank_account=bank)
    assert (source.lines_new, source.lines_known) == (1, 1)
    assert len(lines_of(books)) == 2


@pytest.mark.parametrize(
    ("content", "code", "field"),
    [
        (b"", "empty_file", "file"),
        (b"  \n", "empty_file", "file"),
        (b"<Document><a></Document>", "malformed_xml", "file"),
        (b"<Document/>", "unknown_format", "file"),
        (b"<!DOCTYPE d [<!ENTITY a 'b'>]><Document>&a;</Document>", "dtd", "file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "unknown_format", "file"),
        (b"date;betrag\n2026-01-01;5\n", "unknown_column", "file"),
        (b"date,text\n2026-01-01,x\n", "missing_column", "file"),
        (b"date,amount\n2026-13-01,5\n", "bad_date", "file"),
        (b'date,amount\n2026-01-01,"1,234"\n', "bad_amount", "file"),
        (b"date,amount\n2026-01-01,NaN\n", "bad_amount", "file"),
        (b"date,amount,balance\n2026-01-01,5,5\n2026-01-02,5,11\n", "broken_balance", "file"),
        (b"date,amount\n2026-01-01,5\n", "account_required", "bank_account"),
        (b"OFXHEADER:100\n<OFX><STMTRS><CURDEF>EUR", "truncated", "file"),
        (camt(entry("1.00"), iban="NL91ABNA0417164300"), "unknown_account", "file"),
        (camt(entry("1.00", currency="USD")), "mixed_currency", "file"),
        (camt(entry("1.00", currency="USD"), currency="USD"), "wrong_currency", "file"),
        (camt(entry("1.00")).replace(b"CRDT", b"NONE"), "bad_sign", "file"),
        (camt(entry("1.00")).replace(b">1.00<", b">1e400<"), "bad_amount", "file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files_are_refused_by_reason(
    books: Books, bank: Any, content: bytes, code: str, field: str
) -> None:
    error = refused(books, content)
    assert (error.code, error.field) == (code, field)


def test_entities_are_never_expanded(books: Books, bank: Any) -> None:
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "x">{layers}]><d>&l9;</d>'
    assert refused(books, bomb.encode()).code == "dtd"
    assert refused(books, bomb.encode("utf-16")).code in ("dtd", "malformed_xml")


def test_a_file_of_thirty_megabytes_is_refused(books: Books, bank: Any) -> None:
    error = refused(books, b"date,amount\n" + b"2026-01-01,5\n" * 2_400_000)
    assert (error.code, error.field, error.status) == ("file_too_large", "file", 413)


def test_a_file_of_another_account_is_refused(books: Books, bank: Any) -> None:
    other = bank_account(books, "NL91ABNA0417164300", code="OTHER", account=books.account("1020"))
    error = refused(books, camt(entry("1.00")), bank_account=other)
    assert (error.code, error.field) == ("wrong_account", "bank_account")


def test_importing_twice_is_harmless(books: Books, bank: Any) -> None:
    """A job whose process dies is run again."""
    received = receive_file(books.company, name="a.xml", content=camt(entry("10.00")), by=books.by)
    import_statements(received.source, by=books.by)
    import_statements(received.source, by=books.by)
    assert len(lines_of(books)) == 1


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"number": "DE89370400440532013001"}, "bad_iban", "number"),
        ({"number": "??"}, "bad_number", "number"),
        ({"bic": "NOBIC"}, "bad_bic", "bic"),
    ],
)
def test_wrong_numbers_are_refused(
    books: Books, values: dict[str, str], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bank_account(books, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_only_cash_accounts_hold_a_bank_account(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        bank_account(books, account=books.account("1100"))
    assert (refusal.value.code, refusal.value.field) == ("no_cash_account", "account")


def test_mt940_names_an_account_by_bank_code_and_number(books: Books, bank: Any) -> None:
    text = (
        ":20:STARTUMS\n:25:37040044/532013000\n:28C:5/1\n:60F:C260409EUR0,00\n"
        ":61:2604100410C25,50NTRFNONREF\n:86:166?00GUTSCHRIFT?20SVWZ+R-99?32Meyer KG\n"
        ":62F:C260410EUR25,50\n-\n"
    )
    source = imported(books, text.encode(), name="umsatz.sta")
    [line] = lines_of(books)
    assert (source.format, line.amount, line.name) == ("mt940", D("25.50"), "Meyer KG")
    assert "R-99" in line.text


def test_yen_have_no_cents(books: Books) -> None:
    bank_account(books, currency=make_currency("JPY"), number="12345678")
    content = camt(entry("100", currency="JPY"), currency="JPY", iban="12345678", opening="0")
    imported(books, content)
    assert lines_of(books)[0].amount == D(100)


def batch(amount: str, *parts: str, reference: str = "", detail: bool = True) -> str:
    """A booked entry of several transactions; each part is an amount and what identifies it."""
    whole = entry(amount, bank_reference=reference)
    head, _rest = whole.split("<NtryDtls>")
    details = ""
    for part in parts:
        value, _colon, key = part.partition(":")
        said = f'<Amt Ccy="EUR">{value}</Amt>' if detail and value else ""
        details += f"""<TxDtls><Refs><EndToEndId>{key}</EndToEndId></Refs>{said}
<RltdPties><Dbtr><Pty><Nm>Payer {key}</Nm></Pty></Dbtr></RltdPties>
<RmtInf><Ustrd>Invoice {key}</Ustrd></RmtInf></TxDtls>"""
    return (
        f"{head}<NtryDtls><Btch><NbOfTxs>{len(parts)}</NbOfTxs></Btch>{details}</NtryDtls></Ntry>"
    )


def test_a_batch_becomes_a_line_for_each_transaction(books: Books, bank: Any) -> None:
    source = imported(books, camt(batch("100.00", "60.00:A", "30.00:B", "10.00:C"), entry("-1.00")))
    assert source.lines_new == 4
    lines = lines_of(books)
    assert [line.amount for line in lines] == [D(60), D(30), D(10), D(-1)]
    assert [line.end_to_end_id for line in lines[:3]] == ["A", "B", "C"]
    assert [line.name for line in lines[:3]] == ["Payer A", "Payer B", "Payer C"]
    assert lines[0].text == "Invoice A"
    assert [line.position for line in lines] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "content",
    [
        batch("100.00", "60.00:A", "30.00:B"),  # they sum to less
        batch("100.00", "60.00:A", ":B"),  # one does not say
        batch("100.00", "60.00:A", "40.00:B", detail=False),
        batch("100.00", "100.00:A"),
        batch("100.00", "60.00:A", "40.00:B").replace('Ccy="EUR">60', 'Ccy="USD">60'),
    ],
)
def test_a_batch_without_fitting_amounts_stays_one_line(
    books: Books, bank: Any, content: str
) -> None:
    assert imported(books, camt(content)).lines_new == 1
    [line] = lines_of(books)
    assert line.amount == D(100)


def test_debits_inside_a_credit_have_their_sign(books: Books, bank: Any) -> None:
    content = batch("50.00", "60.00:A", "10.00:B").replace(
        '<Amt Ccy="EUR">10.00</Amt>', '<Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
    )
    imported(books, camt(content, closing="50.00"))
    assert [line.amount for line in lines_of(books)] == [D(60), D(-10)]


def test_a_batch_that_came_whole_before_stays_whole(books: Books, bank: Any) -> None:
    """The interim report knew only the sum; the statement lists what it is of."""
    imported(books, interim(entry("100.00", bank_reference="B-7")))
    source = imported(books, camt(batch("100.00", "60.00:A", "40.00:B", reference="B-7")))
    assert (source.lines_new, source.lines_known) == (0, 1)
    assert [line.amount for line in lines_of(books)] == [D(100)]


def test_a_batch_that_came_in_parts_is_known_again(books: Books, bank: Any) -> None:
    parts = batch("100.00", "60.00:A", "40.00:B", reference="B-7")
    imported(books, interim(parts))
    source = imported(books, camt(parts))
    assert (source.lines_new, source.lines_known) == (0, 2)
    assert len(lines_of(books)) == 2
