"""The standard audit file of a company over some days: one snapshot, one stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date as Date
from functools import cache
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from lxml import etree

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.jobs import Report, start_job
from apps.core.sql import execute
from apps.finance.queries import audit_documents as documents
from apps.finance.queries import audit_files as queries
from apps.finance.queries.audit_files import EntrySums, Span
from apps.finance.saft.writer import VERSION, AuditFile

JOB = "finance.audit_file"
#: How often progress is told.
STEP = 500


def start_audit_file(
    company: Company, *, date_from: Date, date_to: Date, by: User
) -> BackgroundJob:
    """Have the file made in the background; the job's result is the file.

    Raises ``InvalidInput`` for days in the wrong order, ``BusinessError`` while one is being made.
    """
    if date_to < date_from:
        raise InvalidInput("wrong_order", _("The last day comes first."), field="date_to")
    waiting = (BackgroundJob.Status.QUEUED, BackgroundJob.Status.RUNNING)
    if BackgroundJob.objects.filter(company=company, kind=JOB, status__in=waiting).exists():
        raise BusinessError(
            "audit_file_running", _("An audit file of this company is being made already.")
        )
    title = _("Audit file of {company}, {first} to {last}").format(
        company=company.code, first=date_from, last=date_to
    )
    given = {"date_from": date_from.isoformat(), "date_to": date_to.isoformat()}
    return start_job(JOB, title=title, company=company, by=by, parameters=given)


def write_audit_file(
    company: Company,
    out: IO[bytes],
    *,
    date_from: Date,
    date_to: Date,
    report: Report | None = None,
) -> EntrySums:
    """Write SAF-T 2.0 to ``out``; returns the totals of its entries.

    Who posts meanwhile is not hindered, and is not in the file.
    """
    span = Span(company, date_from, date_to)
    tell = report or (lambda done, total, message: None)
    with snapshot():
        sums = queries.entry_sums(span)
        with AuditFile(out) as file:
            version = getattr(settings, "VERSION", "1.0")
            today = timezone.now().date()
            head = queries.header(span, version=VERSION, created=today, software=version)
            file.write("Header", head)
            _write_master_files(file, span)
            _write_entries(file, span, sums, tell)
            _write_documents(file, span)
    return sums


def schema_failures(file: IO[bytes]) -> list[str]:
    """What the schema objects to in an audit file, at most twenty."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    schema = _schema()
    if schema.validate(etree.parse(file, parser)):
        return []
    return [f"{error.line}: {error.message}" for error in list(schema.error_log)[:20]]


@cache
def _schema() -> Any:
    place = Path(__file__).parent.parent / "saft" / "saft-2.00.xsd"
    return etree.XMLSchema(etree.parse(str(place)))


def _write_master_files(file: AuditFile, span: Span) -> None:
    with file.section("MasterFiles"):
        for section, entry, rows in (
            ("GeneralLedgerAccounts", "Account", queries.accounts(span)),
            ("Customers", "Customer", queries.partners(span, supplier=False)),
            ("Suppliers", "Supplier", queries.partners(span, supplier=True)),
            ("TaxTable", "TaxTableEntry", queries.tax_codes(span)),
            ("UOMTable", "UOMTableEntry", queries.units(span)),
            ("Products", "Product", queries.products(span)),
        ):
            with file.section(section):
                file.write_all(entry, rows)


def _write_entries(file: AuditFile, span: Span, sums: EntrySums, tell: Report) -> None:
    done = 0
    with file.section("GeneralLedgerEntries"):
        file.write("NumberOfEntries", sums.entries)
        file.write("TotalDebit", queries.money(sums.debit))
        file.write("TotalCredit", queries.money(sums.credit))
        for journal in queries.journals(span):
            with file.section("Journal"):
                file.write("JournalID", journal.code)
                file.write("Description", journal.name)
                file.write("Type", journal.module)
                for transaction_ in queries.transactions(span, journal):
                    file.write("Transaction", transaction_)
                    done += 1
                    if done % STEP == 0:
                        tell(done, sums.entries, journal.code)


def _write_documents(file: AuditFile, span: Span) -> None:
    with file.section("SourceDocuments"):
        for section, kinds in (
            ("SalesInvoices", documents.SALES),
            ("PurchaseInvoices", documents.PURCHASES),
        ):
            with file.section(section):
                _write_sums(file, documents.invoice_sums(span, kinds))
                file.write_all("Invoice", documents.invoices(span, kinds))
        with file.section("Payments"):
            _write_sums(file, documents.payment_sums(span))
            file.write_all("Payment", documents.payments(span))


def _write_sums(file: AuditFile, sums: documents.DocumentSums) -> None:
    file.write("NumberOfEntries", sums.documents)
    file.write("TotalDebit", sums.debit)
    file.write("TotalCredit", sums.credit)


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment for all sections, read only, for as long as it takes."""
    with transaction.atomic():
        if len(connection.atomic_blocks) == 1:  # an outer one has chosen already (tests)
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        execute("SELECT set_config('statement_timeout', '0', true)")
        execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        yield
