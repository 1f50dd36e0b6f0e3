"""Exchange rates from files: tables and the reference rates of the European Central Bank."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, ExchangeRate, User
from apps.core.rate_resources import ExchangeRateResource
from apps.core.reference_rates import cross_rate, is_reference_file
from apps.core.resources import ImportReport
from apps.core.services.exchange_rates import (
    Existing,
    change_exchange_rate,
    set_exchange_rate,
)
from apps.core.tables import write_xlsx
from apps.finance.services.revaluations import revalue_currencies
from tests.factories import Books, make_books, make_currency
from tests.support.faces import ApiClient, codes

D = Decimal
MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time="2026-01-06"><Cube currency="USD" rate="1.0790"/></Cube>
    <Cube time="2026-01-05">
      <Cube currency="USD" rate="1.0850"/><Cube currency="JPY" rate="160.25"/>
      <Cube currency="GBP" rate="0.84340"/><Cube currency="XXX" rate="7"/>
    </Cube>
  </Cube>
</gesmes:Envelope>"""
HISTORY = (
    b"Date,USD,JPY,GBP,CYP,\n"
    b"2026-01-06,1.0790,N/A,N/A,N/A,\n"
    b"2026-01-05,1.0850,160.25,0.84340,N/A,\n"
)
ONE_DAY = b"Date, USD, JPY, GBP, \n05 January 2026, 1.0850, 160.25, 0.84340, \n"
IN_EURO = {
    ("GBP", MONDAY): D("1.18567702"),
    ("JPY", MONDAY): D("0.00624025"),
    ("USD", MONDAY): D("0.92165899"),
    ("USD", TUESDAY): D("0.92678406"),
}


@pytest.fixture(autouse=True)
def currencies(db: None) -> None:
    for code in ("EUR", "USD", "GBP", "JPY"):
        make_currency(code)


def brought(company: Company, content: bytes, by: User, **values: Any) -> ImportReport:
    dry_run = values.pop("dry_run", False)
    resource = ExchangeRateResource(**values)
    table = resource.read_file("rates.csv", content, encoding="utf-8", company=company)
    return resource.run_import(table, company=company, by=by, dry_run=dry_run)


def rates_of(company: Company) -> dict[tuple[str, date], Decimal]:
    rows = ExchangeRate.objects.filter(company=company)
    return {(row.currency_id, row.date): row.rate for row in rows}


def archive(content: bytes, name: str = "eurofxref-hist.csv") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("content", [XML, HISTORY, archive(HISTORY)], ids=["xml", "csv", "zip"])
def test_reference_rates_of_a_company_in_euro(books: Books, content: bytes) -> None:
    report = brought(books.company, content, books.by)
    assert (report.errors, report.count("created")) == ([], 4)
    assert rates_of(books.company) == IN_EURO
    assert {row.history.get().history_user for row in ExchangeRate.objects.all()} == {books.by}


def test_cross_rates_of_a_company_in_dollars(by: User) -> None:
    """1.0850 $ and 0.84340 £ for a euro: a pound is 1.0850 / 0.84340 $, rounded once."""
    sub = make_books("SUB", currency="USD", by=by)
    assert not brought(sub.company, ONE_DAY, by).errors
    assert rates_of(sub.company) == {
        ("EUR", MONDAY): D("1.08500000"),
        ("GBP", MONDAY): D("1.28645957"),
        ("JPY", MONDAY): D("0.00677067"),
    }
    assert cross_rate(D(1), D("3")) == "0.33333333"
    assert cross_rate(D(1), D("0.00000003")) == "33333333.33333333"
    assert cross_rate(D("0.000000005"), D(1)) == "0.00000001"  # half a step goes up


def test_days_before_the_first_are_left_out_and_a_day_without_the_own_rate_is_named(
    by: User,
) -> None:
    sub = make_books("SUB", currency="GBP", by=by)
    with pytest.raises(InvalidInput) as refusal:
        brought(sub.company, HISTORY, by)
    assert (refusal.value.code, refusal.value.field) == ("no_own_rate", "file")
    assert "2026-01-06" in str(refusal.value)
    assert not ExchangeRate.objects.exists()
    euro = make_books("EURO", by=by)
    assert brought(euro.company, XML, by, since=TUESDAY).count("created") == 1
    assert rates_of(euro.company) == {("USD", TUESDAY): D("0.92678406")}


def test_a_table_comes_as_csv_or_xlsx_and_a_dry_run_writes_nothing(books: Books) -> None:
    content = b"currency,date,rate\nUSD,2026-01-05,0.9\nGBP,2026-01-05,1.15\n"
    report = brought(books.company, content, books.by, dry_run=True)
    assert (report.count("created"), ExchangeRate.objects.count()) == (2, 0)
    sheet = write_xlsx(("currency", "date", "rate"), iter([("USD", MONDAY, D("0.9"))]))
    assert brought(books.company, sheet, books.by).count("created") == 1
    report = brought(books.company, content, books.by)
    assert (report.count("created"), report.count("unchanged")) == (1, 1)
    exported, _type = ExchangeRateResource().export(ExchangeRate.objects.all(), "csv")
    assert b"USD,2026-01-05,0.90000000" in exported


