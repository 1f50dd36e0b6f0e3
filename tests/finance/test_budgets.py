"""Budgets: versions, lines, spreading, files, and budget against actual."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.money import allocate
from apps.core.reconcile import reconcile
from apps.finance.models import BudgetLine, BudgetVersion, Period
from apps.finance.queries.budgets import budget_figures, periods_of
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.finance.services.budget_lines import (
    change_budget_line,
    create_budget_line,
    delete_budget_line,
)
from apps.finance.services.budgets import (
    BudgetRow,
    approve_budget,
    cancel_budget,
    change_budget,
    remove_budget_lines,
    revise_budget,
    set_budget_lines,
    spread_budget,
)
from apps.finance.services.periods import open_fiscal_year
from tests.factories import Books, make_books, make_user
from tests.support.budgets import approved, charged, cost_centre, drafted
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
MARCH = date(2026, 3, 10)
BUDGETS = "/finance/budgets/"
PAGE = "/reports/finance/budget-variance/"


@pytest.fixture
def api(books: Books) -> ApiClient:
    return ApiClient(books.by)


@pytest.fixture
def desk(books: Books) -> Client:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    return client


def months(budget: BudgetVersion, account: str) -> list[Decimal]:
    lines = budget.lines.filter(account__code=account).order_by("period__number")
    return list(lines.values_list("amount", flat=True))


def test_one_version_of_a_year_is_in_force(books: Books) -> None:
    first = approved(books, ("6100", 1, "1000"))
    draft = revise_budget(first, by=books.by)
    assert (draft.status, draft.revises, months(draft, "6100")) == ("draft", first, [D(1000)])
    set_budget_lines(draft, [BudgetRow(books.account("6100"), 1, D(1200))], by=books.by)
    second = approve_budget(draft, by=make_user("chief", company=books.company))
    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "approved")
    assert months(first, "6100") == [D(1000)] and months(second, "6100") == [D(1200)]
    assert first.history.first().history_change_reason == f"Superseded by {second.number}"
    with pytest.raises(InvalidTransition):
        approve_budget(first, by=books.by)
    with pytest.raises(BusinessError) as refusal:
        set_budget_lines(second, [BudgetRow(books.account("6100"), 1, D(1))], by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("wrong_status", "status")
    assert_reconciled()


def test_who_wrote_it_does_not_approve_it_and_nobody_an_empty_one(books: Books) -> None:
    draft = drafted(books, ("6100", 1, "1000"))
    with pytest.raises(BusinessError) as refusal:
        approve_budget(draft, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("same_person", "approved_by")
    with pytest.raises(BusinessError) as refusal:
        approve_budget(drafted(books), by=make_user(company=books.company))
    assert (refusal.value.code, refusal.value.field) == ("no_lines", "lines")
    assert not BudgetVersion.objects.filter(status="approved").exists()


def test_drafts_are_changed_and_given_up(books: Books) -> None:
    draft = drafted(books, ("6100", 1, "1000"), ("6100", 2, "1000"), ("6110", 1, "50"))
    draft = change_budget(draft, policy="refuse", by=books.by)
    assert draft.policy == "refuse"
    with pytest.raises(InvalidInput) as refusal:
        change_budget(draft, fiscal_year=books.year, by=books.by)
    assert refusal.value.field == "fiscal_year"
    remove_budget_lines(draft, account=books.account("6100"), by=books.by)
    assert [line.account.code for line in draft.lines.all()] == ["6110"]
    with pytest.raises(BusinessError) as refusal:
        remove_budget_lines(draft, account=books.account("6100"), by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_such_line", "account")
    assert cancel_budget(draft, by=books.by).status == "cancelled"


@pytest.mark.parametrize(
    ("month", "amount", "wanted"),
    [
        (13, "1", ("no_period", "period")),
        (0, "1", ("no_period", "period")),
        (1, "NaN", ("not_a_number", "amount")),
        (1, "1e17", ("too_large", "amount")),
        (1, "1.005", ("too_many_decimals", "amount")),
    ],
)
def test_bad_lines_name_row_and_field_and_write_nothing(
    books: Books, month: int, amount: str, wanted: tuple[str, str]
) -> None:
    draft = drafted(books)
    rows = [
        BudgetRow(books.account("6100"), 1, D(1)),
        BudgetRow(books.account("6110"), month, D(amount)),
    ]
    with pytest.raises(InvalidInput) as refusal:
        set_budget_lines(draft, rows, by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (*wanted, 1)
    assert not BudgetLine.objects.exists()


def test_a_line_twice_or_of_another_company_is_refused(books: Books) -> None:
    draft = drafted(books)
    row = BudgetRow(books.account("6100"), 1, D(1))
    other = make_books("OTHER", by=make_user())
    for rows, wanted in (
        ([row, row], ("duplicate", "period", 1)),
        ([row, BudgetRow(other.account("6100"), 1, D(1))], ("other_company", "account", 1)),
    ):
        with pytest.raises(InvalidInput) as refusal:
            set_budget_lines(draft, rows, by=books.by)
        assert (refusal.value.code, refusal.value.field, refusal.value.row) == wanted
    assert not BudgetLine.objects.exists()


def test_a_year_is_spread_evenly_to_the_cent(books: Books) -> None:
    draft = spread_budget(
        drafted(books), account=books.account("6100"), amount=D(1000), by=books.by
    )
    found = months(draft, "6100")
    assert found == [D("83.34")] * 4 + [D("83.33")] * 8
    assert sum(found) == 1000


def test_a_year_is_spread_as_last_years_actuals_fell(books: Books) -> None:
    open_fiscal_year(books.company, code="2025", starts_on=date(2025, 1, 1), by=books.by)
    centre = cost_centre(books, "CC1")
    charged(books, date(2025, 2, 3), "6100", "300", centre)
    charged(books, date(2025, 5, 3), "6100", "100", centre)
    charged(books, date(2025, 6, 3), "6100", "-50", centre)
    charged(books, date(2025, 6, 3), "6100", "999")
    draft = spread_budget(
        drafted(books),
        account=books.account("6100"),
        cost_object=centre,
        amount=D(1000),
        method="last_year",
        by=books.by,
    )
    found = months(draft, "6100")
    assert (found[1], found[4], sum(found)) == (750, 250, 1000)
    with pytest.raises(BusinessError) as refusal:
        spread_budget(
            draft, account=books.account("6420"), amount=D(1), method="last_year", by=books.by
        )
    assert (refusal.value.code, refusal.value.field) == ("nothing_posted", "method")
    with pytest.raises(InvalidInput) as refusal:
        spread_budget(draft, account=books.account("6420"), amount=D(1), method="x", by=books.by)
    assert refusal.value.field == "method"


@given(
    amount=st.decimals("-99999999", "99999999", places=2),
    weights=st.lists(st.decimals("0", "1000", places=2), min_size=12, max_size=12).filter(any),
)
def test_months_sum_to_the_year(amount: Decimal, weights: list[Decimal]) -> None:
    assert sum(allocate(amount, weights)) == amount


def test_every_line_counts_once_and_an_account_is_its_trial_balance(books: Books) -> None:
    mine, other = cost_centre(books, "CC1"), cost_centre(books, "CC2")
    budget = approved(
        books,
        ("6100", 3, "500", mine),
        ("6100", 3, "200"),
        ("6110", 3, "100", mine),
        ("4100", 3, "900"),
    )
    charged(books, MARCH, "6100", "120.10", mine)
    charged(books, MARCH, "6100", "30", other)
    charged(books, MARCH, "6100", "5")
    charged(books, MARCH, "6110", "7", other)
    charged(books, MARCH, "4100", "-850")
    found = budget_figures(budget, periods_of(books.year))
    march = books.year.periods.get(number=3).pk

    def figures(code: str, centre: Any = None) -> tuple[Decimal, Decimal]:
        one = found[books.account(code).pk, centre and centre.pk][march]
        return one.planned, one.posted

    assert figures("6100", mine) == (500, D("120.10"))
    assert figures("6100") == (200, 35)
    assert figures("6110", mine) == (100, 0)
    assert figures("6110") == (0, 7)
    assert figures("4100") == (900, 850)
    sums = {row.code: row.movement for row in trial_balance(
        ReportFilter(books.company, date(2026, 12, 31), date(2026, 1, 1))
    ).rows}  # fmt: skip
    posted = sum(
        one.posted for (key, _other), by in found.items() for one in by.values()
        if key == books.account("6100").pk
    )  # fmt: skip
    assert posted == sums["6100"] == D("155.10")


def test_the_page_and_its_files_say_the_same_to_the_cent(books: Books, desk: Client) -> None:
    centre = cost_centre(books, "CC1")
    approved(books, ("6100", 3, "500.50", centre), ("6100", 4, "10"), ("4100", 3, "900"))
    charged(books, MARCH, "6100", "120.10", centre)
    query = f"{PAGE}?date_from=2026-03-01&date_to=2026-03-31"
    page = desk.get(query)
    assert page.status_code == 200
    text = page.content.decode()
    assert "500.50" in text and "380.40" in text and "/reports/finance/general-ledger/" in text
    rows = list(csv.reader(io.StringIO(desk.get(f"{query}&as=csv").content.decode("utf-8-sig"))))
    line = next(row for row in rows if row[:1] == ["6100"] and row[2] == "CC1")
    assert line[3:] == ["500.50", "120.10", "380.40", "favourable", "0.00", "380.40"]
    book = load_workbook(BytesIO(desk.get(f"{query}&as=xlsx").content))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    sheet = next(row for row in cells if row[0] == "6100" and row[2] == "CC1")
    assert [D(str(sheet[n])) for n in (3, 4, 5, 7, 8)] == [D(line[n]) for n in (3, 4, 5, 7, 8)]
    assert sheet[6] == "favourable"
    pdf = pypdfium2.PdfDocument(desk.get(f"{query}&as=pdf").content)
    assert "380.40" in pdf[0].get_textpage().get_text_range()
    answer = ApiClient(books.by).get(
        "/finance/statements/budget-variance/?date_from=2026-03-01&date_to=2026-03-31"
    )
    assert [row["rest"] for row in answer.body["rows"] if row["cost_object"] == "CC1"] == ["380.40"]


@pytest.mark.parametrize(
    ("account", "planned", "posted", "variance", "effect", "available"),
    [
        ("4100", "900", "-1000", "100.00", "favourable", ""),
        ("4100", "900", "-850", "-50.00", "unfavourable", ""),
        ("4100", "900", "-900", "0.00", "", ""),
        ("6100", "900", "1000", "-100.00", "unfavourable", "-100.00"),
        ("6100", "900", "850", "50.00", "favourable", "50.00"),
        ("1500", "900", "1000", "-100.00", "", "-100.00"),
        ("2300", "900", "-1000", "-100.00", "", ""),
    ],
)
def test_more_income_is_good_and_more_cost_is_not(
    books: Books,
    desk: Client,
    account: str,
    planned: str,
    posted: str,
    variance: str,
    effect: str,
    available: str,
) -> None:
    approved(books, (account, 3, planned))
    charged(books, MARCH, account, posted)
    query = f"{PAGE}?date_from=2026-03-01&date_to=2026-03-31"
    rows = list(csv.reader(io.StringIO(desk.get(f"{query}&as=csv").content.decode("utf-8-sig"))))
    own, total = (next(r for r in rows if r[:1] == [code] and len(r) > 8) for code in (account, ""))
    expected = [f"{D(planned):.2f}", f"{abs(D(posted)):.2f}", variance, effect, "0.00", available]
    assert own[3:] == total[3:] == expected
    answer = ApiClient(books.by).get(
        "/finance/statements/budget-variance/?date_from=2026-03-01&date_to=2026-03-31"
    )
    row = answer.body["rows"][0]
    assert [row[name] or "" for name in ("variance", "effect", "rest")] == [
        variance, effect, available,
    ]  # fmt: skip
    page = desk.get(query).content.decode()
    assert "Variances above zero are favourable" in page
    sheet = load_workbook(BytesIO(desk.get(f"{query}&as=xlsx").content)).active
    cells = next(list(r) for r in sheet.iter_rows(values_only=True) if r[0] == account)
    assert D(str(cells[5])) == D(variance) and (cells[6] or "") == effect
    assert (None if available == "" else D(available)) == (
        None if cells[8] in (None, "") else D(str(cells[8]))
    )


def test_dates_are_widened_to_whole_months_and_an_empty_page_says_so(
    books: Books, desk: Client
) -> None:
    empty = desk.get(f"{PAGE}?date_to=2026-03-31")
    assert empty.status_code == 200 and "No budget is approved" in empty.content.decode()
    budget = approved(books, ("6100", 3, "500"), ("6100", 4, "70"))
    page = desk.get(f"{PAGE}?date_from=2026-03-15&date_to=2026-04-02").content.decode()
    assert "570.00" in page and "2026-03 – 2026-04" in page
    wrong = desk.get(f"{PAGE}?budget={budget.number}&date_from=2027-01-01&date_to=2027-02-01")
    assert wrong.status_code == 422 and "date_to" in wrong.content.decode()
    assert desk.get(f"{PAGE}?budget=BUD-0").status_code == 400


def test_a_life_through_the_api(books: Books, api: ApiClient) -> None:
    made = api.post(BUDGETS, {"name": "Plan", "fiscal_year": books.year.pk, "policy": "refuse"})
    assert (made.status_code, made.body["status"], made.body["span"]) == (201, "draft", "year")
    url = f"{BUDGETS}{made.body['id']}/"
    lines = [{"account": "6100", "period": 1, "amount": "10.00"}]
    assert api.post(f"{url}set-lines/", {"lines": lines}).status_code == 200
    spread = {"account": "6110", "amount": "1200", "method": "even"}
    assert api.post(f"{url}spread/", spread).status_code == 200
    assert len(api.get(f"/finance/budget-lines/?budget={made.body['id']}").body["results"]) == 13
    assert codes(api.post(f"{url}approve/")) == [("approved_by", "same_person")]
    chief = ApiClient(make_user("chief", company=books.company))
    assert chief.post(f"{url}approve/").body["status"] == "approved"
    assert codes(api.post(f"{url}spread/", spread)) == [("status", "wrong_status")]
    draft = api.post(f"{url}revise/")
    assert (draft.status_code, draft.body["revises"]) == (201, made.body["id"])
    gone = api.post(f"{BUDGETS}{draft.body['id']}/cancel/", {"reason": "No"})
    assert gone.body["status"] == "cancelled"


def test_lines_come_from_a_file_and_go_to_one(books: Books, api: ApiClient) -> None:
    cost_centre(books, "CC1")
    draft = drafted(books, ("6100", 1, "5"))

    def upload(text: str, query: str = "") -> Any:
        file = BytesIO(text.encode())
        file.name = "budget.csv"
        return api.upload(f"/finance/budget-lines/import/{query}", file=file)

    head = "budget,account,cost_object,period,amount\n"
    good = f"{head}{draft.number},6100,,1,70\n{draft.number},6100,CC1,2,30.5\n"
    tried = upload(good, "?dry_run=true")
    assert (tried.body["created"], tried.body["errors"]) == (2, [])
    assert months(draft, "6100") == [5]
    assert upload(good).status_code == 200
    assert sorted(months(draft, "6100")) == [D("30.5"), D(70)]
    for line, wanted in (
        (f"{draft.number},6100,,14,1", ("period", "no_period")),
        (f"{draft.number},9999,,1,1", ("account", "does_not_exist")),
        ("BUD-1,6100,,1,1", ("budget", "does_not_exist")),
        (f"{draft.number},6100,,1,abc", ("amount", "not_a_number")),
    ):
        answer = upload(f"{good}{line}\n")
        assert answer.status_code == 422
        assert [(e["attr"], e["row"]) for e in answer.body["errors"]] == [(wanted[0], 4)], line
    assert sorted(months(draft, "6100")) == [D("30.5"), D(70)]
    table = api.client.get(f"/api/v1/finance/budget-lines/export/?budget={draft.pk}&as=csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [(r["account"], r["cost_object"], r["period"]) for r in rows] == [
        ("6100", "", "1"),
        ("6100", "CC1", "2"),
    ]
    assert upload(table.content.decode("utf-8-sig")).status_code == 200


def test_the_pages_of_the_back_office_open_and_spread(books: Books, desk: Client) -> None:
    draft = drafted(books, ("6100", 1, "5"))
    url = f"/admin/finance/budgetversion/{draft.pk}/"
    assert desk.get(f"{url}change/").status_code == 200
    assert desk.get(f"{url}verb/spread/").status_code == 200
    given = {"account": books.account("6110").pk, "amount": "120", "method": "even"}
    assert desk.post(f"{url}verb/spread/", given).status_code == 302
    assert months(draft, "6110") == [10] * 12
    assert desk.get("/admin/finance/budgetline/").status_code == 200
    assert desk.get("/admin/finance/budgetline/import/").status_code == 200
    new = {
        "name": "Next",
        "fiscal_year": books.year.pk,
        "policy": "warn",
        "span": "year",
        "dimension": "item",
    }
    assert desk.post("/admin/finance/budgetversion/add/", new).status_code == 302
    assert BudgetVersion.objects.filter(name="Next").exists()


@pytest.mark.breaks("budget-lines-in-their-year")
def test_a_line_outside_of_its_year_is_found(books: Books) -> None:
    budget = drafted(books, ("6100", 1, "5"))
    assert reconcile(["budget-lines-in-their-year"])[0].is_clean
    closing = books.year.periods.get(is_closing=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_budgetline SET period_id = %s WHERE budget_id = %s",
            [closing.pk, budget.pk],
        )
    [finding] = reconcile(["budget-lines-in-their-year"])
    assert [row["number"] for row in finding.offences] == [budget.number]


LINES = "/admin/finance/budgetline/"


def test_single_lines_of_drafts_are_edited_in_the_back_office(books: Books, desk: Client) -> None:
    draft = drafted(books, ("6100", 1, "1000"))
    centre = cost_centre(books, "CC1")
    periods = {p.number: p.pk for p in periods_of(draft.fiscal_year)}
    page = desk.get(f"/admin/finance/budgetversion/{draft.pk}/change/").content.decode()
    assert f"{LINES}add/?budget={draft.pk}" in page
    cell = {"budget": draft.pk, "account": books.account("6110").pk, "cost_object": centre.pk}
    given = {**cell, "period": periods[2], "amount": "50"}
    assert desk.post(f"{LINES}add/", given).status_code == 302
    line = draft.lines.get(account__code="6110")
    assert (line.cost_object, line.period.number, line.amount) == (centre, 2, 50)
    again = desk.post(f"{LINES}add/", given)
    assert again.status_code == 200 and "already exists" in again.content.decode()
    assert draft.lines.count() == 2
    change = f"{LINES}{line.pk}/change/"
    assert desk.get(change).status_code == 200
    assert desk.post(change, {"amount": "70.25"}).status_code == 302
    line.refresh_from_db()
    assert line.amount == D("70.25")
    told = [row.history_change_reason for row in draft.history.all()][:2]
    assert told == ["6110 CC1 2026-02: 50 → 70.25", "6110 CC1 2026-02: + 50"]
    assert desk.post(f"{LINES}{line.pk}/delete/", {"post": "yes"}).status_code == 302
    assert draft.history.first().history_change_reason == "6110 CC1 2026-02: − 70.25"
    assert months(draft, "6110") == [] and months(draft, "6100") == [D(1000)]


def test_lines_in_force_stay(books: Books, desk: Client) -> None:
    budget = approved(books, ("6100", 1, "1000"))
    line = budget.lines.get()
    assert desk.get(f"{LINES}{line.pk}/change/").status_code == 200
    assert desk.post(f"{LINES}{line.pk}/change/", {"amount": "1"}).status_code == 403
    assert desk.post(f"{LINES}{line.pk}/delete/", {"post": "yes"}).status_code == 403
    for act in (
        lambda: change_budget_line(line, amount=D(1), by=books.by),
        lambda: delete_budget_line(line, by=books.by),
        lambda: create_budget_line(
            books.company, budget=budget, account=line.account, period=line.period, amount=D(1),
            by=books.by,
        ),
    ):  # fmt: skip
        with pytest.raises(BusinessError) as refusal:
            act()
        assert (refusal.value.code, refusal.value.field) == ("wrong_status", "status")
    assert months(budget, "6100") == [D(1000)]


def test_a_wrong_line_is_named_and_not_written(books: Books) -> None:
    draft = drafted(books, ("6100", 1, "1000"))
    line = draft.lines.get()
    closing = Period.objects.get(fiscal_year=draft.fiscal_year, is_closing=True)
    common = {"budget": draft, "account": line.account, "by": books.by}
    for values, code, field in (
        ({"period": line.period, "amount": D(5)}, "line_exists", "period"),
        ({"period": closing, "amount": D(5)}, "no_period", "period"),
        (
            {
                "period": line.period,
                "amount": D("0.001"),
                "values": {"cost_object": cost_centre(books, "C")},
            },
            "too_many_decimals",
            "amount",
        ),
    ):
        with pytest.raises(BusinessError) as refusal:
            create_budget_line(books.company, **common, **values)
        assert (refusal.value.code, refusal.value.field) == (code, field)
    with pytest.raises(InvalidInput) as fixed:
        change_budget_line(line, account=books.account("6110"), by=books.by)
    assert (fixed.value.code, fixed.value.field) == ("not_changeable", "account")
    assert months(draft, "6100") == [D(1000)] and draft.lines.count() == 1
