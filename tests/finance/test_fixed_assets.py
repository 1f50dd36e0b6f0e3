"""Assets from their first cost to their end, with the entries that stand behind it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import AssetMovement, FixedAsset, JournalEntry
from apps.finance.services.asset_costs import capitalise_asset, take_over_asset
from apps.finance.services.asset_disposals import dispose_asset, reverse_last_event
from apps.finance.services.asset_usage import Usage, record_usage
from apps.finance.services.asset_values import change_estimate, impair_asset, revalue_asset
from apps.finance.services.assets import cancel_asset, change_asset, put_asset_in_service
from tests.factories import Books
from tests.support.assets import (
    START,
    class_of,
    in_service,
    registered,
    run,
    standing,
    terms_of,
)
from tests.support.reconciled import assert_reconciled

D = Decimal
MARCH, APRIL, JUNE = date(2026, 3, 31), date(2026, 4, 30), date(2026, 6, 30)


def refused(code: str, field: str | None, call: Any, *args: Any, **values: Any) -> None:
    """``call`` is refused with ``code`` at ``field``, and nothing is written."""
    before = (AssetMovement.objects.count(), JournalEntry.objects.count())
    statuses = list(FixedAsset.objects.order_by("pk").values_list("status", "version"))
    with pytest.raises(BusinessError) as refusal:
        call(*args, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert (AssetMovement.objects.count(), JournalEntry.objects.count()) == before
    assert list(FixedAsset.objects.order_by("pk").values_list("status", "version")) == statuses


def test_a_bill_becomes_an_asset(books: Books) -> None:
    bill = books.posted_invoice(
        "supplier", books.partner(), START, "12000", line={"account": books.account("1510")}
    )
    asset = registered(books)
    asset = capitalise_asset(asset, date=START, invoice_line=bill.lines.get(), by=books.by)
    assert (books.balance("1510"), books.balance("1720")) == (0, 12000)
    asset = put_asset_in_service(asset, date=date(2026, 1, 20), by=books.by)
    assert (asset.status, asset.acquired_on) == ("in_use", START)
    assert standing(asset).life_months == 120  # the class says so
    more = registered(books)
    refused("more_than_billed", "amount", capitalise_asset, more, date=START,
            invoice_line=bill.lines.get(), by=books.by)  # fmt: skip
    assert_reconciled()


def test_missed_months_are_caught_up(books: Books) -> None:
    asset = in_service(books)
    assert run(books, 3).total == D("600.00")
    assert run(books, 4).total == D("200.00")
    assert standing(asset).carrying == D("11200.00")
    assert (books.balance("6500"), books.balance("1790")) == (800, -800)
    assert_reconciled()


def test_a_book_beside_the_ledger_counts_for_itself(books: Books) -> None:
    macrs = terms_of(books, "macrs", book="TAX", convention="half_year", life_months=60)
    asset = in_service(books, "12000", terms_of(books), macrs)
    run(books, 1), run(books, 12, "TAX")
    assert standing(asset).depreciation == D("200.00")
    assert standing(asset, book="TAX").depreciation == D("2400.00")  # 20 % of the first year
    assert books.balance("1790") == -200
    assert_reconciled()


def test_an_addition_spreads_over_what_is_left_of_the_life(books: Books) -> None:
    asset = in_service(books)
    asset = capitalise_asset(
        asset, date=JUNE, amount=D("5400"), account=books.account("1510"), by=books.by
    )
    assert standing(asset, JUNE).depreciation == D("1200.00")
    assert run(books, 7).total == D("300.00")  # 16 200 over 54 months
    assert_reconciled()


def test_a_revaluation_builds_a_surplus_that_a_fall_uses_up(books: Books) -> None:
    asset = in_service(books)
    asset = revalue_asset(asset, date=MARCH, value=D("14250"), reason="Appraisal", by=books.by)
    now = standing(asset, MARCH)
    assert (now.cost, now.depreciation, now.surplus) == (D("14250"), 0, D("2850"))
    assert (books.balance("1720"), books.balance("3150")) == (14250, -2850)
    assert run(books, 4).total == D("250.00")
    asset = revalue_asset(asset, date=APRIL, value=D("11000"), reason="Appraisal", by=books.by)
    now = standing(asset, APRIL)
    assert (now.carrying, now.surplus, now.result) == (D("11000"), 0, D("-150.00"))
    assert books.balance("6510") == 150
    asset = revalue_asset(asset, date=JUNE, value=D("11000"), reason="Appraisal", by=books.by)
    now = standing(asset, JUNE)  # 392.86 were charged: 150 make the loss up, the rest is surplus
    assert (now.result, now.surplus) == (0, D("242.86"))
    assert_reconciled()


def test_an_impairment_lowers_what_is_depreciated(books: Books) -> None:
    asset = in_service(books)
    asset = impair_asset(asset, date=MARCH, value=D("5700"), reason="Market fell", by=books.by)
    assert (asset.status, books.balance("6510"), books.balance("1790")) == ("impaired", 5700, -6300)
    assert run(books, 4).total == D("100.00")
    assert_reconciled()


def test_a_new_estimate_goes_forward_only(books: Books) -> None:
    asset = in_service(books)
    asset = change_estimate(asset, date=JUNE, life_months=42, residual=D("0"), reason="Wear",
                            by=books.by)  # fmt: skip
    assert standing(asset, JUNE).depreciation == D("1200.00")
    assert run(books, 7).total == D("300.00")  # 10 800 over 36 months
    refused("life_is_over", "life_months", change_estimate, asset, date=date(2026, 7, 31),
            life_months=6, reason="x", by=books.by)  # fmt: skip


@pytest.mark.parametrize(
    ("proceeds", "gain", "loss"), [("12500", "900.00", "0"), ("0", "0", "11600.00")]
)
def test_a_disposal_gains_what_it_brings_above_what_is_carried(
    books: Books, proceeds: str, gain: str, loss: str
) -> None:
    asset = in_service(books)
    run(books, 1)
    asset = dispose_asset(
        asset, date=date(2026, 3, 15), proceeds=D(proceeds), reason="Sold", by=books.by
    )
    assert (asset.status, asset.disposed_on) == ("disposed", date(2026, 3, 15))
    assert (books.balance("1720"), books.balance("1790")) == (0, 0)
    assert (-books.balance("4910"), books.balance("6520")) == (D(gain), D(loss))
    assert books.balance("1800") == D(proceeds)
    assert books.balance("6500") == 400  # January and February
    refused("not_in_use", "asset", dispose_asset, asset, date=JUNE, reason="x", by=books.by)
    refused("nothing_due", "period", run, books, 4)
    assert_reconciled()


def test_a_part_leaves_by_its_share_of_the_cost(books: Books) -> None:
    macrs = terms_of(books, "macrs", book="TAX", convention="half_year", life_months=60)
    asset = in_service(books, "12000", terms_of(books), macrs)
    asset = dispose_asset(asset, date=MARCH, cost=D("3000"), proceeds=D("3000"), reason="Spindle",
                          by=books.by)  # fmt: skip
    now = standing(asset, MARCH)
    assert (asset.status, now.cost, now.depreciation) == ("in_use", D("9000"), D("450.00"))
    assert standing(asset, MARCH, "TAX").cost == D("9000")
    assert -books.balance("4910") == 150
    assert run(books, 4).total == D("150.00")
    assert_reconciled()


def test_the_surplus_of_what_is_sold_goes_to_retained_earnings(books: Books) -> None:
    asset = in_service(books)
    asset = revalue_asset(asset, date=MARCH, value=D("14400"), reason="Appraisal", by=books.by)
    dispose_asset(asset, date=MARCH, proceeds=D("14400"), reason="Sold", by=books.by)
    assert (books.balance("3150"), books.balance("3100")) == (0, -3000)
    assert_reconciled()


def test_half_year_takes_back_what_was_charged_too_much(books: Books) -> None:
    """Sold in its second year in a year's book: half of that year, whatever months were charged."""
    macrs = terms_of(books, "straight_line", convention="half_year", life_months=60)
    asset = in_service(books, "12000", macrs)
    run(books, 6)
    assert standing(asset, JUNE).depreciation == D("600.00")
    dispose_asset(asset, date=JUNE, proceeds=D("12000"), reason="Sold", by=books.by)
    assert (books.balance("6500"), books.balance("4910")) == (0, 0)
    assert_reconciled()


