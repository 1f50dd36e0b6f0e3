"""The same figures on every face, and every figure the sum of what stands behind it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from apps.finance.models import CostObject
from apps.finance.queries.drill import breakdown, general_ledger, select_accounts
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.statements import balance_sheet, income_statement
from apps.finance.services.balances import fold_balances
from apps.finance.services.journal import Entry, Line, post_entry
from apps.masterdata.models import Machine, ReasonCode, Shift, WorkCentre
from tests.factories import Books, make_site, make_user
from tests.support.faces import ApiClient, codes, make_member
from tests.support.statements import at_most

D = Decimal
YEAR = {"date_from": "2026-01-01", "date_to": "2026-12-31"}


@pytest.fixture
def plant(books: Books) -> dict[str, Any]:
    """Losses on two work centres, three shifts and two reasons, over two months."""
    company, by = books.company, books.by
    site = books.site
    centres = [
        WorkCentre(company=company, code=c, name=c, site=site).save_by(by) for c in ("CUT", "MILL")
    ]
    machines = [
        Machine(company=company, code=f"M-{w.code}", name=w.code, site=site, work_centre=w).save_by(
            by
        )
        for w in centres
    ]
    shifts = [
        Shift(
            company=company, code=c, name=c, site=site, starts_at="06:00", ends_at="14:00"
        ).save_by(by)
        for c in ("EARLY", "LATE")
    ]
    reasons = [
        ReasonCode(company=company, code=c, name=c, kind="downtime").save_by(by)
        for c in ("JAM", "TOOL")
    ]
    events = []
    for n in range(24):
        event = CostObject(company=company, code=f"EV{n}", name="event", kind="machine").save_by(by)
        place = n % 2
        dims = {
            "site_id": site.pk,
            "work_centre_id": centres[place].pk,
            "machine_id": machines[place].pk,
            "shift_id": shifts[n // 2 % 2].pk,
            "reason_id": reasons[n // 4 % 2].pk,
        }
        amount = D(n + 1) + D("0.01")
        account = "5110" if n % 3 else "5100"
        lines = [
            Line(books.account(account).pk, amount, quantity=D(n + 1), **dims),
            Line(books.account("5395").pk, -amount, **dims),
        ]
        day = date(2026, 3 + n // 12, 1 + n)
        post_entry(company, Entry("PRD", day, event, lines), by=by)
        events.append(event)
        if n == 9:
            fold_balances()
    books.post(date(2026, 3, 9), ("1010", "1000.00"), ("4000", "-1000.00"))
    return {"centres": centres, "events": events}


def total_loss() -> Decimal:
    return sum((D(n + 1) + D("0.01") for n in range(24)), D(0))


def test_income_statement_sums_and_compares(books: Books, plant: dict[str, Any]) -> None:
    march = ReportFilter(books.company, date(2026, 3, 31), date(2026, 3, 1))
    april = march.changed(date_from=date(2026, 4, 1), date_to=date(2026, 4, 30))
    shown = income_statement(march, april)
    first = sum((D(n + 1) + D("0.01") for n in range(12)), D(0))
    assert shown.row("LOSSES").values == (-first, first - total_loss())
    assert shown.row("NET-INCOME").values == (D(1000), D(0))
    for row in shown.rows:
        assert len(row.values) == 2
    order = [row.code for row in shown.rows]
    assert order.index("REVENUE") < order.index("GROSS-PROFIT") < order.index("NET-INCOME")


def test_balance_sheet_balances_with_the_result_not_yet_carried(
    books: Books, plant: dict[str, Any]
) -> None:
    shown = balance_sheet(ReportFilter(books.company, date(2026, 12, 31)))
    assert shown.value("ASSETS") == shown.value("FUNDING") == shown.value("RESULT") == 1000


@pytest.mark.parametrize("split", [
    ("month",), ("work_centre",), ("shift", "reason"), ("month", "work_centre", "shift", "reason"),
    ("account",), ("machine", "date"), ("item",), ("site", "entry"),
])  # fmt: skip
def test_every_split_sums_to_its_parent(
    books: Books, plant: dict[str, Any], split: tuple[str, ...]
) -> None:
    year = ReportFilter(books.company, date(2026, 12, 31), date(2026, 1, 1))
    parent = income_statement(year).row("LOSSES")
    selection = select_accounts(year, line_id=parent.line_id)
    with at_most(1):
        found = breakdown(selection, split)
    assert found.total == parent.values[0] == -total_loss()
    assert sum(row.lines for row in found.rows) == 24
    if split == ("work_centre",):
        for row in found.rows:
            narrowed = select_accounts(
                year.having(work_centre=row.groups["work_centre"].key), line_id=parent.line_id
            )
            assert breakdown(narrowed, ("shift",)).total == row.amount


def test_the_general_ledger_pages_with_a_running_balance(
    books: Books, plant: dict[str, Any]
) -> None:
    april = ReportFilter(books.company, date(2026, 4, 30), date(2026, 4, 1))
    selection = select_accounts(april, account_id=books.account("5395").pk)
    whole = general_ledger(selection, limit=100)
    assert whole.opening == -sum((D(n + 1) + D("0.01") for n in range(12)), D(0))
    paged, cursor = [], ""
    while True:
        with at_most(2):
            page = general_ledger(selection, cursor=cursor, limit=5)
        paged += page.lines
        cursor = page.following
        if not cursor:
            break
    assert paged == whole.lines
    assert len(paged) == 12
    assert paged[-1].balance == -total_loss()


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


def test_from_the_income_statement_to_the_event_in_five_calls(
    books: Books, plant: dict[str, Any], api: ApiClient
) -> None:
    """Each answer says where to go on; each level sums to the figure that was followed."""
    calls = []

    def follow(url: str) -> dict[str, Any]:
        calls.append(url)
        path = url.split("/api/v1", 1)[-1]
        response = api.get(path)
        assert response.status_code == 200, response.body
        return response.body

    answer = follow("/finance/statements/income-statement/?date_from=2026-01-01&date_to=2026-12-31")
    row = next(r for r in answer["rows"] if r["code"] == "LOSSES")
    assert D(row["amount"]) == -total_loss()
    answer = follow(row["drill"].replace("by=month", "by=month,work_centre"))
    assert D(answer["rows"][-1]["amount"]) == D(row["amount"]), answer["rows"]
    row = answer["rows"][0]
    answer = follow(row["drill"].replace("by=shift", "by=shift,reason"))
    assert D(answer["rows"][-1]["amount"]) == D(row["amount"])
    row = answer["rows"][0]
    answer = follow(row["drill"])
    lines = [line for line in answer["rows"] if not line["is_total"]]
    debits = sum(D(line["debit"] or 0) - D(line["credit"] or 0) for line in lines)
    assert -debits == D(row["amount"])
    entry = follow(lines[0]["drill"])
    assert entry["source"]["model"] == "finance.costobject"
    assert entry["source"]["id"] in {event.pk for event in plant["events"]}
    assert entry["source"]["api"].endswith(f"/finance/cost-objects/{entry['source']['id']}/")
    assert len(calls) == 5


# --- five faces -------------------------------------------------------------------------------

REPORTS = {
    "trial-balance": ("credit", {}),
    "balance-sheet": ("amount", {}),
    "income-statement": ("amount", {"compare": "previous_year"}),
    "cash-flow": ("amount", {"compare": "previous_year"}),
    "equity-changes": ("amount", {}),
    "general-ledger": ("debit", {"line": "LOSSES"}),
    "breakdown": ("amount", {"line": "LOSSES", "by": "work_centre,month"}),
    "open-items": ("open_company", {"kind": "customer"}),
    "ageing": ("total", {"kind": "customer"}),
}


@pytest.mark.parametrize("name", REPORTS)
def test_five_faces_one_total(books: Books, plant: dict[str, Any], name: str) -> None:
    customer = books.partner("C1")
    for price in ("12.34", "1234.56"):
        books.posted_invoice("customer", customer, date(2026, 3, 3), price)
    key, more = REPORTS[name]
    query = {**YEAR, **more}
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    answer = client.get(f"/api/v1/finance/statements/{name}/", query)
    assert answer.status_code == 200, answer.content
    data = answer.json()
    place = [column["key"] for column in data["columns"]].index(key)
    expected = [D(row[key]) for row in data["rows"] if row[key]]
    assert expected, "figures to compare"
    files = {
        kind: client.get(f"/api/v1/finance/statements/{name}/", {**query, "as": kind}).content
        for kind in ("csv", "xlsx", "pdf")
    }
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert [D(row[place]) for row in rows[1:] if row[place]] == expected
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).get_sheet_by_index(0)
    body = sheet.to_python()[-len(data["rows"]) :]
    cells = [row[place] for row in body if row[place] != ""]
    assert all(isinstance(cell, float | int) for cell in cells), "real numbers"
    assert [D(str(cell)) for cell in cells] == expected
    page = client.get(f"/reports/finance/{name}/", query).content.decode()
    assert figures_of(page, place) == expected
    text = pdf_text(files["pdf"])
    for figure in expected:
        assert f"{figure:,.2f}".replace("-", "\u2212") in text
    assert re.search(r"(Page )?1 (of|/) \d+", text)


@pytest.mark.parametrize("name", ["balance-sheet", "income-statement", "cash-flow"])
def test_totals_of_a_spreadsheet_are_formulas(
    books: Books, plant: dict[str, Any], name: str
) -> None:
    """Worked out again from the cells they name, they are the figures that are shown."""
    query = {**YEAR, "compare": "previous_year", "as": "xlsx"}
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    content = client.get(f"/api/v1/finance/statements/{name}/", query).content
    cells, formulas = sheet_of(content)
    assert len(formulas) > 10
    for place, formula in formulas.items():
        assert worked_out(formula, cells) == cells[place], (place, formula)
    totals = [place for place, formula in formulas.items() if "+" in formula or "SUM" in formula]
    assert any(cells[place] for place in totals)


def sheet_of(content: bytes) -> tuple[dict[str, Decimal], dict[str, str]]:
    """Figures and formulas by address."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    cells, formulas = {}, {}
    for place, inner in re.findall(r'<c r="([A-Z]+[0-9]+)"[^>]*>(.*?)</c>', sheet):
        value = re.search(r"<v>(-?[0-9.eE+-]+)</v>", inner)
        if value:
            cells[place] = D(value[1])
        if found := re.search(r"<f>(.*?)</f>", inner):
            formulas[place] = found[1]
    return cells, formulas


