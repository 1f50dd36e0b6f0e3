"""A company leaves with all of its data, and nothing of another's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.attachments import add_attachment
from apps.core.services.jobs import run_job
from apps.core.tables import neutral, restored
from apps.finance.models import JournalLine
from apps.integration.queries.company_tables import LEFT_OUT, company_models, company_tables
from apps.integration.services.exports import export_company, start_export
from apps.masterdata.models import Partner
from tests import factories
from tests.factories import Books
from tests.integration.conftest import make_account, make_key
from tests.support.faces import ApiClient, make_member

DAY = date(2026, 3, 2)
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\uff1d1",
    "'=1",
    "''=1",
    "'plain",
    "a=1",
    "",
    'q"uo,te\n2',
]


def archive_of(company: Company) -> tuple[dict[str, Any], zipfile.ZipFile]:
    out = io.BytesIO()
    export_company(company, out)
    archive = zipfile.ZipFile(out)
    return json.loads(archive.read("manifest.json")), archive


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    text = archive.read(f"tables/{table}.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_every_table_of_a_company_is_taken_along() -> None:
    """An app that adds a table has nothing to do, but to say why where it must stay."""
    taken = {*company_models(), *LEFT_OUT}
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("apps.") and not model._meta.auto_created:
            continue
        names = {f.name for f in model._meta.concrete_fields}
        if "company" in names and model._meta.managed:
            assert model in taken, model
    labels = {table.label for table in company_tables(1)}
    assert {"core.company", "core.historicalcompany", "core.membership_sites"} <= labels
    assert {"core.user", "core.currency", "core.attachment", "finance.journalline"} <= labels


def test_tables_without_a_company_are_known() -> None:
    """What is not the company's: machinery, and rows that belong to no company alone."""
    loose = {
        m._meta.label_lower
        for m in apps.get_models()
        if m.__module__.startswith("apps.")
        and m not in company_models()
        and m not in LEFT_OUT
        and m._meta.managed
    }
    assert loose == {
        "core.currency",  # taken whole
        "core.user",  # members, without what signs them in
        "core.idempotencykey",
        "core.outboxmessage",
        "finance.balancefold",
    }


def test_totals_tie_to_the_ledger(books: Books, by: User) -> None:
    books.post(DAY, ("1010", "100.25"), ("6110", "-100.25"))
    books.post(DAY, ("1010", "0.75"), ("6110", "-0.75"))
    other = factories.make_books("AWAY", by=by)
    other.post(DAY, ("1010", "7"), ("6110", "-7"))
    manifest, archive = archive_of(books.company)
    lines = rows_of(archive, "finance_journalline")
    accounts = {row["id"]: row["code"] for row in rows_of(archive, "finance_account")}
    totals: dict[str, Decimal] = {}
    for line in lines:
        code = accounts[line["account_id"]]
        totals[code] = totals.get(code, Decimal(0)) + Decimal(line["amount"])
    assert totals == {"1010": Decimal(101), "6110": Decimal(-101)}
    assert totals["1010"] == books.balance("1010")
    told = {row["account"]: (Decimal(row["balance"]), row["lines"]) for row in manifest["ledger"]}
    assert told == {"1010": (Decimal(101), 2), "6110": (Decimal(-101), 2)}
    assert len(lines) == JournalLine.objects.filter(company=books.company).count()
    assert {line["company_id"] for line in lines} == {str(books.company.pk)}


def test_the_manifest_is_true(books: Books, by: User) -> None:
    partner = Partner(
        company=books.company, code="P", name="P", currency=books.company.currency
    ).save_by(by)
    add_attachment(partner, name="terms.txt", file=ContentFile(b"Terms"), by=by)
    manifest, archive = archive_of(books.company)
    named = set()
    for table in manifest["tables"]:
        content = archive.read(table["file"])
        assert hashlib.sha256(content).hexdigest() == table["sha256"], table["table"]
        assert len(content) == table["bytes"]
        reader = csv.reader(io.StringIO(content.decode(), newline=""))
        assert next(reader) == [column["name"] for column in table["columns"]]
        assert sum(1 for _row in reader) == table["rows"], table["table"]
        named.add(table["file"])
    [file] = manifest["files"]
    assert archive.read(file["file"]) == b"Terms"
    assert (file["name"], file["is_intact"]) == ("terms.txt", True)
    assert set(archive.namelist()) == named | {file["file"], "manifest.json"}
    assert manifest["company"]["code"] == "ACME"
    assert "integration_webhooksecret" in manifest["left_out"]


def test_a_lost_file_is_named(books: Books, by: User) -> None:
    partner = Partner(
        company=books.company, code="P", name="P", currency=books.company.currency
    ).save_by(by)
    made = add_attachment(partner, name="terms.txt", file=ContentFile(b"Terms"), by=by)
    Path(made.file.path).unlink()
    manifest, _archive = archive_of(books.company)
    assert manifest["files"][0]["is_missing"] is True


