"""Long reports become files in the background, whole, with progress; short ones at once."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from apps.core.models import BackgroundJob
from apps.core.services.jobs import run_job
from apps.finance import report_jobs
from apps.finance.report_jobs import start_report_file
from apps.finance.views import report_files
from tests.factories import Books, make_user
from tests.support.faces import ApiClient, codes, make_member

D = Decimal
LINES = 12
ASKED = {"account": "1010", "date_from": "2026-02-01", "date_to": "2026-12-31"}


@pytest.fixture
def long(books: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Twelve lines after an opening balance, where more than five are many."""
    for module in (report_jobs, report_files):
        monkeypatch.setattr(module, "AT_ONCE", 5)
    books.post(date(2026, 1, 15), ("1010", "1000"), ("3000", "-1000"))
    for n in range(LINES):
        books.post(date(2026, 2 + n // 2, 3), ("1010", f"{n + 1}.25"), ("4000", f"-{n + 1}.25"))
    return books


def made(job: BackgroundJob) -> bytes:
    done = run_job(job.pk)
    assert (done.status, done.message) == ("done", ""), done.message
    assert (done.progress, done.total, done.percent) == (LINES, LINES, 100)
    with done.result.open("rb") as file:
        return file.read()


def table_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.django_db(transaction=True)
def test_a_long_ledger_is_whole_in_its_file(long: Books) -> None:
    given = {**ASKED, "as": "csv", "company": long.company.code}
    head, opening, *rows = table_of(made(start_report_file("general-ledger", given, by=long.by)))
    assert head[0] == "Date" and len(rows) == LINES
    assert (opening[3], opening[-1]) == ("Opening balance", "1000.00")
    running, balance = [], D(1000)
    for n in range(LINES):
        balance += D(f"{n + 1}.25")
        running.append(str(balance))
    assert [row[-1] for row in rows] == running == [*running[:-1], "1081.00"]
    assert D(rows[-1][-1]) == long.balance("1010")


@pytest.mark.django_db(transaction=True)
def test_as_a_sheet_its_header_is_frozen_and_figures_are_numbers(long: Books) -> None:
    given = {**ASKED, "as": "xlsx", "company": long.company.code}
    content = made(start_report_file("general-ledger", given, by=long.by))
    sheet = load_workbook(io.BytesIO(content)).active
    top = next(row for row in range(1, 12) if sheet.cell(row, 1).value == "Date")
    assert sheet.freeze_panes == f"A{top + 1}"
    assert sheet.max_row == top + 1 + LINES, "the opening balance and every line"
    last = sheet.cell(sheet.max_row, sheet.max_column)
    assert (last.value, last.number_format) == (1081, "#,##0.00")
    assert sheet.cell(top + 1, sheet.max_column).font.bold


@pytest.mark.django_db(transaction=True)
def test_on_paper_its_pages_follow_each_other(long: Books, monkeypatch: Any) -> None:
    given = {**ASKED, "as": "pdf", "company": long.company.code}
    assert made(start_report_file("general-ledger", given, by=long.by)).startswith(b"%PDF")
    monkeypatch.setattr(report_jobs, "MOST_PRINTED", 10)
    job = run_job(start_report_file("general-ledger", given, by=long.by).pk)
    assert (job.status, bool(job.result)) == ("failed", False)
    assert "More than 10 lines are not printed" in job.message


def test_the_page_offers_the_job_instead_of_a_part(long: Books) -> None:
    client = Client()
    client.force_login(long.by, "apps.core.backends.PermissionBackend")
    page = "/reports/finance/general-ledger/"
    query = {**ASKED, "as": "csv"}
    refused = client.get(page, query)
    assert refused.status_code == 409
    assert "A file of more than 5 lines is made in the background." in refused.content.decode()
    assert f'action="{page}file/"' in refused.content.decode()
    assert not BackgroundJob.objects.exists()
    started = client.post(f"{page}file/", query)
    job = BackgroundJob.objects.get()
    assert started.status_code == 302 and started["Location"].endswith(f"{job.pk}/change/")
    assert (job.kind, job.title) == ("finance.report_file", "General ledger as CSV")
    assert job.parameters["given"] == query
    assert client.post(f"{page}file/", {**query, "date_to": "2026-02-30"}).status_code == 400
    assert client.post("/reports/finance/nothing/file/", query).status_code == 404
    assert client.get(page, {**query, "date_to": "2026-03-31"}).status_code == 200, "four lines"
    assert BackgroundJob.objects.count() == 1


def test_a_report_of_one_page_is_refused_at_once_as_well(long: Books) -> None:
    for n in range(6):
        long.posted_invoice("customer", long.partner(), date(2026, 3, 1 + n), "10")
    api = ApiClient(long.by)
    answer = api.get("/finance/statements/open-items/?kind=customer&date_to=2026-12-31&as=csv")
    assert (answer.status_code, codes(answer)) == (409, [("as", "too_long")])


@pytest.mark.django_db(transaction=True)
def test_through_the_api(long: Books) -> None:
    api = ApiClient(long.by)
    body = {"report": "general-ledger", "format": "csv", "parameters": ASKED}
    answer = api.post("/finance/report-files/", body)
    assert answer.status_code == 201, answer.content
    key = answer.body["id"]
    assert answer.body["title"] == "General ledger as CSV"
    assert api.get(f"/finance/report-files/{key}/result/").status_code == 404
    run_job(key)
    shown = api.get(f"/finance/report-files/{key}/")
    assert (shown.body["status"], shown.body["percent"]) == ("done", 100)
    file = api.client.get(f"/api/v1/finance/report-files/{key}/result/")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert len(table_of(b"".join(file.streaming_content))) == LINES + 2
    for change, wanted in (
        ({"report": "nothing"}, ("report", "invalid_choice")),
        ({"format": "doc"}, ("format", "invalid_choice")),
        ({"parameters": {"account": "NOPE"}}, ("account", "does_not_exist")),
        ({"parameters": {"date_to": "2026-02-30"}}, ("date_to", "invalid")),
    ):
        assert codes(api.post("/finance/report-files/", body | change)) == [wanted]
    assert BackgroundJob.objects.count() == 1
    clerk = make_user("clerk", company=long.company, is_superuser=False)
    assert ApiClient(clerk).post("/finance/report-files/", body).status_code == 403
    viewer = make_member("viewer", long.company, permissions=("finance.view_journalline",))
    assert ApiClient(viewer).get(f"/finance/report-files/{key}/").status_code == 404
