"""An existing company gets what a new one would have, and keeps what people have set."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.errors import BusinessError
from apps.finance.models import (
    Account,
    AssetClass,
    AssetClassBook,
    CloseTask,
    DepreciationBook,
    Journal,
    PostingRule,
    TaxBox,
    TaxBoxTerm,
    TaxCode,
)
from apps.finance.services.chart import set_posting_rule
from apps.finance.services.chart_completion import complete_chart
from apps.inventory.models import Location
from apps.inventory.queries.locations import VIRTUAL_KINDS
from apps.inventory.services.locations import add_virtual_locations, ensure_virtual_locations
from tests.factories import Books, make_company

#: All kinds of rows that a new company gets.
WRITTEN = (
    Account,
    Journal,
    TaxCode,
    TaxBox,
    TaxBoxTerm,
    CloseTask,
    PostingRule,
    DepreciationBook,
    AssetClass,
    AssetClassBook,
    Location,
)
#: Kinds with a code of their own that may be lacking as a whole, and what hangs on them.
STRIPPED: dict[type[Any], tuple[type[Any], ...]] = {
    Journal: (),
    TaxCode: (TaxBoxTerm, TaxBox),
    TaxBox: (TaxBoxTerm,),
    CloseTask: (),
    DepreciationBook: (AssetClassBook, AssetClass),
    AssetClass: (AssetClassBook,),
    Location: (),
}


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("complete_company", *arguments, stdout=out)
    return out.getvalue().splitlines()


def rows_of(books: Books) -> list[Any]:
    """All that the command could write, as it stands."""
    return [
        list(model.objects.filter(company=books.company).order_by("pk").values())
        for model in WRITTEN
    ]


def general_rule(books: Books, role: str) -> PostingRule:
    rules = PostingRule.objects.select_related("account")
    return rules.get(company=books.company, role=role, category=None, reason=None)


def test_a_company_with_a_chart_only_gets_its_places_once(books: Books) -> None:
    code = books.company.code

    lines = run(code, "--by", books.by.username)

    assert len(lines) == len(VIRTUAL_KINDS) == 11
    assert f"{code}: location PROJECT Projects" in lines
    assert f"{code}: location MAINTENANCE Maintenance" in lines
    made = Location.objects.get(company=books.company, code="ASSET")
    assert made.history.get().history_user == books.by
    before = rows_of(books)
    assert run(code) == [f"{code}: nothing to add"]
    assert rows_of(books) == before


def test_what_people_have_set_stays(books: Books) -> None:
    """A company of an older version, with books that its people have shaped since."""
    company, code = books.company, books.company.code
    ensure_virtual_locations(company, by=books.by)
    Location.objects.filter(company=company, kind__in=("project", "asset")).delete()
    shop = Location.objects.get(company=company, kind="maintenance")
    shop.code, shop.name, shop.is_active = "WORKSHOP", "The workshop", False
    shop.save_by(books.by)
    Journal.objects.filter(company=company, code="PAY").delete()
    produced = books.journal("PRD")
    produced.name, produced.is_active = "Shop floor", False
    produced.save_by(books.by)
    general_rule(books, "project_cost").delete()
    general_rule(books, "maintenance").delete()
    category = books.category("STEEL")
    kept = set_posting_rule(
        company, role="project_cost", account=books.account("5060"), category=category, by=books.by
    )
    set_posting_rule(company, role="scrap", account=books.account("5230"), by=books.by)

    assert run(code) == [
        f"{code}: journal PAY Payroll and expenses",
        f"{code}: posting rule project_cost → 5070 {books.account('5070').name}",
        f"{code}: posting rule maintenance → 6200 {books.account('6200').name}",
        f"{code}: location ASSET Built into assets",
        f"{code}: location PROJECT Projects",
    ]

    for row in (shop, produced, kept):
        version = row.version
        row.refresh_from_db()
        assert row.version == version
    assert (shop.code, shop.is_active, produced.name, produced.is_active) == (
        "WORKSHOP",
        False,
        "Shop floor",
        False,
    )
    assert general_rule(books, "scrap").account.code == "5230"
    assert kept.account.code == "5060"
    assert run(code) == [f"{code}: nothing to add"]


@pytest.mark.parametrize(
    "change",
    [{"code": "5071"}, {"is_active": False}, {"kind": Account.Kind.LIABILITY}],
    ids=["not there", "switched off", "of another kind"],
)
def test_a_missing_account_is_named_and_nothing_written(
    books: Books, change: dict[str, Any]
) -> None:
    general_rule(books, "project_cost").delete()
    Journal.objects.filter(company=books.company, code="PAY").delete()
    Account.objects.filter(pk=books.account("5070").pk).update(**change)
    before = rows_of(books)

    with pytest.raises(BusinessError) as refused:
        complete_chart(books.company, by=books.by)
    assert (refused.value.code, refused.value.field) == ("missing_accounts", "account")
    [missing] = refused.value.details["missing"]
    assert (missing["role"], missing["account"], missing["kind"]) == (
        "project_cost",
        "5070",
        "expense",
    )
    with pytest.raises(CommandError, match=r"Nothing was added.*Project costs → 5070"):
        run(books.company.code)
    assert rows_of(books) == before


def test_tasks_of_the_close_come_once(books: Books) -> None:
    """A company from before the close gets its list; a task that people threw away stays away."""
    company, code = books.company, books.company.code
    ensure_virtual_locations(company, by=books.by)
    tasks = CloseTask.objects.filter(company=company)
    listed = list(tasks.values_list("code", "name", "check_code", "position"))
    CloseTask.history.filter(company=company).delete()
    tasks.delete()
    CloseTask.history.filter(company=company).delete()

    assert run(code) == [f"{code}: task of the close {one[0]} {one[1]}" for one in listed]
    assert list(tasks.values_list("code", "name", "check_code", "position")) == listed
    tasks.get(code="95-REVIEW").delete()
    assert run(code) == [f"{code}: nothing to add"]


def strip(books: Books, *models: type[Any]) -> None:
    """As a company of a version that did not know them: no row, no history."""
    for model in models:
        for _twice in range(2):  # what is deleted leaves a row of history
            model.objects.filter(company=books.company).delete()
            model.history.filter(company=books.company).delete()


def told_of(books: Books, model: type[Any]) -> list[dict[str, Any]]:
    """Rows without what differs from one making to the next."""
    apart = {"id", "created_at", "updated_at", "version", "company_id"}
    rows = model.objects.filter(company=books.company).order_by("pk")
    links = {f.attname: f.name for f in model._meta.concrete_fields if f.is_relation}
    return [
        {
            name: str(getattr(row, links[name])) if name in links else value
            for name, value in vars(row).items()
            if not name.startswith("_") and name not in apart
        }
        for row in rows
    ]


@pytest.mark.parametrize("model", STRIPPED, ids=lambda model: model.__name__)
def test_a_company_stripped_of_a_kind_gets_it_back(books: Books, model: type[Any]) -> None:
    code = books.company.code
    ensure_virtual_locations(books.company, by=books.by)
    kinds = (*STRIPPED[model], model)
    before = {kind: told_of(books, kind) for kind in kinds}
    strip(books, *kinds)

    lines = run(code)

    assert {kind: told_of(books, kind) for kind in kinds} == before
    named = [kind for kind in kinds if kind not in (TaxBoxTerm, AssetClassBook)]
    assert len(lines) == sum(len(before[kind]) for kind in named) > 1
    stands = rows_of(books)
    assert run(code) == [f"{code}: nothing to add"]
    assert rows_of(books) == stands


def test_tax_codes_and_classes_that_people_shaped_stay(books: Books) -> None:
    """Renamed, switched off or thrown away: no code comes back, no box joins another form."""
    company, code = books.company, books.company.code
    ensure_virtual_locations(company, by=books.by)
    standard = TaxCode.objects.get(company=company, code="STD")
    standard.code, standard.name, standard.rate = "VAT21", "VAT 21 %", Decimal(21)
    standard.save_by(books.by)
    TaxBox.objects.get(company=company, code="8").delete()
    land = AssetClass.objects.get(company=company, code="LAND")
    land.is_active = False
    land.save_by(books.by)
    AssetClass.objects.get(company=company, code="SOFTWARE").delete()
    DepreciationBook.objects.get(company=company, code="TAX").delete()
    before = rows_of(books)
    assert run(code) == [f"{code}: nothing to add"]
    assert rows_of(books) == before


def test_what_names_an_account_that_is_not_there_is_left_out_and_said(books: Books) -> None:
    company, code = books.company, books.company.code
    ensure_virtual_locations(company, by=books.by)
    strip(books, TaxBoxTerm, TaxBox, TaxCode, AssetClassBook, AssetClass)
    Account.objects.filter(company=company, code__in=("2130", "1750")).update(is_active=False)

    lines = run(code)

    assert f"{code}: tax code STD Standard rate" in lines
    assert f"{code}: asset class LAND Land" in lines
    left = [line for line in lines if "left out" in line]
    assert left == [
        f"{code}: left out: tax code WHT (not here as the chart has it: 2130)",
        f"{code}: left out: box of the tax return 8 (not here as the chart has it: WHT)",
        f"{code}: left out: box of the tax return 9 (not here as the chart has it: WHT)",
        f"{code}: left out: asset class SOFTWARE (not here as the chart has it: 1750)",
    ]
    assert not TaxBox.objects.filter(company=company).exists(), "half a form is none"
    assert run(code)[-1] == f"{code}: nothing to add"


def test_accounts_of_tax_codes_come_when_asked_for(books: Books) -> None:
    company, code = books.company, books.company.code
    ensure_virtual_locations(company, by=books.by)
    strip(books, TaxBoxTerm, TaxBox, TaxCode)
    Account.objects.filter(company=company, code="2130").update(code="2131")
    lines = run(code, "--accounts")
    assert lines[0] == f"{code}: account 2130 {books.account('2130').name}"
    assert f"{code}: tax code WHT Tax withheld" in lines
    assert TaxBox.objects.filter(company=company).count() == 9


def test_a_rule_for_an_account_of_their_own_is_an_answer(books: Books) -> None:
    general_rule(books, "project_cost").delete()
    Account.objects.filter(pk=books.account("5070").pk).update(code="5071")
    set_posting_rule(books.company, role="project_cost", account=books.account("5070"), by=books.by)
    assert complete_chart(books.company, by=books.by).added == []


def test_accounts_of_the_chart_are_added_when_asked_for(books: Books) -> None:
    """Only those that a lacking rule names, and only where their code is free."""
    code = books.company.code
    ensure_virtual_locations(books.company, by=books.by)
    for role in ("project_cost", "exchange_difference"):
        general_rule(books, role).delete()
    Account.objects.filter(pk=books.account("5070").pk).update(code="5071")
    Account.objects.filter(pk=books.account("6430").pk).update(code="6431")
    with pytest.raises(CommandError, match="5070"):
        run(code)

    assert run(code, "--accounts") == [
        f"{code}: account 5070 {books.account('5070').name}",
        f"{code}: posting rule project_cost → 5070 {books.account('5070').name}",
        f"{code}: posting rule exchange_difference → 7200 {books.account('7200').name}",
    ]
    made = Account.objects.get(company=books.company, code="5070")
    assert made.statement_line_id == books.account("5070").statement_line_id
    assert not Account.objects.filter(company=books.company, code="6430").exists()
    assert run(code, "--accounts") == [f"{code}: nothing to add"]


def test_an_account_without_its_statement_line_is_not_made(books: Books) -> None:
    general_rule(books, "project_cost").delete()
    account = books.account("5070")
    Account.objects.filter(pk=account.pk).update(code="5071")
    line = account.statement_line
    type(line).objects.filter(pk=line.pk).update(code="OWN")
    with pytest.raises(BusinessError) as refused:
        complete_chart(books.company, with_accounts=True, by=books.by)
    assert refused.value.code == "missing_accounts"
    assert not Account.objects.filter(company=books.company, code="5070").exists()


def test_one_company_that_can_not_be_completed_stops_all(books: Books) -> None:
    empty = make_company("ZZZ", by=books.by)
    before = rows_of(books)
    with pytest.raises(CommandError, match="ZZZ has no accounts yet"):
        run()
    assert rows_of(books) == before
    assert not Journal.objects.filter(company=empty).exists()


def test_a_code_that_stands_for_something_else(books: Books) -> None:
    row = Location(company=books.company, code="PROJECT", name="Shelf", site=books.site)
    row.save_by(books.by)
    with pytest.raises(BusinessError) as refused:
        add_virtual_locations(books.company, by=books.by)
    assert (refused.value.code, refused.value.field) == ("code_taken", "code")
    assert list(Location.objects.filter(company=books.company)) == [row]


def test_nobody_and_nothing_of_that_name(books: Books) -> None:
    for arguments, text in (
        (("NOWHERE",), "no company NOWHERE"),
        ((books.company.code, "--by", "nobody"), "no user nobody"),
    ):
        with pytest.raises(CommandError, match=text):
            run(*arguments)
    assert not Location.objects.filter(company=books.company).exists()