def test_a_component_lives_its_own_life_and_leaves_first(books: Books) -> None:
    whole = in_service(books)
    part = in_service(books, "2400", terms_of(books, life_months=24), component_of=whole)
    assert run(books, 1).total == D("300.00")
    refused("has_components", "asset", dispose_asset, whole, date=MARCH, reason="x", by=books.by)
    refused("circular", "component_of", change_asset, whole, component_of=part, by=books.by)
    dispose_asset(part, date=MARCH, reason="Worn out", by=books.by)
    dispose_asset(whole, date=MARCH, reason="Scrapped", by=books.by)
    assert_reconciled()


def test_units_of_production(books: Books) -> None:
    terms = terms_of(books, "units", life_months=None, units_total=D("10000"), residual=D("2000"))
    asset = in_service(books, "12000", terms)
    record_usage(books.company, [Usage(asset, date(2026, 1, 20), D(400))], by=books.by)
    assert run(books, 1).total == D("400.00")
    late = [Usage(asset, date(2026, 1, 31), D(50)), Usage(asset, date(2026, 2, 9), D(150))]
    record_usage(books.company, late, by=books.by)
    assert run(books, 2).total == D("200.00")
    with pytest.raises(InvalidInput) as refusal:
        record_usage(books.company, [Usage(asset, MARCH, D(-601))], by=books.by)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == ("negative", "units", 0)
    assert asset.usage.count() == 3


