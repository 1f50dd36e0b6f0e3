"""What must not come in: through service, API and page it is refused by field and reason, and the
whole database stays as it was, to the last column.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.finance.models import JournalVoucher, PeriodLock
from apps.finance.services.allocation_cycles import create_cycle, create_receiver, create_sender
from apps.finance.services.allocation_runs import propose_allocation
from apps.finance.services.bank_imports import import_file
from apps.finance.services.einvoice_imports import import_einvoice
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.finance.services.opening import OpeningBalance, post_opening_balances
from apps.finance.services.payments import post_payment
from apps.finance.services.periods import set_period_state
from apps.finance.services.settlement import Allocation
from apps.finance.services.vouchers import post_voucher
from tests.factories import Books, make_company, make_currency
from tests.finance.bank.files import bank_account, camt, entry
from tests.finance.test_admin import lines_of
from tests.support.budgets import charged, cost_centre
from tests.support.faces import ApiClient, codes
from tests.support.unchanged import nothing_written

D = Decimal
DAY = date(2026, 3, 10)
ADMIN = "/admin/finance"


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


@pytest.fixture
def desk(books: Books) -> Client:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    return client


def refused(act: Callable[[], Any]) -> tuple[str | None, str]:
    """(field, code) of what a service refuses; nothing is written."""
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        act()
    assert str(refusal.value)
    return refusal.value.field, refusal.value.code


def answered(act: Callable[[], Any]) -> list[tuple[str | None, str]]:
    """(attr, code) of each error that the API answers; nothing is written."""
    with nothing_written():
        answer = act()
    assert answer.status_code in (400, 409, 422), answer.content
    assert all(error["detail"] for error in answer.body["errors"])
    return codes(answer)


def shown(act: Callable[[], Any], words: str) -> None:
    """A page says ``words``; nothing is written."""
    with nothing_written():
        answer = act()
    assert answer.status_code == 200
    page = answer.content.decode()
    said = [str(one) for one in (answer.context or {}).get("messages", ())]
    assert words in page, (said, (answer.context or {}).get("errors"))


def upload(content: bytes | str, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


# --- an import that does not balance --------------------------------------------------------------


def test_opening_balances_that_do_not_balance(books: Books, api: ApiClient) -> None:
    rows = [
        OpeningBalance(books.account("1010"), D("100")),
        OpeningBalance(books.account("3000"), D("-99.99")),
    ]
    wanted = ("balances", "opening_unbalanced")
    assert refused(
        lambda: post_opening_balances(books.company, date=DAY, balances=rows, by=books.by)
    ) == wanted  # fmt: skip
    table = "account,debit,credit\n1010,100,\n3000,,99.99\n"
    for action in ("import", "check"):
        path = f"/finance/opening-balances/{action}/"
        assert answered(
            lambda path=path: api.upload(
                path, date="2026-03-10", balances=upload(table, "balances.csv")
            )
        ) == [wanted]


def test_a_voucher_that_does_not_balance_is_not_posted(
    books: Books, api: ApiClient, desk: Client
) -> None:
    """From a file it becomes a draft to be mended, as typed ones may be; the ledger takes none."""
    table = "account,debit,credit\n6110,100,\n1010,,99.99\n"
    made = api.upload(
        "/finance/vouchers/import/", journal="GEN", date="2026-03-10", file=upload(table, "v.csv")
    )
    assert made.body["status"] == "draft"
    key = made.body["id"]
    draft = JournalVoucher.objects.get(pk=key)
    assert refused(lambda: post_voucher(draft, by=books.by)) == ("lines", "unbalanced_entry")
    path = f"/finance/vouchers/{key}/post/"
    assert answered(lambda: api.post(path)) == [("lines", "unbalanced_entry")]
    page = f"{ADMIN}/journalvoucher/{key}/verb/post/"
    shown(lambda: desk.post(page, follow=True), "does not balance")


# --- a closed period ------------------------------------------------------------------------------


@pytest.fixture
def closed(books: Books) -> Books:
    period = books.year.periods.get(number=3)
    set_period_state(period, state=PeriodLock.State.CLOSED, by=books.by, reason="Month-end")
    return books


def test_nothing_is_posted_into_a_closed_period(
    closed: Books, api: ApiClient, desk: Client
) -> None:
    wanted = ("date", "period_closed")
    draft = closed.draft(DAY, ("6100", "5"), ("1010", "-5"))
    bill = closed.invoice("supplier", closed.partner(), DAY, "10")
    assert refused(lambda: post_voucher(draft, by=closed.by)) == wanted
    assert refused(lambda: post_invoice(bill, by=closed.by)) == wanted
    for path in (f"vouchers/{draft.pk}", f"invoices/{bill.pk}"):
        assert answered(lambda path=path: api.post(f"/finance/{path}/post/")) == [wanted]
    for noun, row in (("journalvoucher", draft), ("invoice", bill)):
        page = f"{ADMIN}/{noun}/{row.pk}/verb/post/"
        shown(lambda page=page: desk.post(page, follow=True), "is closed")
    table = "account,debit,credit\n1010,100,\n3000,,100\n"
    assert answered(
        lambda: api.upload(
            "/finance/opening-balances/import/",
            date="2026-03-10",
            balances=upload(table, "balances.csv"),
        )
    ) == [wanted]


# --- the wrong currency ---------------------------------------------------------------------------


def test_money_in_another_currency_settles_nothing(
    books: Books, api: ApiClient, desk: Client
) -> None:
    partner = books.partner()
    invoice = books.posted_invoice("customer", partner, DAY, "100")
    usd = make_currency("USD")
    books.rate("USD", date(2026, 1, 1), "0.9")
    given = {
        "direction": "in", "partner": partner, "account": books.account("1010"), "date": DAY,
        "amount": D(100), "currency": usd, "by": books.by,
    }  # fmt: skip
    assert refused(
        lambda: post_payment(
            books.company, allocations=[Allocation(invoice, D(100))], **given
        )
    ) == ("allocations", "wrong_currency")  # fmt: skip
    body = {
        "direction": "in", "partner": partner.code, "account": "1010", "date": "2026-03-10",
        "amount": "100", "currency": "USD",
        "allocations": [{"invoice": invoice.pk, "amount": "100"}],
    }  # fmt: skip
    [(attr, code)] = answered(lambda: api.post("/finance/payments/", body))
    assert (attr, code) == ("allocations", "wrong_currency")
    form = {
        "direction": "in", "partner": partner.pk, "account": books.account("1010").pk,
        "date": "2026-03-10", "amount": "100", "currency": "USD", "reference": "",
        **lines_of("allocations", {"invoice": invoice.pk, "amount": "100"}),
    }  # fmt: skip
    shown(lambda: desk.post(f"{ADMIN}/payment/add/", form), "is in another currency")


def test_a_statement_in_another_currency(books: Books, api: ApiClient, desk: Client) -> None:
    bank_account(books)
    content = camt(entry("5.00", "A", currency="USD"), currency="USD")
    wanted = ("file", "wrong_currency")
    assert refused(
        lambda: import_file(books.company, name="s.xml", content=content, by=books.by)
    ) == wanted  # fmt: skip
    path = "/finance/bank-statements/import/"
    assert answered(lambda: api.upload(path, file=upload(content, "s.xml"))) == [wanted]
    page = f"{ADMIN}/bankimport/add/"
    shown(lambda: desk.post(page, {"file": upload(content, "s.xml")}), "is kept in EUR")


# --- a supplier's bill number that was entered before ---------------------------------------------


def test_a_suppliers_bill_number_is_posted_once(books: Books, api: ApiClient, desk: Client) -> None:
    supplier = books.partner()
    books.posted_invoice("supplier", supplier, DAY, "10", reference="R-1")
    again = books.invoice("supplier", supplier, DAY, "11", reference="R-1")
    wanted = ("reference", "entered_before")
    assert refused(lambda: post_invoice(again, by=books.by)) == wanted
    assert answered(lambda: api.post(f"/finance/invoices/{again.pk}/post/")) == [wanted]
    page = f"{ADMIN}/invoice/{again.pk}/verb/post/"
    shown(lambda: desk.post(page, follow=True), "R-1 of this supplier is posted already")
    other = books.invoice("supplier", books.partner(), DAY, "11", reference="R-1")
    assert post_invoice(other, by=books.by).status == "posted", "another supplier's is another bill"


# --- an allocation that goes in a circle ----------------------------------------------------------


def test_cost_that_only_goes_in_a_circle(books: Books, api: ApiClient, desk: Client) -> None:
    company, by = books.company, books.by
    cycle = create_cycle(
        company=company, code="M", name="M", method="reciprocal", account=books.account("5310"),
        by=by,
    )  # fmt: skip
    first, second = cost_centre(books, "S1"), cost_centre(books, "S2")
    for position, (giver, taker) in enumerate(((first, second), (second, first))):
        sender = create_sender(
            company=company, cycle=cycle, cost_object=giver, position=position, by=by
        )
        create_receiver(company=company, sender=sender, cost_object=taker, share=D(1), by=by)
    charged(books, DAY, "6100", "500", first)
    march = books.year.periods.get(number=3)
    wanted = ("receivers", "closed_circle")
    assert refused(
        lambda: propose_allocation(company, cycle=cycle, period=march, by=by)
    ) == wanted  # fmt: skip
    body = {"cycle": cycle.code, "period": march.pk}
    assert answered(lambda: api.post("/finance/allocation-runs/", body)) == [wanted]
    form = {"cycle": cycle.pk, "period": march.pk, **lines_of("lines")}
    words = "S1: The cost of a sender never leaves the circle of senders."
    shown(lambda: desk.post(f"{ADMIN}/allocationrun/add/", form), words)


# --- XML that is none -----------------------------------------------------------------------------

BROKEN = [
    pytest.param(b"<Document><Stmt>", id="cut-off"),
    pytest.param(b"<a>&nothing;</a>", id="unknown-entity"),
    pytest.param(b'<?xml version="1.0" encoding="UTF-8"?><a>\xff\xfe\x80</a>', id="not-utf-8"),
    pytest.param(
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
        id="entities",
    ),
]


@pytest.mark.parametrize("content", BROKEN)
def test_malformed_statements(books: Books, api: ApiClient, desk: Client, content: bytes) -> None:
    bank_account(books)
    field, code = refused(
        lambda: import_file(books.company, name="s.xml", content=content, by=books.by)
    )
    assert field == "file" and code in ("malformed_xml", "dtd")
    path = "/finance/bank-statements/import/"
    assert answered(lambda: api.upload(path, file=upload(content, "s.xml"))) == [("file", code)]
    page = f"{ADMIN}/bankimport/add/"
    shown(lambda: desk.post(page, {"file": upload(content, "s.xml")}), "XML")


@pytest.mark.parametrize("content", BROKEN)
def test_malformed_electronic_invoices(
    books: Books, api: ApiClient, desk: Client, content: bytes
) -> None:
    account = books.account("6110")
    wanted = refused(
        lambda: import_einvoice(
            books.company, name="b.xml", content=content, by=books.by, account=account
        )
    )
    assert wanted == ("file", "not_valid")
    given = {"company": books.company.code, "account": "6110"}
    path = "/finance/einvoices/import/"
    assert answered(
        lambda: api.upload(path, file=upload(content, "b.xml"), **given)
    ) == [wanted]  # fmt: skip
    page = "/reports/finance/einvoices/"
    form = {"company": books.company.pk, "account": account.pk}
    shown(lambda: desk.post(page, {**form, "file": upload(content, "b.xml")}), "XML")


@pytest.mark.parametrize("content", BROKEN)
def test_malformed_charts(by: User, content: bytes) -> None:
    company = make_company("EMPTY", by=by)
    desk, api = Client(), ApiClient(by)
    desk.force_login(by, "apps.core.backends.PermissionBackend")
    form = {"company": company.pk, "chart": "", "file": upload(content, "chart.xml")}
    shown(lambda: desk.post("/reports/finance/chart/", form), "XML")
    path = "/finance/charts/import/"
    [(attr, code)] = answered(lambda: api.upload(path, file=upload(content, "chart.xml")))
    assert (attr, code) == ("file", "not_xml")


def test_a_line_without_an_account_is_named_by_its_row(books: Books, api: ApiClient) -> None:
    """A bill's second line that nothing can bear: the row is in the answer."""
    lines = [BillingLine(D(1), D(5), account=books.account("6110")), BillingLine(D(1), D(5))]
    bill = draft_invoice(
        books.company, kind="supplier", partner=books.partner(), date=DAY, lines=lines, by=books.by
    )
    assert refused(lambda: post_invoice(bill, by=books.by)) == ("account", "account_required")
    with nothing_written():
        answer = api.post(f"/finance/invoices/{bill.pk}/post/")
    [error] = answer.body["errors"]
    assert (error["attr"], error["code"], error["row"]) == ("account", "account_required", 1)