def worked_out(formula: str, cells: dict[str, Decimal]) -> Decimal:
    if span := re.fullmatch(r"SUM\(([A-Z]+)(\d+):[A-Z]+(\d+)\)", formula):
        rows = range(int(span[2]), int(span[3]) + 1)
        return sum((cells[f"{span[1]}{row}"] for row in rows), D(0))
    text = re.sub(r"[A-Z]+\d+", lambda m: f"D('{cells[m[0]]}')", formula)
    return eval(re.sub(r"(?<![\d'.])(\d+)(?![\d'.])", r"D('\1')", text), {"D": D})  # noqa: S307


def figures_of(page: str, place: int) -> list[Decimal]:
    found = []
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page.split("<tbody", 1)[1], re.DOTALL):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        text = re.sub(r"<[^>]+>", "", cells[place]).strip()
        if text:
            found.append(D(text.replace(",", "").replace("\u2212", "-")))
    return found


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_long_reports_are_drawn_and_still_complete(books: Books) -> None:
    for _ in range(5):
        books.post(date(2026, 3, 3), *[("6110", "1.11")] * 80, ("1010", str(-D("1.11") * 80)))
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    query = {**YEAR, "account": "6110", "as": "pdf"}
    text = pdf_text(client.get("/api/v1/finance/statements/general-ledger/", query).content)
    assert text.count("1.11") >= 400
    assert "444.00" in text
    assert re.search(r"Page \d+ of \d+", text)


