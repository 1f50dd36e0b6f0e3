"""Datasets against a small plant: each value by hand, and the same as the measure of its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.models import Account
from apps.inventory.models import ItemValuation
from apps.masterdata.models import Item
from apps.reporting.datasets import datasets
from apps.reporting.pivot_request import read_request
from apps.reporting.queries.pivots import Pivot, read_lines, read_pivot, read_total
from tests.execution.conftest import Factory
from tests.execution.machines import Shopfloor
from tests.factories import Books, make_books, make_site
from tests.reporting.conftest import at_noon, read
from tests.reporting.test_floor_measures import assembly
from tests.support.faces import make_member

pytestmark = pytest.mark.django_db


def pivot(user: User, code: str, **words: Any) -> Pivot:
    return read_pivot(read_request(code, _lists(words), at_noon(user)))


def _lists(words: dict[str, Any]) -> dict[str, list[str]]:
    return {k: v if isinstance(v, list) else [v] for k, v in words.items()}


def table(found: Pivot) -> dict[tuple[str, ...], Any]:
    """Codes of row and column to the first value."""
    return {
        tuple(label.code for label in (*row, *column)): values[0]
        for (row, column), values in found.cells.items()
    }


def refusal(user: User, code: str, **words: Any) -> tuple[str | None, str]:
    with pytest.raises(InvalidInput) as caught:
        pivot(user, code, **words)
    return caught.value.field, caught.value.code


@pytest.mark.parametrize("code", list(datasets()))
def test_every_dataset_answers_by_every_dimension_when_empty(books: Books, code: str) -> None:
    dataset = datasets()[code]
    values = [value.code for value in dataset.values]
    for name in dataset.dimensions:
        found = pivot(books.by, code, rows=name, values=",".join(values[:6]))
        assert set(found.rows) == {()}
        lines = read_lines(found.request)
        assert (lines.lines, lines.total) == ([], found.total)
    wide = (
        pivot(books.by, code, rows=",".join(dataset.dimensions[:2]), cols=dataset.dimensions[2])
        if len(dataset.dimensions) > 2
        else None
    )
    assert wide is None or wide.columns == []


def made_and_scrapped(factory: Factory) -> None:
    order = assembly(factory)
    cut, fit = order.operations.all()
    factory.report(order, "8", operation=cut, labour_minutes=Decimal(10))
    reason = factory.scrap_reason()
    factory.report(order, "4", operation=fit, quantity_scrap=Decimal(1), scrap_reason=reason)


def test_a_value_is_the_measure_of_the_same_month(factory: Factory, by: User) -> None:
    """Whatever a home page and a pivot both show, they show alike."""
    made_and_scrapped(factory)
    books = factory.books
    books.post(date(2026, 3, 2), ("1010", "1000"), ("4000", "-1000"))
    books.post(date(2026, 3, 3), ("5000", "600"), ("1010", "-600"))
    compared = set()
    for dataset in datasets().values():
        for value in dataset.values:
            if not value.measure:
                continue
            period = "today" if value.measure.endswith("_today") else "this_month"
            words = {"period": period} if dataset.is_dated else {}
            [figure] = pivot(by, dataset.code, values=value.code, **words).total
            values = read(by, value.measure).values
            wanted = values.get("EUR", values.get(None))
            assert (figure or 0) == round(Decimal(wanted or 0), 2), (dataset.code, value.code)
            if figure:
                compared.add(value.measure)
    assert compared >= {
        "revenue_month", "gross_margin_month", "scrap_cost_month", "stock_value", "yield_month",
        "good_today",
    }  # fmt: skip


def test_each_level_sums_to_its_parent(factory: Factory, by: User) -> None:
    made_and_scrapped(factory)
    found = pivot(by, "losses", rows="work_centre,reason", cols="month", values="cost")
    cells = table(found)
    assert cells[()] == factory.books.balance("5100") > 0
    for depth in range(2):
        for row in found.rows:
            if len(row) != depth:
                continue
            parts = [each for each in found.rows if len(each) == depth + 1 and each[:depth] == row]
            for column in ((), *found.columns):
                assert found.cells[row, column] == (
                    sum(found.cells[part, column][0] for part in parts),
                )
    [reason] = [row for row in found.rows if len(row) == 2]
    narrowed = found.request.narrowed({"work_centre": reason[0].key, "reason": reason[1].key})
    lines = read_lines(read_request("losses", _lists(narrowed), at_noon(by)))
    assert lines.total == found.cells[reason, ()]
    assert sum(line.values[0] or 0 for line in lines.lines) == lines.total[0]


def test_a_ratio_is_divided_after_summing(factory: Factory, by: User) -> None:
    made_and_scrapped(factory)
    found = pivot(by, "production", rows="work_centre", values="yield,good,scrap")
    assert found.total == (Decimal("80.00"), Decimal(4), Decimal(1))
    by_centre = {row[0].code: values for (row, _c), values in found.cells.items() if row}
    assert by_centre["FIT"][0] == Decimal("80.00")
    assert by_centre["CUT"] == (None, 0, 0), "nothing good, nothing scrapped: no yield"


def test_oee_of_two_machines_is_no_mean(floor: Shopfloor, by: User) -> None:
    """S7: A at 74.79 % of 420 minutes and B at 100 % of 60 are 77.94 % together."""
    from tests.reporting.oee_days import two_machines

    two_machines(floor)
    words = {"date_from": "2026-03-10", "date_to": "2026-03-10"}
    from datetime import UTC, datetime

    from apps.reporting.queries.scope import asked_by

    asked = asked_by(by, today=date(2026, 3, 11), now=datetime(2026, 3, 11, 12, tzinfo=UTC))
    request = read_request(
        "oee", _lists(words | {"rows": "machine", "values": "oee,planned,stops"}), asked
    )
    found = read_pivot(request)
    cells = table(found)
    assert cells == {("A",): Decimal("74.79"), ("B",): Decimal("100.00"), (): Decimal("77.94")}
    assert found.total[1:] == (480, 3)


def test_filters_keep_totals_and_say_what_they_are(factory: Factory, by: User) -> None:
    made_and_scrapped(factory)
    by_code = pivot(by, "production", rows="work_centre", values="scrap", work_centre="FIT")
    assert by_code.total == (1,)
    assert by_code.request.labels == ("Work centre: FIT",)
    same = pivot(by, "production", rows="", values="scrap", filter=["work_centre:FIT"])
    assert same.total == by_code.total
    both = pivot(by, "production", values="scrap", filter=["work_centre:FIT", "work_centre:CUT"])
    assert both.total == (1,)
    none = pivot(by, "production", values="scrap", reason="none")
    assert none.total == (0,)
    assert read_total(none.request) == none.total


def test_a_code_of_digits_is_no_key(books: Books, by: User) -> None:
    """Accounts have digits for codes: what people type is a code, what links say is a key."""
    books.post(date(2026, 3, 2), ("1010", "50"), ("4000", "-50"))
    key = books.account("4000").pk
    Account.objects.filter(code="6100").update(code=str(key))
    assert pivot(by, "ledger", values="result", account="4000").total == (50,)
    assert pivot(by, "ledger", values="result", account=str(key)).total == (None,)
    by_key = pivot(by, "ledger", values="result", filter=[f"account:id:{key}"])
    assert by_key.total == (50,)
    assert by_key.request.words()["filter"] == [f"account:id:{key}"]
    assert refusal(by, "ledger", account="id:x") == ("account", "does_not_exist")


def test_bad_questions_are_refused_by_name(books: Books, by: User) -> None:
    other = make_books("OTHER", by=by)
    foreign = make_site(other.company, by=by, code="ELSE")
    user = make_member("reader", books.company, permissions=("finance.view_journalline",))
    assert refusal(user, "ledger", rows="colour") == ("rows", "unknown_dimension")
    assert refusal(user, "ledger", cols="lot") == ("cols", "unknown_dimension")
    assert refusal(user, "ledger", values="profit") == ("values", "unknown_value")
    assert refusal(user, "ledger", filter=["colour:red"]) == ("filter", "unknown_dimension")
    assert refusal(user, "ledger", filter=["site"]) == ("filter", "unknown_dimension")
    assert refusal(user, "ledger", site=str(foreign.pk)) == ("site", "does_not_exist")
    assert refusal(user, "ledger", filter=["site:ELSE"]) == ("filter", "does_not_exist")
    assert refusal(user, "ledger", company=other.company.code) == ("company", "does_not_exist")
    assert refusal(user, "ledger", colour="red") == ("colour", "unknown_parameter")
    assert refusal(user, "ledger", period="2026-13") == ("period", "invalid")
    assert refusal(user, "ledger", date_from="2026-02-30") == ("date_from", "invalid")
    assert refusal(user, "ledger", rows="month", cols="month") == ("cols", "dimension_twice")
    assert refusal(user, "ledger", rows="month,month") == ("rows", "too_many")
    assert refusal(by, "ledger", company="") == ("company", "company_required")
    assert refusal(by, "oee", date_from="2025-01-01", company=books.company.code) == (
        "date_from",
        "too_long",
    )


def test_two_thousand_columns_are_refused(books: Books, by: User) -> None:
    first = books.item("FIRST")
    Item.objects.bulk_create(
        Item(
            company=books.company, code=f"N{n:04}", name="x", category=first.category,
            unit=first.unit,
        )
        for n in range(2000)
    )  # fmt: skip
    ItemValuation.objects.bulk_create(
        ItemValuation(company=books.company, item=item, quantity=0, value=0)
        for item in Item.objects.filter(code__startswith="N")
    )
    assert refusal(by, "stock", cols="item") == ("cols", "too_many_columns")
    assert len(pivot(by, "stock", rows="item").rows) == 2001


def test_a_site_sees_its_own_facts(factory: Factory, by: User) -> None:
    made_and_scrapped(factory)
    company = factory.books.company
    elsewhere = make_site(company, by=by, code="ELSE")
    user = make_member("local", company, permissions=("execution.view_productionreport",))
    assert pivot(user, "production", values="scrap").total == (1,)
    user.memberships.get().sites.add(elsewhere) if hasattr(
        user, "memberships"
    ) else user.membership_set.get().sites.add(elsewhere)
    local = User.objects.get(pk=user.pk)
    assert pivot(local, "production", values="scrap").total in ((None,), (0,))


def test_questions_cost_two_statements(
    factory: Factory, by: User, django_assert_num_queries: Callable[..., Any]
) -> None:
    made_and_scrapped(factory)
    asked = at_noon(by)
    with django_assert_num_queries(2):  # the company, the pivot
        read_pivot(read_request("losses", {"rows": ["work_centre,reason"]}, asked))
