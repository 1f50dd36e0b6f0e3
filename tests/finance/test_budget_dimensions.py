"""Budgets by sites, items, partners and what else the ledger tells amounts apart by."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.finance.models import BudgetLine, BudgetOverrun, BudgetVersion, Dimension
from apps.finance.queries.budgets import budget_figures, periods_of
from apps.finance.queries.filters import DIMENSIONS
from apps.finance.services.budget_lines import create_budget_line
from apps.finance.services.budgets import (
    BudgetRow,
    approve_budget,
    change_budget,
    draft_budget,
    remove_budget_lines,
    revise_budget,
    set_budget_lines,
    spread_budget,
)
from apps.finance.services.journal import Entry, Line, post_entry
from apps.supply_chain.services.purchase_orders import OrderLine, confirm_purchase_order
from tests.factories import Books, make_site, make_user
from tests.support.budgets import cost_centre
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, make_trade

D = Decimal
MARCH = date(2026, 3, 10)
PAGE = "/reports/finance/budget-variance/"


def by(books: Books, dimension: str, *rows: tuple[Any, ...], **values: Any) -> BudgetVersion:
    """In force; a row is account, amount of March, perhaps a value of the dimension."""
    draft = draft_budget(
        books.company, name="Plan", fiscal_year=books.year, dimension=dimension, by=books.by,
        **values,
    )  # fmt: skip
    lines = [
        BudgetRow(books.account(account), 3, D(amount), **{dimension: rest[0] if rest else None})
        for account, amount, *rest in rows
    ]
    set_budget_lines(draft, lines, by=books.by)
    return approve_budget(draft, by=make_user(company=books.company))


def cost(books: Books, amount: str, **dimensions: int) -> None:
    """Cost of March with dimensions, paid from the bank."""
    lines = [
        Line(account_id=books.account("6100").pk, amount=D(amount), **dimensions),
        Line(account_id=books.account("1010").pk, amount=-D(amount)),
    ]
    purpose = f"cost {amount} {'-'.join(map(str, dimensions.values()))}"
    entry = Entry(journal="GEN", date=MARCH, source=books.company, purpose=purpose, lines=lines)
    post_entry(books.company, entry, by=books.by)


def test_it_knows_what_the_ledger_knows() -> None:
    assert set(Dimension.values) == set(DIMENSIONS)


def test_figures_are_of_the_value_and_the_rest_of_the_account(books: Books) -> None:
    north, south = make_site(books.company, by=books.by, code="N"), books.site
    budget = by(books, "site", ("6100", "500", north), ("6100", "200"))
    cost(books, "120.10", site_id=north.pk)
    cost(books, "30", site_id=south.pk)
    cost(books, "5")
    found = budget_figures(budget, periods_of(books.year))
    key, march = books.account("6100").pk, books.year.periods.get(number=3).pk
    of_north, rest = found[key, north.pk][march], found[key, None][march]
    assert (of_north.planned, of_north.posted) == (500, D("120.10"))
    assert (rest.planned, rest.posted) == (200, 35)
    assert_reconciled()


def test_one_of_each_dimension_is_in_force(books: Books) -> None:
    site = by(books, "site", ("6100", "500", books.site))
    centre = by(books, "cost_object", ("6100", "400"))
    again = approve_budget(
        revise_budget(site, by=books.by), by=make_user("chief", company=books.company)
    )
    site.refresh_from_db()
    centre.refresh_from_db()
    assert (site.status, centre.status, again.status) == ("superseded", "approved", "approved")
    assert (again.dimension, again.lines.get().site) == ("site", books.site)


def test_other_dimensions_are_refused(books: Books) -> None:
    draft = draft_budget(
        books.company, name="Plan", fiscal_year=books.year, dimension="partner", by=books.by
    )
    account, partner = books.account("6100"), books.partner()
    row = BudgetRow(account, 1, D(1), partner=partner)
    wrong = BudgetRow(account, 2, D(1), site=books.site)
    period = books.year.periods.get(number=1)
    for act in (
        lambda: set_budget_lines(draft, [row, wrong], by=books.by),
        lambda: spread_budget(
            draft, account=account, amount=D(12), site=books.site, by=books.by
        ),
        lambda: remove_budget_lines(draft, account=account, site=books.site, by=books.by),
        lambda: create_budget_line(
            books.company, budget=draft, account=account, period=period, amount=D(1),
            values={"site": books.site}, by=books.by,
        ),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            act()
        assert (refusal.value.code, refusal.value.field) == ("other_dimension", "site")
    assert not BudgetLine.objects.exists()
    change_budget(draft, dimension="item", by=books.by)
    change_budget(draft, dimension="partner", by=books.by)
    set_budget_lines(draft, [row], by=books.by)
    with pytest.raises(BusinessError) as kept:
        change_budget(draft, dimension="item", by=books.by)
    assert (kept.value.code, kept.value.field) == ("has_lines", "dimension")
    spread_budget(draft, account=account, amount=D(24), partner=partner, by=books.by)
    assert set(draft.lines.values_list("amount", "partner")) == {(2, partner.pk)}
    remove_budget_lines(draft, account=account, partner=partner, by=books.by)
    assert not BudgetLine.objects.exists()


def test_orders_are_held_to_budgets_by_item_and_by_site(books: Books) -> None:
    """Goods for stock: the item's own line, and a second budget by sites that only warns."""
    trade = make_trade(books)
    dear, cheap = trade.item(), trade.item()
    by(books, "item", ("1300", "100", dear), ("1300", "50"), policy="refuse")
    by(books, "site", ("1300", "120", books.site), policy="warn")
    confirm_purchase_order(trade.order(OrderLine(dear, D(1), D(100))), by=books.by)
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(trade.order(OrderLine(dear, D(1), D("0.01"))), by=books.by)
    details = refusal.value.details
    assert (refusal.value.code, details["item"], details["ordered"]) == (
        "budget_exceeded", dear.code, "100.00",
    )  # fmt: skip
    assert not BudgetOverrun.objects.exists()
    confirm_purchase_order(trade.order(OrderLine(cheap, D(1), D(50))), by=books.by)
    noted = BudgetOverrun.objects.get()
    assert (noted.site, noted.item, noted.planned, noted.wanted) == (books.site, None, 120, 50)
    assert_reconciled()


