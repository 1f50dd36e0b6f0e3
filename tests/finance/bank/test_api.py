"""Bank through its faces: the API, the page, the report, the job."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.models import BackgroundJob
from apps.core.services.jobs import run_job
from apps.finance.models import BankImport, BankLine, BankMatch, PaymentRun
from apps.masterdata.services.partner_banks import create_partner_bank_account
from tests.factories import Books, make_user
from tests.finance.bank.files import OTHER_IBAN, bank_account, camt, entry, imported, lines_of
from tests.support.faces import ApiClient, make_member

D = Decimal
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)


@pytest.fixture
def bank(books: Books) -> Any:
    return bank_account(books)


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


def upload(api: ApiClient, content: bytes, **given: Any) -> Any:
    file = SimpleUploadedFile("s.xml", content)
    return api.upload("/finance/bank-statements/import/", file=file, **given)


def act(api: ApiClient, line: BankLine, verb: str, body: dict[str, Any]) -> Any:
    return api.post(f"/finance/bank-lines/{line.pk}/{verb}/", body)


def test_the_rest_of_an_invoice_goes_with_the_line_that_leaves_it(
    books: Books, bank: Any, api: ApiClient
) -> None:
    customer = books.partner()
    short, long = (books.posted_invoice("customer", customer, MARCH, "119") for _n in range(2))
    upload(api, camt(entry("117.50", short.number), entry("120.00", long.number)))
    first, second = lines_of(books)
    part = {"invoice": short.pk, "amount": "117.50", "write_off": "1.50"}
    nameless = act(api, first, "match", {"invoices": [part]})
    assert nameless.body["errors"][0]["attr"] == "reason"
    body = {"invoices": [part], "reason": "bank charges"}
    clerk = make_member(
        "clerk", books.company, permissions=("finance.view_bankline", "finance.match_bankline")
    )
    assert act(ApiClient(clerk), first, "match", body).status_code in (400, 403)
    assert not BankMatch.objects.exists()
    assert act(api, first, "match", body).status_code == 200
    over = {"invoices": [{"invoice": long.pk, "amount": "119"}], "write_off_overpayment": True}
    assert act(api, second, "match", over | {"reason": "never asked"}).status_code == 200
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [D("237.50"), 0, D("0.50")]
    assert act(api, first, "unmatch", {"reason": "wrong customer"}).status_code == 200
    assert [books.balance(code) for code in ("1010", "1100", "7310")] == [120, 119, -1]


def test_one_life_through_the_api(books: Books, bank: Any, api: ApiClient) -> None:
    customer = books.partner()
    invoice = books.posted_invoice("customer", customer, MARCH, "119")
    answer = upload(api, camt(entry("119.00", invoice.number), entry("-5.00", "Fee")))
    assert answer.status_code == 201, answer.content
    assert (answer.json()["status"], answer.json()["lines_new"]) == ("done", 2)
    paid, fee = lines_of(books)
    found = api.client.get(f"/api/v1/finance/bank-lines/{paid.pk}/suggestions/").json()
    assert found["results"][0]["score"] == 100
    body = {"invoices": [{"invoice": invoice.pk, "amount": "119"}]}
    assert act(api, paid, "match", body).status_code == 200
    assert act(api, paid, "match", body).status_code == 409
    assert act(api, fee, "post-to-account", {"account": "6110"}).status_code == 200
    assert act(api, fee, "unmatch", {"reason": "wrong"}).status_code == 200
    assert act(api, fee, "ignore", {"reason": ""}).status_code == 400
    assert act(api, fee, "ignore", {"reason": "test of the bank"}).status_code == 200
    states = [line.state for line in lines_of(books)]
    assert states == ["matched", "ignored"]
    report = api.client.get(
        "/api/v1/finance/statements/bank-reconciliation/?account=1010&date_to=2026-04-30"
    ).json()
    assert report["rows"][-1]["amount"] == "0.00"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"<a", "malformed_xml"), (b"a,b\n1,2\n", "unknown_column")],
)
def test_bad_files_are_answered_by_field_and_reason(
    books: Books, bank: Any, api: ApiClient, content: bytes, code: str
) -> None:
    answer = upload(api, content)
    assert answer.status_code in (400, 422)
    [error] = answer.json()["errors"]
    assert (error["code"], error["attr"]) == (code, "file")
    assert not BankImport.objects.exists()


def test_a_large_file_is_written_by_a_job(books: Books, bank: Any, api: ApiClient) -> None:
    content = camt(*(entry("1.00", f"T{n}", bank_reference=f"B{n}") for n in range(501)))
    body = upload(api, content).json()
    assert body["status"] == "received" and body["job"]
    assert not BankLine.objects.exists()
    job = run_job(body["job"])
    assert (job.status, job.progress, job.total) == (BackgroundJob.Status.DONE, 501, 501)
    assert BankLine.objects.count() == 501
    assert BankImport.objects.get().status == "done"


def test_a_refused_job_writes_nothing_and_says_why(books: Books, bank: Any, api: ApiClient) -> None:
    entries = [entry("1.00", f"T{n}", bank_reference=f"B{n}") for n in range(501)]
    content = camt(*entries)
    imported(books, camt(entries[0]))
    job = run_job(upload(api, content).json()["job"])
    source = BankImport.objects.order_by("pk").last()
    assert (job.status, source.status) == ("failed", "cancelled")
    assert "already" in source.message and BankLine.objects.count() == 1


def test_payment_runs_through_the_api(books: Books, bank: Any, api: ApiClient) -> None:
    partner = books.partner()
    create_partner_bank_account(
        company=books.company, partner=partner, iban=OTHER_IBAN, by=books.by
    )
    books.posted_invoice("supplier", partner, MARCH, "100")
    body = {"bank_account": bank.code, "date": "2026-04-10", "due_until": "2026-04-10"}
    answer = api.post("/finance/payment-runs/propose/", body)
    assert answer.status_code == 201, answer.content
    key = answer.json()["id"]
    assert answer.json()["lines"][0]["is_new_account"] is True
    assert api.post(f"/finance/payment-runs/{key}/approve/", {}).status_code == 409
    second = ApiClient(make_user(company=books.company))
    assert second.post(f"/finance/payment-runs/{key}/approve/", {}).status_code == 200
    assert api.post(f"/finance/payment-runs/{key}/export/", {}).status_code == 200
    file = api.client.get(f"/api/v1/finance/payment-runs/{key}/file/")
    assert b"pain.001.001.09" in b"".join(file.streaming_content)
    assert api.post(f"/finance/payment-runs/{key}/execute/", {}).status_code == 200
    assert PaymentRun.objects.get().status == "done"
    assert books.balance("2000") == 0


def test_the_page_takes_a_suggestion_and_says_what_is_refused(
    books: Books, bank: Any, api: ApiClient
) -> None:
    invoice = books.posted_invoice("customer", books.partner(), MARCH, "119")
    imported(books, camt(entry("119.00", invoice.number), entry("-5.00", "Fee")))
    paid, fee = lines_of(books)
    page = api.client.get("/bank/")
    assert page.status_code == 200 and invoice.number in page.content.decode()
    [key] = [row["key"] for row in page.context["suggestions"]]
    api.client.post(f"/bank/lines/{paid.pk}/take/", {"key": key})
    again = api.client.post(f"/bank/lines/{paid.pk}/take/", {"key": key}, follow=True)
    assert "suggested no more" in again.content.decode() or "Look again" in again.content.decode()
    assert BankMatch.objects.count() == 1
    refused = api.client.post(f"/bank/lines/{fee.pk}/post/", {"account": "none"}, follow=True)
    assert "none" in refused.content.decode()
    api.client.post(f"/bank/lines/{fee.pk}/post/", {"account": "6110"})
    assert [line.state for line in lines_of(books)] == ["matched", "matched"]
    assert "everything on the statements" in api.client.get("/bank/").content.decode()


def test_the_page_costs_the_same_at_any_length(
    books: Books, bank: Any, api: ApiClient, django_assert_max_num_queries: Any
) -> None:
    imported(books, camt(*(entry("1.00", f"T{n}", bank_reference=f"B{n}") for n in range(120))))
    with django_assert_max_num_queries(25):
        page = api.client.get("/bank/")
    assert len(page.context["lines"]) == 50
    following = api.client.get(f"/bank/{page.context['next']}")
    assert following.context["lines"][0]["line"].pk > page.context["lines"][-1]["line"].pk


@pytest.mark.parametrize("kind", ["csv", "xlsx", "pdf"])
def test_the_report_comes_as_files(books: Books, bank: Any, api: ApiClient, kind: str) -> None:
    imported(books, camt(entry("10.00", "A")))
    for account in ("", "&account=1010"):
        url = f"/reports/finance/bank-reconciliation/?as={kind}&date_to=2026-04-30{account}"
        assert api.client.get(url).status_code == 200
    page = api.client.get("/reports/finance/bank-reconciliation/?date_to=2026-04-30&account=1010")
    assert "Difference" in page.content.decode()
