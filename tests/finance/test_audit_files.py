"""The standard audit file: valid, complete, and the same figures as the trial balance."""

from __future__ import annotations

import io
import tracemalloc
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import etree

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob
from apps.core.services.jobs import may_take_result, run_job
from apps.finance.models import JournalEntry, JournalLine
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.finance.saft.writer import NAMESPACE, AuditFile
from apps.finance.services.audit_files import (
    schema_failures,
    start_audit_file,
    write_audit_file,
)
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import post_payment
from apps.finance.services.settlement import Allocation
from tests.factories import Books, make_company, make_user
from tests.support.faces import ApiClient, codes, make_member

D = Decimal
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
DAY = date(2026, 3, 2)
NS = {"s": NAMESPACE}


def written(books: Books, first: date = FIRST, last: date = LAST) -> Any:
    out = io.BytesIO()
    write_audit_file(books.company, out, date_from=first, date_to=last)
    out.seek(0)
    assert schema_failures(out) == []
    return etree.fromstring(out.getvalue())


def texts(root: Any, path: str) -> list[str]:
    return [node.text for node in root.findall(path, NS)]


def busy(books: Books) -> None:
    """Something of everything, before, in and after the days."""
    customer, supplier = books.partner("C-1", country="DE"), books.partner("S-1")
    books.posted_invoice("customer", customer, date(2026, 2, 2), "50")
    invoice = books.posted_invoice(
        "customer", customer, DAY, "100", "20", line={"tax_code": books.tax_codes["STD"]}
    )
    books.posted_invoice("supplier", supplier, DAY, "70", reference="B & <1>")
    rate = books.rate("USD", DAY, "0.9")
    books.posted_invoice("customer", customer, DAY, "30", currency=rate.currency)
    credit_invoice(invoice, date=DAY, by=books.by)
    reverse_invoice(
        books.posted_invoice("customer", customer, DAY, "11"), date=DAY, reason="Typo", by=books.by
    )
    paid = books.posted_invoice("customer", customer, DAY, "40")
    post_payment(
        books.company, direction="in", partner=customer, account=books.account("1000"), date=DAY,
        amount=D(40), allocations=[Allocation(paid, D(40))], by=books.by,
    )  # fmt: skip
    books.post(date(2026, 4, 2), ("1000", "5"), ("3000", "-5"))


def test_its_figures_are_those_of_the_trial_balance(books: Books) -> None:
    busy(books)
    root = written(books)
    chosen = ReportFilter(books.company, date_from=FIRST, date_to=LAST)
    balance = trial_balance(chosen)
    [entries, debit, credit] = (
        texts(root, f"s:GeneralLedgerEntries/s:{name}")[0]
        for name in ("NumberOfEntries", "TotalDebit", "TotalCredit")
    )
    assert D(debit) == D(credit) == balance.debit == balance.credit
    within = JournalEntry.objects.filter(company=books.company, date__range=(FIRST, LAST))
    assert int(entries) == within.count() == len(root.findall(".//s:Transaction", NS))
    assert int(entries) == len(set(texts(root, ".//s:Transaction/s:TransactionID")))
    lines = JournalLine.objects.filter(company=books.company, date__range=(FIRST, LAST))
    assert len(root.findall(".//s:Transaction/s:Line", NS)) == lines.count()
    for side, total in (("Debit", debit), ("Credit", credit)):
        amounts = texts(root, f".//s:Transaction/s:Line/s:{side}Amount/s:Amount")
        assert sum(map(D, amounts)) == D(total)
    sums = {row.code: (row.opening, row.closing) for row in balance.rows}
    for account in root.findall(".//s:Account", NS):
        code = account.findtext("s:AccountID", namespaces=NS)
        for end, wanted in zip(("Opening", "Closing"), sums.get(code, (D(0), D(0))), strict=True):
            found = account.findtext(f"s:{end}DebitBalance", namespaces=NS)
            other = account.findtext(f"s:{end}CreditBalance", namespaces=NS)
            assert (D(found) if found is not None else -D(other)) == wanted, (code, end)


def test_it_tells_partners_and_documents(books: Books) -> None:
    busy(books)
    root = written(books)
    [customer] = [
        node
        for node in root.findall(".//s:Customer", NS)
        if node.findtext("s:CustomerID", namespaces=NS) == "C-1"
    ]
    assert D(customer.findtext("s:OpeningDebitBalance", namespaces=NS)) == 50
    sales = root.find("s:SourceDocuments/s:SalesInvoices", NS)
    kinds = texts(sales, "s:Invoice/s:InvoiceType")
    assert sorted(kinds) == ["CreditNote", *["Invoice"] * 4]
    assert sales.findtext("s:NumberOfEntries", namespaces=NS) == "5"
    [dollars] = [
        node
        for node in sales.findall("s:Invoice/s:Line/s:InvoiceLineAmount", NS)
        if node.find("s:CurrencyCode", NS) is not None
    ]
    assert [D(one.text) for one in dollars if one.text != "USD"] == [D(27), D(30), D("0.9")]
    [bill] = root.findall("s:SourceDocuments/s:PurchaseInvoices/s:Invoice", NS)
    assert bill.findtext("s:References/s:Reference", namespaces=NS) == "B & <1>"
    [payment] = root.findall("s:SourceDocuments/s:Payments/s:Payment", NS)
    assert D(payment.findtext("s:Line/s:PaymentLineAmount/s:Amount", namespaces=NS)) == 40