def test_filters_are_checked_by_name(books: Books, api: ApiClient) -> None:
    path = "/finance/statements/trial-balance/"
    for query, error in {
        "colour=red": ("colour", "unknown_parameter"),
        "date_to=2026-02-30": ("date_to", "invalid"),
        "period=2026": ("period", "invalid"),
        "item=NOPE": ("item", "does_not_exist"),
        "date_from=2026-05-01&date_to=2026-01-01": ("date_from", "invalid"),
        "company=NOPE": ("company", "does_not_exist"),
    }.items():
        response = api.get(f"{path}?{query}")
        assert (response.status_code, codes(response)) == (400, [error]), query
    response = api.get("/finance/statements/breakdown/?by=colour&line=LOSSES")
    assert codes(response) == [("by", "unknown_dimension")]


def test_another_companys_books_are_shut(books: Books, plant: dict[str, Any]) -> None:
    other = make_user("other", is_superuser=False)
    assert ApiClient(other).get("/finance/statements/trial-balance/").status_code == 403
    viewer = make_member("viewer", permissions=("finance.view_journalline",))
    refused = ApiClient(viewer).get("/finance/statements/trial-balance/?company=ACME")
    assert codes(refused) == [("company", "does_not_exist")]


def test_who_sees_one_site_sees_its_figures_only(books: Books, plant: dict[str, Any]) -> None:
    make_site(books.company, by=books.by, code="NORTH")
    member = make_member("north", books.company, permissions=("finance.view_journalline",))
    member.memberships.get().sites.set([books.site])
    api = ApiClient(member)
    path = "/finance/statements/income-statement/?date_from=2026-01-01&date_to=2026-12-31"
    assert codes(api.get(path)) == [("site", "required")]
    rows = api.get(f"{path}&site=MAIN").body["rows"]
    assert next(r for r in rows if r["code"] == "LOSSES")["amount"] == f"{-total_loss():.2f}"
    assert not any(r["code"] == "REVENUE" for r in rows)
    assert codes(api.get(f"{path}&site=NORTH")) == [("site", "does_not_exist")]
