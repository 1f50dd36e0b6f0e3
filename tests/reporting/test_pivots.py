"""Pivots through every face: the same total in five outputs, and the way down to the document."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import pypdfium2
import pytest

from apps.core.models import User
from apps.inventory.models import ItemValuation
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, codes, make_member

pytestmark = pytest.mark.django_db
QUESTION = "rows=account,month&values=result,lines&date_from=2026-01-01&date_to=2026-12-31"
EVIL = "=HYPERLINK(1)"


@pytest.fixture
def sold(books: Books) -> Books:
    books.post(date(2026, 2, 2), ("1010", "300"), ("4000", "-300"))
    books.post(date(2026, 3, 2), ("1010", "900"), ("4000", "-900"))
    books.post(date(2026, 3, 3), ("5000", "550.25"), ("1010", "-550.25"))
    return books


def pages(user: User) -> Any:
    return ApiClient(user).client


def test_the_same_total_in_five_outputs(sold: Books) -> None:
    """J1: page, CSV, XLSX, PDF and API show the same filter and the same figures."""
    client = pages(sold.by)
    wanted = Decimal("649.75")
    page = client.get(f"/reporting/pivot/ledger/?{QUESTION}").content.decode()
    assert "649.75" in page and "2026-01-01 – 2026-12-31" in page

    text = client.get(f"/reporting/pivot/ledger/?{QUESTION}&as=csv").content.decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    assert table[-1] == ["Total", "", "649.75", "3"]
    assert sum(Decimal(row[2]) for row in table[1:] if row[1] and row[1] != "Total") == wanted

    book = client.get(f"/reporting/pivot/ledger/?{QUESTION}&as=xlsx").content
    sheet = openpyxl.load_workbook(io.BytesIO(book)).active
    assert [cell.value for cell in list(sheet.rows)[-1]] == ["Total", None, 649.75, 3]

    pdf = pypdfium2.PdfDocument(client.get(f"/reporting/pivot/ledger/?{QUESTION}&as=pdf").content)
    assert "649.75" in pdf[0].get_textpage().get_text_range()

    answer = ApiClient(sold.by).get(f"/reporting/datasets/ledger/?{QUESTION}")
    assert answer.status_code == 200
    total = answer.body["rows"][-1]
    assert (total["result"], total["lines"], total["is_total"]) == ("649.75", 3, True)
    assert answer.body["left_out"] == 0


def test_a_figure_opens_its_documents_down_to_the_entry(sold: Books) -> None:
    api = ApiClient(sold.by)
    rows = api.get(f"/reporting/datasets/ledger/?{QUESTION}").body["rows"]
    [march] = [r for r in rows if r["account"].startswith("4000") and r["month"] == "2026-03"]
    lines = api.get(_path(march["links"]["result"])).body
    assert lines["rows"][-1]["result"] == march["result"] == "900.00"
    [line] = lines["rows"][:-1]
    assert line["links"]["document"].startswith("/admin/finance/journalvoucher/")
    [total] = [r for r in rows if r["account"].startswith("4000") and r["is_total"]]
    below = api.get(_path(total["links"]["account"])).body
    assert below["rows"][-1]["result"] == total["result"] == "1200.00"


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path.removeprefix('/api/v1')}?{parts.query}"


def test_columns_have_totals_of_their_own(sold: Books) -> None:
    words = "rows=account&cols=month&values=result&period=2026"
    answer = ApiClient(sold.by).get(f"/reporting/datasets/ledger/?{words}").body
    assert [column["label"] for column in answer["columns"]] == [
        "Account", "2026-02", "2026-03", "Total",
    ]  # fmt: skip
    keys = [column["key"] for column in answer["columns"][1:]]
    assert [answer["rows"][-1][key] for key in keys] == ["300.00", "349.75", "649.75"]


def test_names_of_people_are_never_formulas(books: Books) -> None:
    item = books.item(EVIL)
    ItemValuation.objects.create(company=books.company, item=item, quantity=1, value=5)
    client = pages(books.by)
    for words in ("rows=item", "cols=item"):
        text = client.get(f"/reporting/pivot/stock/?{words}&as=csv").content.decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith("=")], words
        assert [cell for cell in cells if cell.startswith(f"'{EVIL}")]
        book = client.get(f"/reporting/pivot/stock/?{words}&as=xlsx").content
        sheet = openpyxl.load_workbook(io.BytesIO(book)).active
        found = [cell for row in sheet.rows for cell in row if EVIL in str(cell.value)]
        assert found and all(cell.data_type == "s" for cell in found)
    page = client.get("/reporting/pivot/stock/?rows=item").content.decode()
    assert "=HYPERLINK(1)" in page


def test_a_page_shows_what_it_refuses(sold: Books) -> None:
    client = pages(sold.by)
    for words, field in (("rows=colour", "rows"), ("period=soon", "period"), ("as=doc", "as")):
        answer = client.get(f"/reporting/pivot/ledger/?{words}")
        assert answer.status_code == 400
        assert f"<strong>{field}</strong>" in answer.content.decode()
    refused = ApiClient(sold.by).get("/reporting/datasets/ledger/?rows=colour")
    assert (refused.status_code, codes(refused)) == (400, [("rows", "unknown_dimension")])
    assert ApiClient(sold.by).get("/reporting/datasets/nothing/").status_code == 404


def test_who_may_not_see_the_rows_sees_no_dataset(sold: Books) -> None:
    user = make_member("clerk", sold.company, permissions=("supply_chain.view_shipment",))
    api = ApiClient(user)
    assert [one["code"] for one in api.get("/reporting/datasets/").body["results"]] == [
        "deliveries"
    ]
    assert api.get("/reporting/datasets/ledger/").status_code == 404
    assert pages(user).get("/reporting/pivot/ledger/").status_code == 403
    assert pages(user).get("/reporting/pivot/ledger/lines/").status_code == 403
    assert pages(user).get("/reporting/pivot/deliveries/").status_code == 200


def test_another_company_stays_outside(sold: Books) -> None:
    other = make_books("OTHER", by=sold.by)
    other.post(date(2026, 3, 2), ("1010", "7"), ("4000", "-7"))
    user = make_member("reader", sold.company, permissions=("finance.view_journalline",))
    answer = ApiClient(user).get(f"/reporting/datasets/ledger/?{QUESTION}").body
    assert answer["rows"][-1]["result"] == "649.75"


def test_a_long_pivot_says_what_it_leaves_out(books: Books) -> None:
    first = books.item("FIRST")
    from apps.masterdata.models import Item

    Item.objects.bulk_create(
        Item(
            company=books.company, code=f"N{n:04}", name="x", category=first.category,
            unit=first.unit,
        )
        for n in range(600)
    )  # fmt: skip
    ItemValuation.objects.bulk_create(
        ItemValuation(company=books.company, item=item, quantity=1, value=1)
        for item in Item.objects.filter(code__startswith="N")
    )
    page = pages(books.by).get("/reporting/pivot/stock/?rows=item").content.decode()
    assert "101 more rows are not shown" in page and "600.00" in page
    text = pages(books.by).get("/reporting/pivot/stock/?rows=item&as=csv").content.decode()
    assert text.count("\n") == 602