def test_nothing_of_another_company_and_nothing_at_all(books: Books) -> None:
    busy(books)
    other = make_company("OTHER", by=books.by)
    out = io.BytesIO()
    write_audit_file(other, out, date_from=FIRST, date_to=LAST)
    out.seek(0)
    assert schema_failures(out) == []
    root = etree.fromstring(out.getvalue())
    assert root.findall(".//s:Transaction", NS) == [] == root.findall(".//s:Customer", NS)
    assert texts(root, "s:GeneralLedgerEntries/s:TotalDebit") == ["0.00"]


def test_texts_that_xml_has_no_place_for_are_marked(books: Books) -> None:
    voucher = books.post(DAY, ("1000", "1"), ("3000", "-1"), description="a\x08b <&> \u00e4")
    assert voucher.number
    root = written(books)
    assert "a\N{REPLACEMENT CHARACTER}b <&> \u00e4" in texts(root, ".//s:Transaction/s:Description")


def test_memory_does_not_grow_with_the_ledger(tmp_path: Any) -> None:
    line = {"RecordID": 1, "AccountID": "1000", "Description": "x", "DebitAmount": {"Amount": D(1)}}
    with (tmp_path / "out.xml").open("wb") as out, AuditFile(out) as file:
        tracemalloc.start()
        for _turn in range(20_000):
            file.write("Transaction", {"TransactionID": "T", "Line": [line] * 5})
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (tmp_path / "out.xml").stat().st_size > 10_000_000
    assert peak < 2_000_000


def test_the_statements_are_the_same_for_any_ledger(books: Books) -> None:
    """Ten lines and a hundred, in entries, invoices and payments of a hundred partners."""
    account = books.account("1000")

    def grow(number: int) -> None:
        for n in range(number):
            partner = books.partner(f"C{n}-{number}")
            paid = books.posted_invoice("customer", partner, DAY, "40")
            post_payment(
                books.company, direction="in", partner=partner, account=account, date=DAY,
                amount=D(40), allocations=[Allocation(paid, D(40))], by=books.by,
            )  # fmt: skip

    def spent() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            sums = write_audit_file(books.company, io.BytesIO(), date_from=FIRST, date_to=LAST)
        return len(captured), sums.lines

    grow(3)
    few, lines = spent()
    assert lines == 12
    grow(22)
    many, lines = spent()
    assert (many, lines) == (few, 100)


def test_a_job_makes_the_file(books: Books) -> None:
    busy(books)
    api = ApiClient(books.by)
    given = {"company": books.company.code, "date_from": "2026-03-01", "date_to": "2026-03-31"}
    asked = api.post("/finance/audit-files/", given)
    assert asked.status_code == 201, asked.content
    with pytest.raises(BusinessError) as refusal:
        start_audit_file(books.company, date_from=FIRST, date_to=LAST, by=books.by)
    assert refusal.value.code == "audit_file_running"
    job = run_job(asked.json()["id"])
    assert job.status == "done", job.message
    answer = api.client.get(f"/api/v1/finance/audit-files/{job.pk}/result/")
    content = b"".join(answer.streaming_content)
    assert schema_failures(io.BytesIO(content)) == []
    assert "attachment" in answer["Content-Disposition"]
    stranger = make_member("stranger", books.company, permissions=("core.view_backgroundjob",))
    assert not may_take_result(job, stranger)


def test_days_in_the_wrong_order_are_refused(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        start_audit_file(books.company, date_from=LAST, date_to=FIRST, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("wrong_order", "date_to")
    api = ApiClient(books.by)
    given = {"company": books.company.code, "date_from": "2026-03-31", "date_to": "2026-03-01"}
    answer = api.post("/finance/audit-files/", given)
    assert (answer.status_code, codes(answer)) == (422, [("date_to", "wrong_order")])
    assert not BackgroundJob.objects.exists()


def test_the_page_starts_one(books: Books) -> None:
    client = Client()
    client.force_login(books.by)
    page = "/reports/finance/audit-file/"
    assert client.get(page).status_code == 200
    given = {"company": books.company.pk, "date_from": "2026-03-01", "date_to": "2026-03-31"}
    answer = client.post(page, given)
    job = BackgroundJob.objects.get()
    assert answer.status_code == 302 and str(job.pk) in answer["Location"]
    client.force_login(make_user("plain", company=books.company, is_superuser=False))
    assert client.get(page).status_code == 403
