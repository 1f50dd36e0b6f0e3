"""S4: valuation, bought, made, sold and billed through the API; moves, stock and ledger agree.

(a) FIFO takes the oldest; (b) crosses layers; (e) moving average and FIFO side by side; (f) a bill
above the order is split by where the units are now, and no old move changes.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.finance.models import JournalEntry
from apps.inventory.models import StockMove
from apps.inventory.queries.stock import stock_total_at
from apps.masterdata.models import Item
from tests.factories import Books
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, make_trade

D = Decimal
DAY, BILL_DAY = "2026-03-10", "2026-04-02"
STOCK, COST_OF_SALES, GRNI, PAYABLE, WIP = "1300", "5000", "2050", "2000", "1310"
_references = itertools.count(1)


@dataclass
class Plant:
    """One who may do everything buys, makes, sells and bills."""

    trade: Trade
    api: ApiClient

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.api.post(path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        return answer.body

    def buy(self, item: Item, quantity: str, price: str) -> dict[str, Any]:
        """Ordered, confirmed and received; the receipt."""
        order = self.post(
            "/supply-chain/purchase-orders/",
            {
                **{"partner": "SUP", "site": "MAIN", "order_date": DAY, "due_date": DAY},
                "lines": [{"item": item.code, "quantity": quantity, "unit_price": price}],
            },
        )
        place = f"/supply-chain/purchase-orders/{order['id']}"
        [line] = self.post(f"{place}/confirm/")["lines"]
        came = {"order_line": line["id"], "quantity": quantity, "location": "STOCK"}
        return {"place": place, **self.post(f"{place}/receive/", {"date": DAY, "lines": [came]})}

    def bill(self, receipt: dict[str, Any], price: str, day: str = BILL_DAY) -> dict[str, Any]:
        line = {"receipt_line": receipt["lines"][0]["id"], "unit_price": price}
        body = {"reference": f"R-{next(_references)}", "date": day, "lines": [line]}
        return self.post(f"{receipt['place']}/bill/", body)

    def sell(self, item: Item, quantity: str) -> Decimal:
        """Ordered and shipped; what it cost."""
        before = self.balance(COST_OF_SALES)
        order = self.post(
            "/crm/sales-orders/",
            {
                **{"partner": "CUS", "site": "MAIN", "order_date": DAY, "due_date": DAY},
                "lines": [{"item": item.code, "quantity": quantity, "unit_price": "1"}],
            },
        )
        place = f"/crm/sales-orders/{order['id']}"
        self.post(f"{place}/confirm/", {"is_reserved": True})
        [row] = self.api.get(f"{place}/quantities/").body["results"]
        out = {"expected_move": row["expected_move_id"], "quantity": quantity}
        where = {"partner": "CUS", "site": "MAIN", "date": DAY}
        self.post("/supply-chain/shipments/", {**where, "lines": [out]})
        return self.balance(COST_OF_SALES) - before

    def make(self, item: Item, of: Item, quantity: str) -> None:
        """``quantity`` of ``item`` from as many of ``of``, in an order closed again."""
        lines = [{"component": of.code, "quantity": 1}]
        bom = self.post("/engineering/boms/", {"item": item.code, "lines": lines})
        self.post(f"/engineering/boms/{bom['id']}/release/")
        self.post("/masterdata/work-centres/", {"code": "CELL", "name": "Cell", "site": "MAIN"})
        steps = [{"sequence": 10, "name": "Make", "work_centre": "CELL", "run_minutes": "1"}]
        routing = self.post("/engineering/routings/", {"item": item.code, "operations": steps})
        self.post(f"/engineering/routings/{routing['id']}/release/")
        order = self.post(
            "/execution/work-orders/",
            {
                **{"item": item.code, "quantity": quantity, "site": "MAIN"},
                **{"start_date": DAY, "due_date": DAY},
                **{"component_location": "STOCK", "output_location": "STOCK"},
            },
        )
        place = f"/execution/work-orders/{order['id']}"
        self.post(f"{place}/release/")
        self.post(f"{place}/report/", {"quantity_good": quantity, "date": DAY})
        self.post(f"{place}/close/", {"date": DAY})

    def worth(self, item: Item) -> Decimal:
        answer = self.api.get("/inventory/item-valuations/?page_size=100")
        [row] = [row for row in answer.body["results"] if row["item_code"] == item.code]
        return D(row["value"])

    def balance(self, account: str) -> Decimal:
        return self.trade.books.balance(account)


@pytest.fixture
def plant(books: Books) -> Plant:
    return Plant(make_trade(books), ApiClient(books.by))


def test_s4a_fifo_takes_the_oldest(plant: Plant) -> None:
    item = plant.trade.item("fifo", code="PART")
    plant.buy(item, "5", "8")
    plant.buy(item, "8", "12")
    assert plant.sell(item, "1") == 8
    assert plant.sell(item, "6") == 56
    assert plant.worth(item) == plant.balance(STOCK) == 72
    assert_reconciled()


def test_s4b_one_sale_crosses_two_layers(plant: Plant) -> None:
    item = plant.trade.item("fifo", code="PART")
    plant.buy(item, "100", "40000")
    plant.buy(item, "100", "50000")
    assert plant.sell(item, "110") == 4_500_000
    assert plant.worth(item) == plant.balance(STOCK) == 4_500_000
    assert_reconciled()


@pytest.mark.parametrize(
    ("costing", "first", "second", "left"),
    [("average", "660.00", "904.62", "565.38"), ("fifo", "600", "920", "610")],
)
def test_s4e_moving_average_and_fifo_side_by_side(
    plant: Plant, costing: str, first: str, second: str, left: str
) -> None:
    item = plant.trade.item(costing, code="PART")
    plant.buy(item, "100", "10")
    plant.buy(item, "50", "13")
    assert plant.sell(item, "60") == D(first)
    plant.buy(item, "40", "12")
    assert plant.sell(item, "80") == D(second)
    assert plant.worth(item) == plant.balance(STOCK) == D(left)
    assert_reconciled()


@pytest.mark.parametrize("costing", ["fifo", "average"])
def test_s4f_a_late_bill_goes_where_the_units_are(plant: Plant, costing: str) -> None:
    raw = plant.trade.item(costing, code="RAW")
    goods = plant.trade.item(costing, code="GOODS", kind="manufactured")
    receipt = plant.buy(raw, "100", "10")
    plant.make(goods, raw, "60")
    assert plant.sell(goods, "20") == 200
    assert (plant.worth(raw), plant.worth(goods)) == (400, 400)
    moves = list(StockMove.objects.order_by("pk").values_list())

    bill = plant.bill(receipt, "15")

    assert (plant.worth(raw), plant.worth(goods)) == (600, 600)
    assert plant.balance(COST_OF_SALES) == 300
    assert (plant.balance(GRNI), plant.balance(PAYABLE), plant.balance(WIP)) == (0, -1500, 0)
    [entry] = JournalEntry.objects.filter(purpose__startswith="late_cost")
    assert entry.date == date.fromisoformat(BILL_DAY)
    amounts = sorted(entry.lines.filter(amount__gt=0).values_list("amount", "account__code"))
    assert amounts == [(100, COST_OF_SALES), (200, STOCK), (200, STOCK)]
    assert list(StockMove.objects.order_by("pk").values_list()) == moves, "byte for byte"
    company = plant.trade.books.company
    assert stock_total_at(company, date.fromisoformat(DAY)) == 800, "March stays as it was"
    assert stock_total_at(company, date.fromisoformat(BILL_DAY)) == 1200
    assert_reconciled()

    back = {"date": BILL_DAY, "reason": "wrong price"}
    plant.post(f"/finance/invoices/{bill['id']}/reverse/", back)
    assert (plant.worth(raw), plant.worth(goods)) == (400, 400)
    assert plant.balance(COST_OF_SALES) == 200
    assert_reconciled()