def taken_over(books: Books, **values: Any) -> FixedAsset:
    terms = terms_of(books, life_months=60, residual=D("0"))
    given: dict[str, Any] = {
        "date": START, "cost": D("12000"), "depreciation": D("7200"),
        "acquired_on": date(2023, 1, 1), "in_service_on": date(2023, 1, 1), **values,
    }  # fmt: skip
    return take_over_asset(registered(books, terms), by=books.by, **given)


def test_an_asset_is_taken_over_with_what_was_charged_before(books: Books) -> None:
    asset = taken_over(books)
    assert (books.balance("1720"), books.balance("1790"), books.balance("3900")) == (
        12000, -7200, -4800,
    )  # fmt: skip
    assert run(books, 1).total == D("200.00")
    assert standing(asset).carrying == D("4600.00")
    assert_reconciled()


@pytest.mark.case("FIN-ASSET-REJ-BOOKED-GE-TOTAL")
@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"depreciation": D("12000")}, "nothing_left", "depreciation"),
        ({"depreciation": D("-1")}, "negative", "depreciation"),
        ({"in_service_on": date(2022, 1, 1)}, "before_acquisition", "in_service_on"),
        ({"in_service_on": date(2026, 2, 1)}, "after_take_over", "in_service_on"),
        ({"cost": D("0")}, "not_positive", "cost"),
        ({"date": date(2025, 1, 1)}, "no_period", "date"),
    ],
)
def test_what_can_not_be_taken_over(
    books: Books, values: dict[str, Any], code: str, field: str
) -> None:
    """``FIN-ASSET-REJ-BOOKED-GE-TOTAL`` and its like."""
    with pytest.raises(BusinessError) as refusal:
        taken_over(books, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not AssetMovement.objects.exists()


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"method": "guess"}, "unknown_method", "method"),
        ({"convention": "leap"}, "unknown_convention", "convention"),
        ({"life_months": -12}, "bad_life", "life_months"),
        ({"life_months": None}, "bad_life", "life_months"),
        ({"residual": D("-1")}, "negative", "residual"),
        ({"residual": D("NaN")}, "not_a_number", "residual"),
        ({"rate": D("120")}, "too_large", "rate"),
        ({"rate": D("20"), "factor": D("2")}, "rate_and_factor", "factor"),
        ({"method": "units"}, "units_required", "units_total"),
        ({"method": "macrs", "life_months": 72}, "macrs_life", "life_months"),
        ({"method": "macrs"}, "macrs_convention", "convention"),
        ({"method": "macrs", "convention": "half_year", "residual": D(1)}, "macrs_residual",
         "residual"),
    ],
)  # fmt: skip
def test_terms_that_can_not_be(books: Books, values: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        registered(books, terms_of(books, **values))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not FixedAsset.objects.exists()


@pytest.mark.case("FIN-ASSET-REJ-SALVAGE-GT-COST")
def test_a_residual_above_the_cost_is_refused(books: Books) -> None:
    """``FIN-ASSET-REJ-SALVAGE-GT-COST``."""
    asset = registered(books, terms_of(books, residual=D("110000")))
    account = books.account("1510")
    asset = capitalise_asset(asset, date=START, amount=D("100000"), account=account, by=books.by)
    refused("residual_above_cost", "residual", put_asset_in_service, asset, date=START, by=books.by)


def test_days_and_amounts_that_can_not_be(books: Books) -> None:
    asset = registered(books)
    refused("no_cost", "asset", put_asset_in_service, asset, date=START, by=books.by)
    refused("required", "amount", capitalise_asset, asset, date=START, by=books.by)
    refused("control_account", "account", capitalise_asset, asset, date=START, amount=D(1),
            account=books.account("1300"), by=books.by)  # fmt: skip
    asset = capitalise_asset(asset, date=MARCH, amount=D("100"), by=books.by)
    refused("before_acquisition", "date", put_asset_in_service, asset, date=START, by=books.by)
    refused("has_cost", None, cancel_asset, asset, by=books.by)
    asset = put_asset_in_service(asset, date=MARCH, by=books.by)
    refused("later_movement", "date", dispose_asset, asset, date=START, reason="x", by=books.by)
    refused("reason_required", "reason", dispose_asset, asset, date=JUNE, reason=" ", by=books.by)
    refused("more_than_its_cost", "cost", dispose_asset, asset, date=JUNE, cost=D("101"),
            reason="x", by=books.by)  # fmt: skip
    refused("not_impaired", "value", impair_asset, asset, date=MARCH, value=D("100"), reason="x",
            by=books.by)  # fmt: skip
    refused("no_period", "date", dispose_asset, asset, date=date(2031, 1, 1), reason="x",
            by=books.by)  # fmt: skip


def test_what_happened_last_is_taken_back(books: Books) -> None:
    asset = in_service(books)
    run(books, 1)
    asset = impair_asset(asset, date=MARCH, value=D("5700"), reason="Market fell", by=books.by)
    asset = dispose_asset(asset, date=APRIL, proceeds=D("1"), reason="Sold", by=books.by)
    asset = reverse_last_event(asset, date=APRIL, reason="Not sold", by=books.by)
    assert (asset.status, asset.disposed_on) == ("impaired", None)
    asset = reverse_last_event(asset, date=APRIL, reason="Wrong", by=books.by)
    assert (asset.status, standing(asset).carrying) == ("in_use", D("11800.00"))
    refused("depreciated_since", "asset", reverse_last_event, asset, date=APRIL, reason="x",
            by=books.by)  # fmt: skip
    assert run(books, 4).total == D("600.00")
    assert_reconciled()


def test_a_wrong_acquisition_is_taken_back(books: Books) -> None:
    asset = in_service(books)
    asset = reverse_last_event(asset, date=START, reason="Wrong asset", by=books.by)
    assert (asset.status, asset.acquired_on, books.balance("1720")) == ("ordered", None, 0)
    asset = cancel_asset(asset, by=books.by)
    assert asset.status == "cancelled"
    assert_reconciled()


def test_the_class_stays_once_the_asset_has_moved(books: Books) -> None:
    asset = in_service(books)
    refused("has_movements", "asset_class", change_asset, asset,
            asset_class=class_of(books, "OFFICE"), by=books.by)  # fmt: skip
    assert change_asset(asset, location="Hall 2", by=books.by).location == "Hall 2"
