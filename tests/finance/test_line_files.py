"""Vouchers and opening balances from files, by the API."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.tables import write_xlsx
from apps.finance.models import Invoice, JournalEntry, JournalVoucher
from tests.factories import Books
from tests.support.faces import ApiClient, codes

D = Decimal


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


def file(text: str, name: str = "lines.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def send(api: ApiClient, content: SimpleUploadedFile) -> object:
    return api.upload("/finance/vouchers/import/", journal="GEN", date="2026-03-01", file=content)


def test_a_voucher_comes_from_a_file(books: Books, api: ApiClient) -> None:
    books.partner("P-1")
    text = "account;debit;credit;memo;partner\n6110;300.50;;Power;P-1\n1010;;300.50;;\n"
    answer = send(api, file(text))
    assert answer.status_code == 201, answer.body
    voucher = JournalVoucher.objects.get()
    assert [(n.account.code, n.debit, n.credit, n.memo) for n in voucher.lines.all()] == [
        ("6110", D("300.5"), D(0), "Power"),
        ("1010", D(0), D("300.5"), ""),
    ]
    assert api.post(f"/finance/vouchers/{voucher.pk}/post/").body["number"] == "GEN-2026-000001"


def test_a_spreadsheet_works_as_well(books: Books, api: ApiClient) -> None:
    rows = iter([("6110", D("300.50"), None), ("1010", None, D("300.50"))])
    content = write_xlsx(("account", "debit", "credit"), rows)
    answer = send(api, SimpleUploadedFile("lines.xlsx", content))
    assert answer.status_code == 201, answer.body


@pytest.mark.parametrize(
    ("text", "attr", "code", "row"),
    [
        ("account,debit\n6110,1\nNOPE,1\n", "account", "does_not_exist", 1),
        ("account,debit\n6110,1.2.3\n", "debit", "invalid", 0),
        ("account,debit\n6110,0.00001\n", "debit", "too_many_decimals", 0),
        ("account,debit\n,1\n", "account", "required", 0),
        ("account,credit,debit\n6110,1,1\n", "debit", "one_side", 0),
        ("account,amount\n6110,1\n", "file", "unknown_column", None),
    ],
)
def test_what_is_wrong_is_named_and_nothing_written(
    books: Books, api: ApiClient, text: str, attr: str, code: str, row: int | None
) -> None:
    answer = send(api, file(text))
    assert answer.status_code == 422
    assert codes(answer) == [(attr, code)]
    assert answer.body["errors"][0].get("row") == row
    assert not JournalVoucher.objects.exists()


def test_old_books_come_from_two_files(books: Books, api: ApiClient) -> None:
    books.partner("C-1")
    balances = "account,debit,credit\n1010,500,\n1100,120,\n3000,,620\n"
    items = (
        "kind,partner,reference,due_date,amount,currency\n"
        "customer,C-1,OLD-1,2026-01-31,120.00,EUR\n"
    )
    wrong = api.upload(
        "/finance/opening-balances/import/", date="2026-01-01", balances=file(balances)
    )
    assert codes(wrong) == [("items", "open_items_differ")]
    assert not JournalEntry.objects.exists()
    answer = api.upload(
        "/finance/opening-balances/import/",
        date="2026-01-01",
        balances=file(balances),
        items=file(items),
    )
    assert answer.status_code == 201, answer.body
    assert D(answer.body["residue"]) == 0
    assert Invoice.objects.get().reference == "OLD-1"
    assert books.balance("1100") == 120