def test_wrong_rows_are_told_all_at_once_and_nothing_is_written(books: Books) -> None:
    books.rate("USD", MONDAY, "0.9")
    rows = (
        "USD,2026-01-05,0.8", "EUR,2026-01-05,1", "GBP,2026-01-05,1.1", "GBP,2026-01-05,1.2",
    )  # fmt: skip
    content = "\n".join(("currency,date,rate", *rows)).encode()
    report = brought(books.company, content, books.by)
    assert sorted((error.row, error.field, error.code) for error in report.errors) == [
        (2, "rate", "rate_exists"),
        (3, "currency", "own_currency"),
        (5, "date", "named_twice"),
    ]
    bad = b"currency,date,rate\nUSD,2026-02-30,0.9\nZZZ,2026-01-05,1\nUSD,2026-01-07,0\n"
    report = brought(books.company, bad, books.by)
    assert [(error.row, error.field) for error in report.errors] == [
        (2, "date"), (3, "currency"), (4, "rate"),
    ]  # fmt: skip
    assert rates_of(books.company) == {("USD", MONDAY): D("0.9")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "dtd"),
        (b"<a><b></a>", "malformed_xml"),
        (b"<a/>", "unknown_format"),
        (XML.replace(b"1.0850", b"1e9"), "bad_rate"),
        (XML.replace(b"1.0850", b"0"), "bad_rate"),
        (XML.replace(b"2026-01-06", b"2026-13-06"), "bad_date"),
        (XML.replace(b"2026-01-06", b"2026-01-05"), "named_twice"),
        (HISTORY.replace(b"1.0790", b"=1+1"), "bad_rate"),
        (archive(b"Date,USD\n" + b" " * (11 * 1024 * 1024)), "inflates_too_far"),
        (b"Date,USD\n2026-01-05,1.1\n" + b" " * (11 * 1024 * 1024), "file_too_large"),
    ],
)
def test_hostile_and_broken_files_are_refused(books: Books, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        brought(books.company, content, books.by)
    assert (refusal.value.code, refusal.value.field) == (code, "file")
    assert not ExchangeRate.objects.exists()


def test_other_tables_are_no_reference_files() -> None:
    assert not is_reference_file(b"currency,date,rate\n")
    assert not is_reference_file(b"Date,Name\n")
    assert not is_reference_file(write_xlsx(("date",), iter(())))


def test_another_rate_replaces_one_only_when_it_is_asked_for_and_with_history(
    books: Books,
) -> None:
    content = b"currency,date,rate\nUSD,2026-01-05,0.8\n"
    rate = books.rate("USD", MONDAY, "0.9")
    assert brought(books.company, content, books.by).errors[0].code == "rate_exists"
    report = brought(books.company, content, books.by, existing=Existing.REPLACE)
    assert report.changes[0].values == {"rate": (D("0.9"), D("0.8"))}
    assert [row.rate for row in rate.history.all()] == [D("0.8"), D("0.9")]


def test_a_rate_that_was_posted_with_is_not_replaced_without_saying_so(books: Books) -> None:
    """It holds until the next one: an entry of the day before that has used it."""
    first, later = books.rate("USD", MONDAY, "0.9"), books.rate("USD", date(2026, 1, 20), "0.95")
    bill = books.posted_invoice(
        "supplier", books.partner(), date(2026, 1, 19), "100", currency=make_currency("USD")
    )
    entry = bill.entry.number
    content = b"currency,date,rate\nUSD,2026-01-05,0.8\n"
    [error] = brought(books.company, content, books.by, existing=Existing.REPLACE).errors
    assert (error.code, error.field, error.row) == ("rate_used", "rate", 2)
    assert entry in error.detail
    with pytest.raises(BusinessError) as refusal:
        change_exchange_rate(first, rate=D("0.8"), by=books.by)
    assert refusal.value.code == "rate_used"
    change_exchange_rate(later, rate=D("0.96"), by=books.by)
    assert not brought(books.company, content, books.by, existing=Existing.REPLACE_USED).errors
    [change, _begin] = first.history.all()
    assert (change.rate, change.history_user) == (D("0.8"), books.by)
    assert "posted" in change.history_change_reason
    bill.refresh_from_db()
    assert (bill.exchange_rate, books.balance("2000")) == (D("0.9"), D("-90"))


def test_a_revaluation_is_named(books: Books) -> None:
    books.rate("USD", MONDAY, "0.9")
    books.posted_invoice("customer", books.partner(), TUESDAY, "100", currency=make_currency("USD"))
    closing = books.rate("USD", date(2026, 1, 31), "0.8")
    posted = revalue_currencies(books.company, date=date(2026, 1, 31), by=books.by)
    with pytest.raises(BusinessError) as refusal:
        change_exchange_rate(closing, rate=D("0.7"), by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("rate_used", None)
    assert posted.number in str(refusal.value)
    closing.refresh_from_db()
    assert closing.rate == D("0.8")


def test_the_api_reads_the_file_and_says_what_is_wrong(books: Books) -> None:
    api = ApiClient(books.by)
    path = "/core/exchange-rates/import/"

    def sent(content: bytes = XML, **values: str) -> Any:
        file = SimpleUploadedFile("eurofxref-hist.xml", content)
        return api.upload(path, company=books.company.code, file=file, **values)

    dry = api.upload(f"{path}?dry_run=true", company="ACME", file=SimpleUploadedFile("x.xml", XML))
    assert (dry.status_code, dry.body["created"], ExchangeRate.objects.count()) == (200, 4, 0)
    assert sent().body["created"] == 4
    changed = XML.replace(b"1.0790", b"1.0800")
    refused = sent(changed)
    assert (refused.status_code, codes(refused)) == (422, [("rate", "rate_exists")])
    assert sent(changed, existing="replace").body["updated"] == 1
    assert sent(existing="maybe").status_code == 400
    assert sent(since="yesterday").status_code == 400
    assert codes(sent(b"<a/>")) == [("file", "unknown_format")]
    [row] = api.get("/core/exchange-rates/?date=2026-01-06").body["results"]
    assert row["rate"] == "0.92592593"
    history = api.get(f"/core/exchange-rates/{row['id']}/history/")
    assert len(history.body["results"]) == 2


def test_setting_one_says_whether_a_used_one_may_go(books: Books) -> None:
    api = ApiClient(books.by)
    books.rate("USD", MONDAY, "0.9")
    books.posted_invoice("customer", books.partner(), TUESDAY, "100", currency=make_currency("USD"))
    rate = {"currency": "USD", "date": "2026-01-05", "rate": "0.8"}
    refused = api.post("/core/exchange-rates/", rate)
    assert (refused.status_code, codes(refused)) == (409, [("rate", "rate_used")])
    made = api.post("/core/exchange-rates/", {**rate, "existing": "replace_used"})
    assert (made.status_code, made.body["rate"]) == (201, "0.80000000")
    with pytest.raises(BusinessError):
        set_exchange_rate(
            company=books.company, currency=make_currency("USD"), date=MONDAY, rate=D("0.7"),
            existing=Existing.REFUSE, by=books.by,
        )  # fmt: skip


def test_the_page_shows_what_would_be_and_then_does_it(books: Books) -> None:
    desk = Client()
    desk.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = "/admin/core/exchangerate/import/"
    assert b"European Central Bank" in desk.get(page).content
    form = {
        "company": books.company.pk, "encoding": "utf-8", "existing": "refuse",
        "since": "2026-01-06", "file": SimpleUploadedFile("eurofxref.xml", XML),
    }  # fmt: skip
    preview = desk.post(page, form)
    assert preview.status_code == 200, preview.content
    assert b"0.92678406" in preview.content and not ExchangeRate.objects.exists()
    token = preview.context["token"]
    desk.post("/admin/core/exchangerate/import-confirm/", {"token": token})
    rate = ExchangeRate.objects.get()
    change = f"/admin/core/exchangerate/{rate.pk}/change/"
    assert desk.get(change).status_code == 200
    sent = {"rate": "0.93", "existing": "replace", "seen_version": "1", "change_reason": "typo"}
    assert desk.post(change, sent).status_code == 302
    rate.refresh_from_db()
    assert (rate.rate, rate.version) == (D("0.93"), 2)
    assert rate.history.first().history_change_reason == "typo"
    assert b"0.93" in desk.get(f"/admin/core/exchangerate/{rate.pk}/history/").content


def test_the_command_reads_a_file(books: Books, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "eurofxref-hist.csv"
    file.write_bytes(HISTORY)
    named = {"company": "ACME", "by": books.by.username}
    call_command("import_exchange_rates", file, dry_run=True, **named)
    assert "4 created" in capsys.readouterr().out and not ExchangeRate.objects.exists()
    call_command("import_exchange_rates", file, **named)
    assert rates_of(books.company) == IN_EURO
    file.write_bytes(HISTORY.replace(b"1.0790", b"2"))
    with pytest.raises(CommandError, match="1 rows are wrong"):
        call_command("import_exchange_rates", file, **named)
    for wrong in ({"company": "NONE"}, {"by": "nobody"}):
        with pytest.raises(CommandError, match="There is no"):
            call_command("import_exchange_rates", file, **(named | wrong))
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_exchange_rates", tmp_path / "none.csv", **named)
    assert rates_of(books.company) == IN_EURO
