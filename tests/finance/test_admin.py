"""Finance in the admin: drafts with lines, buttons, read-only registers, links."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.finance.models import (
    Account,
    Invoice,
    JournalEntry,
    JournalVoucher,
    Payment,
    Period,
    PeriodLock,
)
from apps.finance.queries.entries import entry_of
from tests.factories import Books

DAY = date(2026, 3, 10)
ADMIN = "/admin/finance"


@pytest.fixture
def desk(books: Books) -> Client:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    return client


def lines_of(prefix: str, *lines: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": 0}
    for n, line in enumerate(lines):
        data |= {f"{prefix}-{n}-{name}": value for name, value in line.items()}
    return data


def voucher_form(books: Books, credit: str = "100") -> dict[str, Any]:
    header = {"journal": books.journal().pk, "date": "2026-03-10", "description": "Rent"}
    debit = {"account": books.account("6100").pk, "debit": "100", "credit": "0", "memo": ""}
    other = {"account": books.account("1010").pk, "debit": "0", "credit": credit, "memo": ""}
    return header | lines_of("lines", debit, other, {"debit": "0", "credit": "0"})


@pytest.mark.parametrize(
    "noun",
    [
        "account", "statementline", "journal", "costobject", "taxcode", "postingrule", "fiscalyear",
        "period", "journalvoucher", "invoice", "payment", "journalentry", "journalline",
        "ledgerseal",
    ],
)  # fmt: skip
def test_every_list_and_page_opens(books: Books, desk: Client, noun: str) -> None:
    invoice = books.posted_invoice("customer", books.partner(), DAY, "10")
    books.post(DAY, ("6100", "1"), ("1010", "-1"))
    answer = desk.get(f"{ADMIN}/{noun}/")
    assert answer.status_code == 200
    model = answer.context["cl"].model
    row = model.objects.first()
    if row is not None:
        assert desk.get(f"{ADMIN}/{noun}/{row.pk}/change/").status_code == 200
    assert invoice.number


def test_a_voucher_is_written_posted_and_reversed(books: Books, desk: Client) -> None:
    answer = desk.post(f"{ADMIN}/journalvoucher/add/", voucher_form(books))
    assert answer.status_code == 302, answer.context["errors"]
    voucher = JournalVoucher.objects.get()
    assert (voucher.status, voucher.lines.count(), voucher.created_by) == ("draft", 2, books.by)
    page = f"{ADMIN}/journalvoucher/{voucher.pk}"
    assert desk.post(f"{page}/verb/post/").status_code == 302
    voucher.refresh_from_db()
    assert voucher.number == "GEN-2026-000001"
    assert b'name="description"' not in desk.get(f"{page}/change/").content, "read only now"
    reason = {"date": "2026-04-01", "reason": "Twice"}
    assert desk.post(f"{page}/verb/reverse/", reason).status_code == 302
    voucher.refresh_from_db()
    assert voucher.status == "reversed"
    assert entry_of(voucher, purpose="reversal").description.endswith("Twice")


def test_a_draft_is_changed_with_its_lines(books: Books, desk: Client) -> None:
    draft = books.draft(DAY, ("6100", "5"), ("1010", "-5"))
    first, second = draft.lines.all()
    form = {
        "journal": books.journal().pk, "date": "2026-03-11", "description": "Changed",
        "seen_version": "1", "lines-TOTAL_FORMS": 2, "lines-INITIAL_FORMS": 2,
        "lines-0-id": first.pk, "lines-0-account": books.account("6110").pk,
        "lines-0-debit": "7", "lines-0-credit": "0",
        "lines-1-id": second.pk, "lines-1-account": books.account("1010").pk,
        "lines-1-debit": "0", "lines-1-credit": "7",
    }  # fmt: skip
    answer = desk.post(f"{ADMIN}/journalvoucher/{draft.pk}/change/", form)
    assert answer.status_code == 302, answer.context["errors"]
    draft.refresh_from_db()
    assert (draft.date, draft.description) == (date(2026, 3, 11), "Changed")
    assert [(line.account.code, line.debit) for line in draft.lines.all()] == [
        ("6110", 7), ("1010", 0),
    ]  # fmt: skip


def test_what_the_service_refuses_is_shown_and_nothing_written(books: Books, desk: Client) -> None:
    form = voucher_form(books, credit="0")
    answer = desk.post(f"{ADMIN}/journalvoucher/add/", form)
    assert answer.status_code == 200
    assert "either a debit or a credit" in answer.content.decode()
    assert not JournalVoucher.objects.exists()
    draft = books.draft(DAY, ("6100", "5"), ("1100", "-5"))
    answer = desk.post(f"{ADMIN}/journalvoucher/{draft.pk}/verb/post/", follow=True)
    assert "takes no manual line" in answer.content.decode()
    assert not JournalEntry.objects.exists()


def test_an_invoice_is_written_posted_printed_and_paid(books: Books, desk: Client) -> None:
    partner = books.partner("C-1")
    line = {
        "description": "Work", "quantity": "2", "unit_price": "50",
        "tax_code": books.tax_codes["STD"].pk,
    }  # fmt: skip
    form = {
        "kind": "customer", "partner": partner.pk, "date": "2026-03-10", "due_date": "",
        "reference": "", "currency": "", **lines_of("lines", line), **lines_of("instalments"),
    }  # fmt: skip
    answer = desk.post(f"{ADMIN}/invoice/add/", form)
    assert answer.status_code == 302, answer.context["errors"]
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.due_date) == (Decimal(120), date(2026, 4, 9))
    assert desk.post(f"{ADMIN}/invoice/{invoice.pk}/verb/post/").status_code == 302
    pdf = desk.get(f"{ADMIN}/invoice/{invoice.pk}/print/invoice/")
    assert pdf.content.startswith(b"%PDF")
    payment = {
        "direction": "in", "partner": partner.pk, "account": books.account("1010").pk,
        "date": "2026-03-20", "amount": "120", "currency": "", "reference": "",
        **lines_of("allocations", {"invoice": invoice.pk, "amount": "120"}),
    }  # fmt: skip
    answer = desk.post(f"{ADMIN}/payment/add/", payment)
    assert answer.status_code == 302, answer.context["errors"]
    assert Payment.objects.get().number == "BNK-2026-000001"
    assert books.balance("1100") == 0


def test_periods_are_opened_and_closed_with_a_reason(books: Books, desk: Client) -> None:
    march = Period.objects.get(fiscal_year=books.year, number=3)
    page = f"{ADMIN}/period/{march.pk}/verb/state/"
    form = {"state": "closed", "modules": ["sales", "cash"], "reason": "Month-end"}
    assert desk.post(page, form).status_code == 302
    shut = PeriodLock.objects.filter(period=march, state="closed")
    assert {lock.module for lock in shut} == {"sales", "cash"}
    assert shut[0].history.first().history_change_reason == "Month-end"
    assert "Sales: Closed" in desk.get(f"{ADMIN}/period/{march.pk}/change/").content.decode()


def test_an_entry_shows_its_source_and_its_reversal(books: Books, desk: Client) -> None:
    invoice = books.posted_invoice("customer", books.partner(), DAY, "10")
    page = desk.get(f"{ADMIN}/journalentry/{invoice.entry_id}/change/").content.decode()
    assert f"/admin/finance/invoice/{invoice.pk}/change/" in page
    assert desk.post(f"{ADMIN}/journalentry/{invoice.entry_id}/change/", {}).status_code == 403
    assert desk.get(f"{ADMIN}/journalentry/add/").status_code == 403


def test_an_accounts_meaning_stays_once_it_has_postings(books: Books, desk: Client) -> None:
    books.post(DAY, ("6100", "1"), ("1010", "-1"))
    rent = books.account("6100")
    form = {
        "code": "6100", "name": "Rent", "kind": "income", "control": "",
        "statement_line": rent.statement_line_id, "is_active": "on", "seen_version": "1",
    }  # fmt: skip
    answer = desk.post(f"{ADMIN}/account/{rent.pk}/change/", form)
    assert "has postings" in answer.content.decode()
    assert Account.objects.get(pk=rent.pk).kind == "expense"