def test_goods_for_a_cost_object_count_for_their_supplier(books: Books) -> None:
    trade = make_trade(books)
    centre = cost_centre(books, "CC1")
    budget = by(books, "partner", ("5070", "80", trade.supplier), policy="refuse")
    line = OrderLine(trade.item(), D(1), D(80), cost_object=centre)
    order = confirm_purchase_order(trade.order(line), by=books.by)
    cell = (books.account("5070").pk, trade.supplier.pk)
    march = books.year.periods.get(number=3).pk
    assert budget_figures(budget, periods_of(books.year))[cell][march].ordered == 80
    trade.receive(order, "1", date=DAY)
    figures = budget_figures(budget, periods_of(books.year))[cell][march]
    assert (figures.posted, figures.ordered) == (80, 0)


def test_the_page_is_by_the_dimension_of_its_budget(books: Books) -> None:
    partner = books.partner("ACME")
    by(books, "partner", ("6100", "500", partner), ("6100", "10"))
    by(books, "cost_object", ("6100", "77"))
    cost(books, "120", partner_id=partner.pk)
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    query = f"{PAGE}?date_from=2026-03-01&date_to=2026-03-31"
    assert "77.00" in client.get(query).content.decode()
    page = client.get(f"{query}&across=partner").content.decode()
    assert "ACME" in page and "77.00" not in page and f"partner={partner.pk}" in page
    text = client.get(f"{query}&across=partner&as=csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    line = next(row for row in rows if row[:1] == ["6100"] and row[2] == "ACME")
    assert line[3:] == ["500.00", "120.00", "380.00", "favourable", "0.00", "380.00"]
    only = client.get(f"{query}&across=partner&partner=ACME&as=csv").content.decode("utf-8-sig")
    assert "10.00" not in only.split("Total")[0].replace("510.00", "")
    orders = client.get("/reports/finance/budget-commitments/?date_to=2026-03-31&across=partner")
    assert orders.status_code == 200 and "Partner" in orders.content.decode()
    answer = ApiClient(books.by).get(
        "/finance/statements/budget-variance/?date_from=2026-03-01&date_to=2026-03-31"
        "&across=partner"
    )
    assert [row["rest"] for row in answer.body["rows"] if row["partner"] == "ACME"] == ["380.00"]


def test_by_the_api_a_file_and_the_admin(books: Books) -> None:
    api = ApiClient(books.by)
    made = api.post(
        "/finance/budgets/", {"name": "P", "fiscal_year": books.year.pk, "dimension": "partner"}
    )
    assert (made.status_code, made.body["dimension"]) == (201, "partner"), made.content
    url = f"/finance/budgets/{made.body['id']}/"
    partner = books.partner("ACME")
    lines = [{"account": "6100", "period": 1, "amount": "10.00", "partner": "ACME"}]
    assert api.post(f"{url}set-lines/", {"lines": lines}).status_code == 200
    wrong = [{**lines[0], "site": books.site.code}]
    refused = api.post(f"{url}set-lines/", {"lines": wrong})
    assert codes(refused) == [("site", "other_dimension")]
    spread = {"account": "6110", "amount": "120", "partner": "ACME"}
    assert api.post(f"{url}spread/", spread).status_code == 200
    [row] = api.get(
        f"/finance/budget-lines/?account={books.account('6100').pk}&partner={partner.pk}"
    ).body["results"]
    assert (row["amount"], row["cost_object"]) == ("10.0000", None)
    budget = BudgetVersion.objects.get()
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    spread_page = client.get(f"/admin/finance/budgetversion/{budget.pk}/verb/spread/")
    assert spread_page.status_code == 200 and 'name="partner"' in spread_page.content.decode()
    listed = client.get("/admin/finance/budgetline/").content.decode()
    assert "ACME" in listed
    period = books.year.periods.get(number=2)
    new = {
        "company": books.company.pk, "budget": budget.pk, "account": books.account("6100").pk,
        "partner": partner.pk, "period": period.pk, "amount": "11",
    }  # fmt: skip
    answer = client.post("/admin/finance/budgetline/add/", new)
    assert answer.status_code == 302, answer.content[:3000]
    assert budget.lines.get(period=period, account=books.account("6100")).partner == partner


@pytest.mark.breaks("budget-lines-by-their-dimension")
def test_a_value_of_another_dimension_is_found(books: Books) -> None:
    budget = by(books, "site", ("6100", "5", books.site))
    assert reconcile(["budget-lines-by-their-dimension"])[0].is_clean
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_budgetline SET partner_id = %s WHERE budget_id = %s",
            [books.partner().pk, budget.pk],
        )
    [finding] = reconcile(["budget-lines-by-their-dimension"])
    assert [row["number"] for row in finding.offences] == [budget.number]