def test_cells_are_safe_and_lossless(company: Company, by: User) -> None:
    for number, text in enumerate(HOSTILE):
        Partner(
            company=company, code=f"P{number:02d}", name=text, currency=company.currency
        ).save_by(by)
    _manifest, archive = archive_of(company)
    rows = rows_of(archive, "masterdata_partner")
    assert [row["name"] for row in rows] == [neutral(text) for text in HOSTILE]
    assert [restored(row["name"]) for row in rows] == HOSTILE
    raw = archive.read("tables/masterdata_partner.csv").decode()
    assert ',"",' in raw, "an empty text is quoted"
    tables = (archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv"))
    assert any(",," in table for table in tables), "no value is not"


def test_nothing_of_another_company_and_no_secret_goes_along(books: Books, by: User) -> None:
    away = factories.make_company("AWAY", by=by)
    Partner(company=away, code="SECRETPARTNER", name="x", currency=away.currency).save_by(by)
    make_member("stranger", away)
    account = make_account(books.company, by=by)
    key = make_key(account, "*.read", by=by)
    person = make_member("member", books.company)
    person.set_password("a good long passphrase")
    person.save()
    _manifest, archive = archive_of(books.company)
    text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert "SECRETPARTNER" not in text
    assert "stranger" not in text
    assert key.secret.partition(".")[2] not in text
    assert key.row.digest not in text
    assert person.password not in text
    assert "member" in text
    assert "mesk_" in text


def test_the_job_makes_it_and_only_those_who_may_take_it(books: Books, by: User) -> None:
    job = start_export(books.company, by=by)
    with pytest.raises(BusinessError) as refused:
        start_export(books.company, by=by)
    assert refused.value.code == "export_running"
    assert run_job(job.pk).status == "done"
    job.refresh_from_db()
    with job.result.open("rb") as file:
        assert "manifest.json" in zipfile.ZipFile(file).namelist()
    boss = ApiClient(
        make_member(
            "boss", books.company, permissions=("core.view_backgroundjob", "core.view_all_jobs")
        )
    )
    assert boss.get(f"/core/jobs/{job.pk}/").status_code == 200
    assert boss.get(f"/core/jobs/{job.pk}/result/").status_code == 404
    assert boss.get(f"/integration/company-exports/{job.pk}/result/").status_code == 403
    url = f"/admin/core/backgroundjob/{job.pk}/result/"
    assert boss.client.get(url).status_code == 404
    own = ApiClient(by)
    assert own.get(f"/integration/company-exports/{job.pk}/result/").status_code == 200
    assert own.client.get(url).status_code == 200


def test_it_is_started_by_api_and_page(books: Books, by: User) -> None:
    api = ApiClient(by)
    made = api.post("/integration/company-exports/", {"company": "ACME"})
    assert (made.status_code, made.body["status"]) == (201, "queued")
    listed = api.get("/integration/company-exports/").body["results"]
    assert [row["id"] for row in listed] == [made.body["id"]]
    page = api.client.get("/integration/export/")
    assert page.status_code == 200
    assert b"ACME" in page.content
    BackgroundJob.objects.update(status="done")
    sent = api.client.post("/integration/export/", {"company": books.company.pk})
    assert sent["Location"].startswith("/admin/core/backgroundjob/")
    nobody = ApiClient(make_member("nobody", books.company))
    assert nobody.client.get("/integration/export/").status_code == 403
    assert nobody.post("/integration/company-exports/", {}).status_code == 403
    assert BackgroundJob.objects.count() == 2


def test_the_command(books: Books, tmp_path: Path, capsys: Any) -> None:
    target = tmp_path / "acme.zip"
    call_command("export_company", "ACME", to=str(target))
    assert "tables" in capsys.readouterr().out
    assert zipfile.is_zipfile(target)
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_company", "ACME", to=str(target))
    with pytest.raises(CommandError, match="no company"):
        call_command("export_company", "NONE", to=str(tmp_path / "x.zip"))


def test_memory_does_not_grow_with_the_rows(company: Company, by: User, tmp_path: Path) -> None:
    def peak() -> int:
        with (tmp_path / "x.zip").open("wb") as out:
            tracemalloc.start()
            export_company(company, out)
            _now, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

    few = peak()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_comment (company_id, target_type_id, target_id, text, created_at,"
            " created_by_id) SELECT %s, 1, 1, repeat('long text ', 20) || n, now(), %s"
            " FROM generate_series(1, 60000) n",
            [company.pk, by.pk],
        )
    many = peak()
    assert many < few + 2_000_000, (few, many)
