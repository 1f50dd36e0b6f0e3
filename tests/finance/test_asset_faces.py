"""Assets through the API, the admin, files and reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.finance.asset_card import asset_card_pdf
from apps.finance.models import AssetMovement, DepreciationRun, FixedAsset
from apps.finance.queries.asset_register import asset_register, forecast, roll_forward
from apps.finance.services.asset_disposals import dispose_asset
from tests.factories import Books
from tests.support.assets import book_of, class_of, in_service, period_of, registered, run, terms_of
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

D = Decimal
ASSETS = "/finance/assets/"
REPORTS = "/reports/finance"


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


@pytest.fixture
def desk(books: Books) -> Client:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    return client


def test_a_life_through_the_api(books: Books, api: ApiClient) -> None:
    terms = {
        "book": "BOOKS", "method": "straight_line", "convention": "full_month", "life_months": 60,
    }  # fmt: skip
    tax = {
        "book": "TAX", "method": "macrs", "convention": "half_year", "life_months": 60,
    }  # fmt: skip
    body = {"name": "Press", "asset_class": "MACHINERY", "books": [terms, tax]}
    made = api.post(ASSETS, body)
    assert (made.status_code, made.body["status"]) == (201, "ordered")
    url = f"{ASSETS}{made.body['id']}/"
    cost = {"date": "2026-01-01", "amount": "12000", "account": "1510"}
    assert api.post(f"{url}capitalise/", cost).status_code == 200
    assert api.post(f"{url}put-in-service/", {"date": "2026-01-01"}).body["status"] == "in_use"
    period = period_of(books, 1).pk
    ran = api.post("/finance/depreciation-runs/", {"period": period})
    assert (ran.status_code, D(ran.body["total"]), ran.body["assets"]) == (201, 200, 1)
    again = api.post("/finance/depreciation-runs/", {"period": period})
    assert (again.status_code, codes(again)) == (409, [("period", "already_depreciated")])
    reading = {"asset": made.body["id"], "date": "2026-01-31", "units": "7"}
    assert api.post("/finance/asset-usage/", reading).status_code == 201
    moved = api.get(f"/finance/asset-movements/?asset={made.body['id']}&kind=depreciation")
    assert [D(row["depreciation"]) for row in moved.body["results"]] == [200]
    valued = {"date": "2026-02-28", "value": "11000", "reason": "Appraisal"}
    assert api.post(f"{url}impair/", valued).body["status"] == "impaired"
    gone = {"date": "2026-03-31", "proceeds": "9000", "reason": "Sold"}
    assert api.post(f"{url}dispose/", gone).body["disposed_on"] == "2026-03-31"
    back = {"date": "2026-03-31", "reason": "Not sold"}
    assert api.post(f"{url}reverse-last/", back).body["status"] == "impaired"
    new = {"date": "2026-03-31", "life_months": 48, "reason": "Wear"}
    assert api.post(f"{url}estimate/", new).status_code == 200
    assert_reconciled()


@pytest.mark.parametrize(
    ("verb", "body", "wanted"),
    [
        ("capitalise", {"date": "2026-01-01", "amount": "-5"}, ("amount", "not_positive")),
        ("capitalise", {"date": "2026-01-01"}, ("amount", "required")),
        ("put-in-service", {"date": "2026-02-30"}, ("date", "invalid")),
        ("dispose", {"date": "2026-01-01", "reason": "x"}, ("asset", "not_in_use")),
        ("take-over", {"date": "2026-01-01", "cost": "100", "depreciation": "100",
                       "acquired_on": "2025-01-01", "in_service_on": "2025-01-01"},
         ("depreciation", "nothing_left")),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(
    books: Books, api: ApiClient, verb: str, body: dict[str, Any], wanted: tuple[str, str]
) -> None:
    asset = registered(books)
    answer = api.post(f"{ASSETS}{asset.pk}/{verb}/", body)
    assert answer.status_code in (400, 409, 422)
    assert codes(answer) == [wanted]
    assert not AssetMovement.objects.exists()


def test_who_may_not_capitalise_is_refused(books: Books) -> None:
    asset = registered(books)
    viewer = make_member("viewer", books.company, permissions=("finance.view_fixedasset",))
    api = ApiClient(viewer)
    assert api.get(f"{ASSETS}{asset.pk}/").status_code == 200
    body = {"date": "2026-01-01", "amount": "1"}
    assert api.post(f"{ASSETS}{asset.pk}/capitalise/", body).status_code == 403


FILE = """name,asset_class,acquired_on,in_service_on,date,cost,depreciation,life_months
Lathe,MACHINERY,2023-01-01,2023-01-01,2026-01-01,12000,3600,120
Mill,MACHINERY,2024-07-01,,2026-01-01,24000,3600,120
"""


def test_assets_are_taken_over_from_a_file(books: Books, api: ApiClient) -> None:
    def upload(text: str, query: str = "") -> Any:
        file = BytesIO(text.encode())
        file.name = "assets.csv"
        return api.upload(f"{ASSETS}import/{query}", file=file)

    tried = upload(FILE, "?dry_run=true")
    assert (tried.body["created"], FixedAsset.objects.count()) == (2, 0)
    bad = upload(FILE.replace("24000,3600", "24000,24000"))
    assert codes(bad) == [("depreciation", "nothing_left")]
    assert bad.body["errors"][0]["row"] == 3
    assert not FixedAsset.objects.exists()
    assert upload(FILE).body["created"] == 2
    assert (books.balance("1720"), books.balance("1790")) == (36000, -7200)
    assert run(books, 1).total == D("300.00")
    table = api.client.get(f"/api/v1{ASSETS}export/?as=csv").content.decode()
    assert "Lathe,MACHINERY,2023-01-01" in table and "12000" in table
    assert_reconciled()


@pytest.fixture
def plant(books: Books) -> Books:
    in_service(books)
    in_service(
        books, "3000", terms_of(books, life_months=30), asset_class=class_of(books, "OFFICE")
    )
    run(books, 1)
    gone = in_service(books, "600", on=date(2026, 2, 1))
    dispose_asset(gone, date=date(2026, 3, 31), proceeds=D(580), reason="Sold", by=books.by)
    return books


def test_register_and_roll_forward_tie_to_the_ledger(plant: Books) -> None:
    company, book = plant.company, book_of(plant)
    for at in (date(2026, 1, 31), date(2026, 2, 28), date(2026, 12, 31)):
        rows = asset_register(company, book_id=book.pk, at=at)
        ledger = sum(plant.balance(code, at) for code in ("1720", "1740", "1790"))
        assert sum(row.carrying for row in rows) == ledger
    [machines, office] = roll_forward(
        company, book_id=book.pk, first=date(2026, 2, 1), last=date(2026, 12, 31)
    )
    assert (machines.opening_cost, machines.additions, machines.disposals) == (12000, 600, -600)
    assert (machines.charge, machines.disposals_depreciation) == (20, -20)
    assert (machines.closing_carrying, office.closing_carrying) == (D(11800), D(2900))


def test_the_forecast_charges_what_runs_will(plant: Books) -> None:
    book = book_of(plant)
    rows = forecast(plant.company, book_id=book.pk, first=date(2026, 2, 1), months=3)
    assert [row.amount for row in rows] == [300, 300, 300]
    assert rows[-1].carrying == D(13800)
    assert [run(plant, month).total for month in (2, 3, 4)] == [300, 300, 300]


def test_reports_read_the_same_statements_for_any_number(plant: Books) -> None:
    book = book_of(plant)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            asset_register(plant.company, book_id=book.pk, at=date(2026, 12, 31))
            roll_forward(
                plant.company, book_id=book.pk, first=date(2026, 1, 1), last=date(2026, 12, 31)
            )
            forecast(plant.company, book_id=book.pk, first=date(2026, 4, 1))
        return len(queries)

    before = count()
    for _number in range(5):
        in_service(plant, "700")
    assert count() == before <= 5


@pytest.mark.parametrize("name", ["asset-register", "asset-roll-forward", "depreciation-forecast"])
def test_pages_and_files(plant: Books, desk: Client, api: ApiClient, name: str) -> None:
    page = desk.get(f"{REPORTS}/{name}/?date_from=2026-01-01&date_to=2026-12-31&book=BOOKS")
    assert page.status_code == 200
    for kind, begin in (("csv", b""), ("xlsx", b"PK"), ("pdf", b"%PDF")):
        file = desk.get(f"{REPORTS}/{name}/?date_to=2026-12-31&as={kind}")
        assert file.status_code == 200 and file.content.startswith(begin)
    body = api.get(f"/finance/statements/{name}/?date_to=2026-12-31&asset_class=OFFICE").body
    assert body["rows"][-1]["is_total"]
    assert desk.get(f"{REPORTS}/{name}/?book=NONE").status_code == 400


def test_the_card_says_all_of_an_asset(plant: Books) -> None:
    asset = FixedAsset.objects.filter(company=plant.company).order_by("pk").first()
    assert asset is not None
    pdf = pypdfium2.PdfDocument(asset_card_pdf(asset, paper="Letter"))
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    for words in (asset.number, "Lathe", "Straight", "12,000.00", "11,800.00", "Acquisition"):
        assert words in text, words


def test_the_admin_registers_acts_and_prints(books: Books, desk: Client) -> None:
    form = {
        "name": "Saw", "asset_class": class_of(books).pk,
        "books-TOTAL_FORMS": 0, "books-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert desk.post("/admin/finance/fixedasset/add/", form).status_code == 302
    asset = FixedAsset.objects.get(name="Saw")
    assert asset.books.count() == 1
    page = f"/admin/finance/fixedasset/{asset.pk}"
    cost = {"date": "2026-01-01", "amount": "1200", "account": ""}
    desk.post(f"{page}/verb/capitalise/", cost)
    desk.post(f"{page}/verb/service/", {"date": "2026-01-01"})
    run_form = {"book": book_of(books).pk, "period": period_of(books, 1).pk}
    assert desk.post("/admin/finance/depreciationrun/add/", run_form).status_code == 302
    made = DepreciationRun.objects.get()
    assert made.total == D("10.00")
    desk.post(f"{page}/verb/dispose/", {"date": "2026-02-28", "proceeds": "", "cost": "",
                                        "account": "", "reason": "Scrapped"})  # fmt: skip
    asset.refresh_from_db()
    assert asset.status == "disposed"
    for path in (f"{page}/change/", f"{page}/print/card/", "/admin/finance/fixedasset/",
                 f"/admin/finance/depreciationrun/{made.pk}/change/",
                 "/admin/finance/assetmovement/"):  # fmt: skip
        assert desk.get(path).status_code == 200, path
    change = {"name": "Band saw", "asset_class": class_of(books).pk}
    again = registered(books)
    posted = desk.post(f"/admin/finance/fixedasset/{again.pk}/change/",
                       {**change, "books-TOTAL_FORMS": 0, "books-INITIAL_FORMS": 0})  # fmt: skip
    assert posted.status_code == 302
    again.refresh_from_db()
    assert again.name == "Band saw"


def test_terms_stay_and_a_site_sees_its_own(plant: Books, api: ApiClient) -> None:
    asset = FixedAsset.objects.filter(company=plant.company).order_by("pk").first()
    assert asset is not None
    terms = [{"book": "BOOKS", "method": "none"}]
    answer = api.patch(f"{ASSETS}{asset.pk}/", {"books": terms}, version=asset.version)
    assert codes(answer) == [("books", "by_estimate")]
    moved = api.patch(f"{ASSETS}{asset.pk}/", {"site": "MAIN"}, version=asset.version)
    assert moved.status_code == 200
    url = "/finance/statements/asset-register/?date_to=2026-12-31"
    rows = api.get(f"{url}&site=MAIN").body["rows"]
    assert [row["number"] for row in rows if not row["is_total"]] == [asset.number]
    assert len([row for row in api.get(url).body["rows"] if not row["is_total"]]) == 2
