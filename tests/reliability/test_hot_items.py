"""Eight writers of every kind on two hot items: nothing below zero, nothing lost, no deadlock.

Each promise has its negative control: the naive way must fail under the same pressure.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from apps.core.errors import BusinessError
from apps.crm.services.sales_orders import OrderLine as SalesLine
from apps.crm.services.sales_orders import confirm_sales_order, create_sales_order
from apps.engineering.models import BillOfMaterials, BomLine
from apps.execution.models import WorkOrder
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.models import ExpectedMove, ItemValuation, Location, StockBalance
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Item
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.factories import make_books
from tests.support.connections import application
from tests.support.races import CALLERS, errors, together
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade, make_trade

pytestmark = [pytest.mark.reliability, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ONE, AT_FIRST, PLENTY = Decimal(1), 30, Decimal(10**6)
EACH = 20


@dataclass
class HotItems:
    """Two items that are bought, sold, made from and moved about, all at once."""

    trade: Trade
    items: list[Item]
    shelf: Location

    def __post_init__(self) -> None:
        books = self.trade.books
        self.order = self.trade.ordered(*(OrderLine(i, PLENTY, Decimal(3)) for i in self.items))
        self.trade.receive(self.order, *[str(AT_FIRST)] * 2)
        self.lines = list(self.order.lines.all())
        sold = create_sales_order(
            books.company,
            partner=self.trade.customer,
            site=books.site,
            lines=[SalesLine(item, PLENTY, Decimal(5)) for item in self.items],
            order_date=DAY,
            due_date=DAY,
            by=books.by,
        )
        confirm_sales_order(sold, by=books.by)
        self.promises = list(
            ExpectedMove.objects.filter(item__in=self.items, direction="out").order_by("pk")
        )
        self.work_order = self._work_order()
        self.components = list(self.work_order.components.order_by("pk"))

    def _work_order(self) -> WorkOrder:
        books = self.trade.books
        made = self.trade.item("average", kind=Item.Kind.MANUFACTURED)
        bom = BillOfMaterials(
            company=books.company, item=made, status="released", created_by=books.by
        ).save_by(books.by)
        BomLine.objects.bulk_create(
            BomLine(
                company=books.company,
                bom=bom,
                position=number,
                item=item,
                quantity=ONE,
                issue_method=BomLine.IssueMethod.MANUAL,
            )
            for number, item in enumerate(self.items, start=1)
        )
        order = create_work_order(
            books.company,
            item=made,
            quantity=PLENTY,
            site=books.site,
            start_date=DAY,
            due_date=DAY,
            component_location=self.trade.stock,
            output_location=self.trade.stock,
            by=books.by,
        )
        return release_work_order(order, by=books.by)

    # What a writer may do; each takes both items, in the order it is given

    def receipt(self, order: list[int]) -> None:
        came = [Delivered(self.lines[n], ONE, self.trade.stock) for n in order]
        receive(self.order, lines=came, date=DAY, by=self.trade.books.by)

    def shipment(self, order: list[int]) -> None:
        ship(
            self.trade.books.company,
            partner=self.trade.customer,
            site=self.trade.books.site,
            lines=[Shipped(self.promises[n], ONE, location=self.trade.stock) for n in order],
            date=DAY,
            by=self.trade.books.by,
        )

    def issue(self, order: list[int]) -> None:
        lines = [IssueLine(self.components[n], ONE) for n in order]
        issue_material(self.work_order, lines, date=DAY, by=self.trade.books.by)

    def transfer(self, order: list[int]) -> None:
        places = [self.trade.stock, self.shelf]
        random.shuffle(places)  # either way
        document = draft_stock_document(
            self.trade.books.company,
            kind="transfer",
            site=self.trade.books.site,
            date=DAY,
            lines=[StockLine(self.items[n], ONE, *places) for n in order],
            by=self.trade.books.by,
        )
        post_stock_document(document, by=self.trade.books.by)


@pytest.fixture
def hot() -> HotItems:
    trade = make_trade(make_books())
    shelf = Location(
        company=trade.books.company, code="SHELF", name="Shelf", site=trade.books.site
    ).save_by(trade.books.by)
    return HotItems(trade, [trade.item("average"), trade.item("fifo")], shelf)


def test_all_kinds_of_writers_at_once(hot: HotItems) -> None:
    acts: list[Callable[[list[int]], None]] = [hot.receipt, hot.shipment, hot.issue, hot.transfer]

    def work(number: int) -> Counter[str]:
        chance, done = random.Random(number), Counter[str]()  # noqa: S311 - chance, no secret
        for _ in range(EACH):
            act = chance.choices(acts, weights=[2, 4, 4, 2])[0]
            try:
                act(chance.sample([0, 1], 2))  # in either order: locks must sort them
                done[act.__name__] += 1
            except BusinessError as error:
                assert error.code == "insufficient_stock", error
                done["refused"] += 1
        return done

    results = together(work)
    assert not errors(results), errors(results)
    done = sum(results, Counter())
    left = AT_FIRST + done["receipt"] - done["shipment"] - done["issue"]
    for item in hot.items:
        assert ItemValuation.objects.get(item=item).quantity == left
        places = StockBalance.objects.filter(item=item).values_list("quantity", flat=True)
        assert sum(places) == left
        assert min(places) >= 0
    assert done["refused"], "stock was never short: the race was none"
    assert all(done[act.__name__] for act in acts)
    assert sum(done.values()) == CALLERS * EACH
    assert_reconciled()


def test_locking_in_the_callers_order_deadlocks(hot: HotItems) -> None:
    """Negative control: the same two rows, each caller in its own order."""
    rows = [ItemValuation.objects.get(item=item).pk for item in hot.items]

    def naive(number: int) -> None:
        order = rows if number % 2 else rows[::-1]
        with application() as raw:
            for row in order:
                raw.execute(
                    "UPDATE inventory_itemvaluation SET quantity = quantity WHERE id = %s", [row]
                )
                time.sleep(0.05)

    found = errors(together(naive))
    assert any(isinstance(error, psycopg.errors.DeadlockDetected) for error in found), found


def test_reading_then_writing_loses_updates(hot: HotItems) -> None:
    """Negative control: what a receipt would do without its lock."""
    row = ItemValuation.objects.get(item=hot.items[0])

    def naive(number: int) -> None:
        for _ in range(EACH):
            with transaction.atomic():
                quantity = ItemValuation.objects.get(pk=row.pk).quantity
                with connection.cursor() as cursor:
                    cursor.execute(
                        "UPDATE inventory_itemvaluation SET quantity = %s WHERE id = %s",
                        [quantity + 1, row.pk],
                    )

    assert not errors(together(naive))
    row.refresh_from_db()
    assert row.quantity < AT_FIRST + CALLERS * EACH, "nobody was faster: the race was none"
