from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import InvalidInput
from apps.finance.models import Invoice, JournalEntry, JournalVoucher
from apps.finance.queries.open_items import open_items
from apps.finance.queries.opening import opening_residue
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.opening import OpeningBalance, OpeningItem, post_opening_balances
from tests.factories import Books, make_currency
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
DAY = date(2026, 1, 1)
OLD_BOOKS = {
    "1010": "5000.00", "1100": "1290.00", "1300": "800.00", "1510": "9000.00",
    "2000": "-650.00", "2500": "-4000.00", "3000": "-10000.00", "3100": "-1440.00",
}  # fmt: skip


def balances(books: Books, **changed: str) -> list[OpeningBalance]:
    return [OpeningBalance(books.account(c), D(a)) for c, a in {**OLD_BOOKS, **changed}.items()]


def items(books: Books) -> list[OpeningItem]:
    customer, supplier = books.partner("C-1"), books.partner("S-1")
    dollars = make_currency("USD")
    due = date(2026, 1, 20)
    return [
        OpeningItem("customer", customer, "OLD-1", due, D("840.00")),
        OpeningItem("customer", customer, "OLD-2", due, D("500.00"), dollars, D("0.90")),
        OpeningItem("supplier", supplier, "THEIRS-9", due, D("650.00")),
    ]


def test_old_books_are_taken_over_to_the_cent(books: Books) -> None:
    made = post_opening_balances(
        books.company, date=DAY, balances=balances(books), items=items(books), by=books.by
    )
    assert made.to_come == {"1300": D("800.00")}
    assert opening_residue(books.company) == D("800.00"), "what the stock is still to bring"
    stock = Entry(
        "INV",
        DAY,
        books.item(),
        [Line(books.account("1300").pk, D(800)), Line(books.account("3900").pk, D(-800))],
    )
    post_entry(books.company, stock, by=books.by)
    assert opening_residue(books.company) == 0
    for code, amount in OLD_BOOKS.items():
        assert books.balance(code) == D(amount), code
    found = open_items(books.company, kind="customer", at=DAY)
    assert [(i.reference, i.open, i.open_company) for i in found] == [
        ("OLD-1", D(840), D(840)), ("OLD-2", D(500), D(450)),
    ]  # fmt: skip
    assert_reconciled("ledger-balances", "receivables", "payables", "manual-lines")


def test_books_that_do_not_balance_are_refused_with_the_difference(books: Books) -> None:
    wrong = balances(books, **{"1010": "5000.01"})
    with pytest.raises(InvalidInput) as refusal:
        post_opening_balances(
            books.company, date=DAY, balances=wrong, items=items(books), by=books.by
        )
    assert refusal.value.code == "opening_unbalanced"
    assert refusal.value.details == {"difference": "0.01"}


@pytest.mark.parametrize(("missing", "control"), [(1, "receivable"), (2, "payable")])
def test_open_items_must_make_up_the_control_account(
    books: Books, missing: int, control: str
) -> None:
    listed = items(books)
    gone = listed.pop(missing)
    with pytest.raises(InvalidInput) as refusal:
        post_opening_balances(
            books.company, date=DAY, balances=balances(books), items=listed, by=books.by
        )
    assert refusal.value.code == "open_items_differ"
    assert refusal.value.details["control"] == control
    expected = D(450) if missing == 1 else -gone.amount
    assert D(refusal.value.details["difference"]) == expected
    assert not JournalEntry.objects.exists()
    assert not JournalVoucher.objects.exists()
    assert not Invoice.objects.exists()


def test_by_the_api(books: Books) -> None:
    books.partner("C-1")
    books.partner("S-1")
    api = ApiClient(books.by)
    body = {
        "date": "2026-01-01",
        "balances": [{"account": code, "amount": amount} for code, amount in OLD_BOOKS.items()],
        "items": [
            {
                "kind": "customer", "partner": "C-1", "reference": "OLD-1",
                "due_date": "2026-01-20", "amount": "1290.00",
            },
            {
                "kind": "supplier", "partner": "S-1", "reference": "THEIRS-9",
                "due_date": "2026-01-20", "amount": "650.00",
            },
        ],
    }  # fmt: skip
    short = {**body, "items": body["items"][:1]}
    assert codes(api.post("/finance/opening-balances/", short)) == [("items", "open_items_differ")]
    answer = api.post("/finance/opening-balances/", body)
    assert answer.status_code == 201, answer.body
    assert answer.body["residue"] == "800.0000"
    assert answer.body["to_come"] == {"1300": "800.0000"}
    assert answer.body["invoices"] == ["SAL-2026-000001", "PUR-2026-000001"]


def opening_files(rows: dict[str, str]) -> dict[str, object]:
    balances = "account,debit,credit\n" + "".join(
        f"{code},{amount},\n" if not amount.startswith("-") else f"{code},,{amount[1:]}\n"
        for code, amount in rows.items()
    )
    items = (
        "kind,partner,reference,due_date,amount\n"
        "customer,C-1,OLD-1,2026-01-20,1290.00\nsupplier,S-1,THEIRS-9,2026-01-20,650.00\n"
    )
    return {
        "date": "2026-01-01",
        "balances": SimpleUploadedFile("balances.csv", balances.encode()),
        "items": SimpleUploadedFile("items.csv", items.encode()),
    }


def test_files_are_checked_before_they_are_posted(books: Books) -> None:
    books.partner("C-1")
    books.partner("S-1")
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    path = "/api/v1/finance/opening-balances"

    def sent(action: str, rows: dict[str, str]) -> Any:
        key = {"Idempotency-Key": f"{action}-{rows['1010']}"}
        return client.post(f"{path}/{action}/", opening_files(rows), headers=key)

    for action in ("check", "import"):
        refused = sent(action, {**OLD_BOOKS, "1010": "5000.01"})
        assert refused.status_code == 422, refused.content
        [error] = refused.json()["errors"]
        assert (error["code"], error["attr"]) == ("opening_unbalanced", "balances")
        assert error["details"] == {"difference": "0.01"}
        assert not JournalVoucher.objects.exists()
    checked = sent("check", OLD_BOOKS)
    assert checked.status_code == 200, checked.content
    assert checked.json() == {"balances": 8, "items": 2, "to_come": {"1300": "800.00"}}
    assert not JournalEntry.objects.exists()
    assert not JournalVoucher.objects.exists()
    assert not Invoice.objects.exists()
    assert sent("import", OLD_BOOKS).json()["number"] == "GEN-2026-000001", "no number was lost"
