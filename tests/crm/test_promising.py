"""Promise dates: stock, receipts, making and buying, on the site's calendar, each with its why."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError
from apps.crm.promising import first_available, working_day_after
from apps.crm.queries.promises import promise_dates
from apps.engineering.rollup import Component, Structure
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import Expected, expect_moves
from apps.masterdata.models import Holiday, Shift
from apps.supply_chain.services.purchase_orders import OrderLine as PurchaseLine
from tests.support.trade import Trade

D = Decimal
MONDAY = date(2026, 3, 9)


def test_a_later_promise_is_not_broken_by_an_earlier_one() -> None:
    levels = [(None, D(10)), (date(2026, 3, 12), D(2)), (date(2026, 3, 20), D(30))]
    assert first_available(levels, D(2)).date is None
    assert first_available(levels, D(3)).date == date(2026, 3, 20)
    short = first_available(levels, D(40))
    assert (short.is_covered, short.short) == (False, 10)
    assert first_available([(None, D(-5))], D(1)).short == 1


def test_working_days_are_used_up_from_the_first() -> None:
    def is_weekday(day: date) -> bool:
        return day.weekday() < 5

    assert working_day_after(MONDAY, 0, is_weekday) == MONDAY
    assert working_day_after(MONDAY, 5, is_weekday) == date(2026, 3, 16)
    assert working_day_after(date(2026, 3, 14), 1, is_weekday) == date(2026, 3, 17)
    assert working_day_after(MONDAY, 1, lambda day: False) is None


def weekdays(trade: Trade, mask: int = 0b11111) -> Shift:
    return Shift(
        company=trade.books.company, code="DAY", name="Day", site=trade.books.site,
        starts_at=time(6), ends_at=time(14), weekdays=mask,
    ).save_by(trade.books.by)  # fmt: skip


def promised(trade: Trade, *wanted, structure: Structure | None = None):
    return promise_dates(
        trade.books.company, trade.books.site, wanted, today=MONDAY,
        structure=structure or Structure(),
    )  # fmt: skip


def test_stock_receipts_and_lead_time(trade: Trade) -> None:
    weekdays(trade)
    item = trade.item(lead_time_days=10)
    trade.stocked(item, "10", "1")
    trade.ordered(PurchaseLine(item, D(5), D(1), due_date=date(2026, 3, 14)),
                  due_date=date(2026, 3, 14))  # fmt: skip
    now, later, bought = promised(trade, (item, D(8)), (item, D(4)), (item, D(9)))
    assert (now.date, now.reason) == (MONDAY, "in stock")
    assert later.date == date(2026, 3, 16)  # Saturday's receipt goes out on Monday
    assert "expected receipts" in later.reason
    assert bought.date == date(2026, 3, 23)
    assert "6 short: bought in 10 working days" in bought.reason


def test_making_waits_for_the_last_component(trade: Trade) -> None:
    weekdays(trade)
    Holiday(
        company=trade.books.company, site=trade.books.site, date=date(2026, 3, 17), name="Feast"
    ).save_by(trade.books.by)
    steel = trade.item(code="STEEL", lead_time_days=5)
    bolt = trade.item(code="BOLT")
    trade.stocked(bolt, "100", "1")
    kit = trade.item(code="KIT", kind="phantom")
    pump = trade.item(code="PUMP", kind="manufactured", lead_time_days=2)
    structure = Structure(
        components={
            pump.pk: [Component(kit.pk, D(2)), Component(bolt.pk, D(4))],
            kit.pk: [Component(steel.pk, D(3))],
        }
    )
    [made] = promised(trade, (pump, D(5)), structure=structure)
    # steel on Monday 16th; that day and Wednesday are worked, the feast is not
    assert made.date == date(2026, 3, 19)
    assert "STEEL is there on" in made.reason and "2 working days" in made.reason
    trade.stocked(steel, "30", "1")
    [made] = promised(trade, (pump, D(5)), structure=structure)
    assert made.date == date(2026, 3, 11)
    assert "material is there" in made.reason


def test_what_is_promised_to_others_is_not_promised_again(trade: Trade) -> None:
    item = trade.item(lead_time_days=3)
    trade.stocked(item, "10", "1")
    books = trade.books
    expect_moves(
        books.company,
        [Expected(books.site, ExpectedMove.Direction.OUT, item, books.site, trade.customer,
                  D(8), date(2026, 3, 30))],
        by=books.by,
    )  # fmt: skip
    [one] = promised(trade, (item, D(5)))
    assert (one.date, "3 short" in one.reason) == (date(2026, 3, 12), True)


def test_a_site_that_never_works_promises_nothing(trade: Trade) -> None:
    weekdays(trade, mask=1)
    for week in range(220):
        day = date.fromordinal(MONDAY.toordinal() + 7 * week)
        Holiday(company=trade.books.company, date=day, name="Never").save_by(trade.books.by)
    with pytest.raises(BusinessError) as refusal:
        promised(trade, (trade.item(), D(1)))
    assert (refusal.value.code, refusal.value.field) == ("no_working_day", "site")


def test_services_wait_for_nothing(trade: Trade) -> None:
    [one] = promised(trade, (trade.item(kind="service", lead_time_days=1), D(1)))
    assert one.date == date(2026, 3, 10)
