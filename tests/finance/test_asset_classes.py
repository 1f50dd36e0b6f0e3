from __future__ import annotations

from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.core.tables import read_table
from apps.finance.asset_resources import AssetClassResource, DepreciationBookResource
from apps.finance.models import AssetClass, AssetClassBook, DepreciationBook
from apps.finance.services.asset_classes import (
    create_class,
    create_class_book,
    update_book,
    update_class,
)
from tests.factories import Books
from tests.support.assets import book_of, class_of, in_service


def refused(code: str, field: str, call: object, /, *args: object, **values: object) -> None:
    with pytest.raises(BusinessError) as refusal:
        call(*args, **values)  # type: ignore[operator]
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_class_needs_accounts_that_the_register_keeps(books: Books) -> None:
    accounts = {
        "asset_account": books.account("1720"),
        "depreciation_account": books.account("1790"),
        "expense_account": books.account("6500"),
        "gain_account": books.account("4910"),
        "loss_account": books.account("6520"),
    }
    values = {"company": books.company, "code": "TOOLS", "name": "Tools", "by": books.by}
    for field, code, wanted in (
        ("asset_account", "1510", "not_an_asset_account"),
        ("depreciation_account", "1590", "not_an_asset_account"),
        ("expense_account", "1510", "not_a_result_account"),
    ):
        refused(wanted, field, create_class, **values, **{**accounts, field: books.account(code)})
    assert not AssetClass.objects.filter(code="TOOLS").exists()
    assert create_class(**values, **accounts).code == "TOOLS"


def test_what_assets_are_kept_on_stays(books: Books) -> None:
    in_service(books)
    machines = class_of(books)
    refused("has_movements", "asset_account", update_class, machines,
            asset_account=books.account("1730"), by=books.by)  # fmt: skip
    assert update_class(machines, name="Machines", by=books.by).name == "Machines"
    refused("has_movements", "posts_to_ledger", update_book, book_of(books),
            posts_to_ledger=False, by=books.by)  # fmt: skip


def test_terms_of_a_class_are_checked(books: Books) -> None:
    values = {"company": books.company, "asset_class": class_of(books), "by": books.by,
              "book": book_of(books, "TAX")}  # fmt: skip
    refused("macrs_life", "life_months", create_class_book, **values, method="macrs",
            convention="half_year", life_months=50)  # fmt: skip
    made = create_class_book(
        **values, method="macrs", convention="half_year", life_months=84,
        residual_percent=Decimal(0),
    )  # fmt: skip
    assert AssetClassBook.objects.filter(asset_class=made.asset_class).count() == 2


def test_books_and_classes_come_from_files(books: Books) -> None:
    in_service(books)
    table = read_table("b.csv", b"code,name,posts_to_ledger\nBOOKS,Books,false\n")
    report = DepreciationBookResource().run_import(table, company=books.company, by=books.by)
    assert [(error.row, error.code) for error in report.errors] == [(2, "has_movements")]
    assert DepreciationBook.objects.get(company=books.company, code="BOOKS").posts_to_ledger
    text = (
        "code,name,asset_account,depreciation_account,expense_account,gain_account,loss_account\n"
        "TOOLS,Tools,1720,1790,6500,4910,6520\nBAD,Bad,1510,1790,6500,4910,6520\n"
    )
    table = read_table("c.csv", text.encode())
    report = AssetClassResource().run_import(table, company=books.company, by=books.by)
    assert [(e.row, e.field) for e in report.errors] == [(3, "asset_account")]
    assert not AssetClass.objects.filter(code="TOOLS").exists()
