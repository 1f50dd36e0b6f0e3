"""Budget and actual, accruals, an allocation and a group: what a controller looks at.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import AllocationRun, ConsolidationGroup
from apps.finance.services.accrual_postings import post_due_parts
from apps.finance.services.accruals import draft_schedule, start_schedule
from apps.finance.services.allocation_cycles import create_cycle, create_receiver, create_sender
from apps.finance.services.allocation_runs import propose_allocation
from apps.finance.services.intercompany import add_member
from apps.supply_chain.services.purchase_orders import OrderLine, confirm_purchase_order
from tests import factories
from tests.browser.test_people import PASSWORD, look, look_admin, sign_in
from tests.factories import Books
from tests.support.budgets import approved, charged, cost_centre, drafted
from tests.support.trade import DAY, make_trade

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal


def test_budget_and_actual_down_to_the_lines(page: Page, live_server: object) -> None:
    books = _books()
    trade = make_trade(books)
    mill, press = cost_centre(books, "MILL"), cost_centre(books, "PRESS")
    approved(
        books,
        *(("5070", month, "1200", mill) for month in range(1, 13)),
        *(("6100", month, "2500", press) for month in range(1, 13)),
        *(("6100", month, "800") for month in range(1, 13)),
        *(("4100", month, "9000") for month in range(1, 13)),
    )
    charged(books, DAY, "5070", "1430.55", mill)
    charged(books, DAY, "6100", "2500", press)
    charged(books, DAY, "6100", "912.10")
    charged(books, DAY, "4100", "-9410")
    order = trade.order(OrderLine(trade.item(), D(3), D("250"), cost_object=mill))
    confirm_purchase_order(order, by=books.by)
    draft = drafted(books, ("6100", 1, "900"))
    sign_in(
        page,
        live_server,
        "controller",
        "/reports/finance/budget-variance/?period=2026-03",
    )
    row = page.get_by_role("row").filter(has_text="5070").first
    expect(row).to_contain_text("1,430.55")
    expect(row).to_contain_text("750.00")
    look(page, "budget-variance")
    row.get_by_role("link", name="750.00").click()
    expect(page.get_by_text(order.number)).to_be_visible()
    look(page, "budget-commitments")
    page.goto(f"{live_server}/admin/finance/budgetversion/{draft.pk}/change/")
    expect(page.get_by_role("link", name="Spread an amount")).to_be_visible()
    look_admin(page, "budget-draft")
    page.get_by_role("link", name="Spread an amount").click()
    look_admin(page, "budget-spread")


def test_accruals_allocations_and_a_group(page: Page, live_server: object) -> None:
    books = _books()
    schedule = draft_schedule(
        books.company,
        kind="deferred_expense",
        description="Fire insurance",
        amount=D("1300.00"),
        starts_on=date(2026, 1, 17),
        ends_on=date(2026, 12, 31),
        method="day",
        balance_account=books.account("1210"),
        result_account=books.account("6410"),
        by=books.by,
    )
    start_schedule(schedule, by=books.by)
    post_due_parts(books.company, until=DAY, by=books.by)
    run = _run(books)
    group = ConsolidationGroup(company=books.company, code="ALL", name="All of us").save_by(
        books.by
    )
    other = factories.make_books("SOUTH", by=books.by)
    other.post(DAY, ("1010", "5000"), ("3000", "-5000"))
    for member, share in ((books.company, "100"), (other.company, "75")):
        add_member(company=books.company, group=group, member=member, share=D(share), by=books.by)
    sign_in(page, live_server, "controller", "/reports/finance/accruals/?date_to=2026-03-31")
    expect(page.get_by_text("Fire insurance")).to_be_visible()
    look(page, "accruals")
    page.goto(f"{live_server}/admin/finance/accrualschedule/{schedule.pk}/change/")
    look_admin(page, "accrual-schedule")
    page.goto(f"{live_server}/admin/finance/allocationrun/{run.pk}/change/")
    expect(page.get_by_text("Proposed").first).to_be_visible()
    look_admin(page, "allocation-run")
    page.goto(f"{live_server}/reports/finance/group-balance/?date_to=2026-12-31")
    expect(page.get_by_text("Minority interests")).to_be_visible()
    look(page, "group-balance")


def _books() -> Books:
    clerk = factories.make_user("clerk")
    factories.make_user("controller", password=PASSWORD)
    return factories.make_books("NORTH", by=clerk)


def _run(books: Books) -> AllocationRun:
    repair, mill, press = (cost_centre(books, code) for code in ("REPAIR", "MILL", "PRESS"))
    cycle = create_cycle(
        company=books.company,
        code="MONTH",
        name="Month",
        account=books.account("5310"),
        by=books.by,
    )
    sender = create_sender(company=books.company, cycle=cycle, cost_object=repair, by=books.by)
    for receiver, share in ((mill, "2"), (press, "1")):
        create_receiver(
            company=books.company, sender=sender, cost_object=receiver, share=D(share), by=books.by
        )
    charged(books, DAY, "6200", "1000", repair)
    period = books.year.periods.get(number=3)
    return propose_allocation(books.company, cycle=cycle, period=period, by=books.by)
