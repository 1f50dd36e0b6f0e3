"""W2: a receipt of a new lot, valued and posted; with and without 100,000 earlier moves."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.finance.models import PostingRole
from apps.inventory.models import Lot
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from apps.supply_chain.models import PurchaseOrderLine, Receipt, ReceiptLine
from apps.supply_chain.services.purchase_orders import OrderLine
from apps.supply_chain.services.receipts import Delivered, receive
from benchmarks import bare
from benchmarks.bare_stock import BareStock, Source
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    require_same_rows,
    statements_of,
)
from benchmarks.plant import DAY, new_books, new_clerk, signed_in
from benchmarks.workloads import Options, against_bare, filling
from tests.support.trade import Trade, make_trade

EARLIER, QUICK_EARLIER = 100_000, 5_000
QUANTITY, PRICE = Decimal(10), Decimal("2.5")
ALL_OF_IT = Decimal(10**9)
BATCH = 1000


def measure(database: Database, options: Options) -> Iterator[Result]:
    trade = make_trade(new_books())
    clerk_id = new_clerk(trade.books, "supply_chain", "inventory", "masterdata", "finance")
    fresh = OpenOrder(trade, clerk_id, "fresh")
    old = OpenOrder(trade, clerk_id, "old")
    with database.connect() as connection:
        limit = BareReceipts(bare.Bare(connection, trade.books, clerk_id), fresh)
        fresh.receive(-1)
        require_same_rows(lambda: fresh.receive(-2), lambda: limit.receive(-2))
        count = statements_of(lambda: fresh.receive(-3))
        earlier = QUICK_EARLIER if options.is_quick else EARLIER
        with filling() as said:
            add_history(trade, old.item, earlier)
        database.settle()
        found = compare(
            Side(fresh.receive, database.django_clock),
            Side(limit.receive, Clock(connection.info.backend_pid)),
            seconds=options.seconds,
        )
    yield against_bare(
        "W2", "receipt of a new lot", found, goal=5.0, statements=count, most_statements=16
    )
    fresh_again = OpenOrder(trade, clerk_id, "again")
    found = compare(
        Side(old.receive, database.django_clock),
        Side(fresh_again.receive, database.django_clock),
        seconds=2 * options.seconds,
    )
    yield against_bare(
        "W2 after many",
        f"receipt after {earlier:,} moves of the item, against one after few",
        found,
        goal=1.1,
        statements=statements_of(lambda: old.receive(-4)),
        most_statements=count,
        note=f"the limit is our own receipt of a new item; {said[0]}",
    )


class OpenOrder:
    """A confirmed order over one item of which any number of receipts may come."""

    def __init__(self, trade: Trade, clerk_id: int, code: str) -> None:
        self.trade, self.clerk_id, self.code = trade, clerk_id, code
        self.item = trade.item("fifo", code=code, tracking="lot")
        self.order = trade.ordered(OrderLine(self.item, ALL_OF_IT, PRICE))
        self.line = self.order.lines.get()

    def receive(self, number: int) -> None:
        by = signed_in(self.clerk_id, "supply_chain.add_receipt")
        code = f"{self.code}-{number}"
        came = Delivered(self.line, QUANTITY, self.trade.stock, lot_code=code, supplier_lot="S")
        receive(self.order, lines=[came], date=DAY, by=by)


def add_history(trade: Trade, item: Item, moves: int) -> None:
    """``moves`` earlier arrivals of ``item``, each of a lot of its own."""
    opening = ensure_virtual_locations(trade.books.company, by=trade.books.by)["opening"]
    for start in range(0, moves, BATCH):
        codes = [f"H{start + place}" for place in range(min(BATCH, moves - start))]
        lots = create_lots(
            trade.books.company, [NewLot(item, code) for code in codes], by=trade.books.by
        )
        post_moves(
            trade.books.company,
            [
                Move(item.pk, QUANTITY, opening, trade.stock, lot=lot, value=QUANTITY * PRICE)
                for lot in lots
            ],
            source=item,
            date=DAY,
            journal="INV",
            purpose=f"history {start}",
            by=trade.books.by,
        )


class BareReceipts:
    """Twelve statements and COMMIT."""

    RECEIPT = """
    SELECT nextval('supply_chain_receipt_series') FROM supply_chain_purchaseorder
     WHERE id = %s AND status = 'confirmed' FOR UPDATE
    """
    VALUATION = """
    UPDATE inventory_itemvaluation SET quantity = quantity + %s, value = value + %s
     WHERE item_id = %s
    """
    BALANCE = """
    INSERT INTO inventory_stockbalance AS b
           (company_id, item_id, location_id, lot_id, quantity, reserved)
    VALUES (%s, %s, %s, %s, %s, 0)
    ON CONFLICT (item_id, location_id, lot_id)
    DO UPDATE SET quantity = b.quantity + excluded.quantity
    """
    LINE = (
        "company_id", "receipt_id", "order_line_id", "quantity", "quantity_rejected",
        "location_id", "lot_id", "move_id",
    )  # fmt: skip

    def __init__(self, own: bare.Bare, goods: OpenOrder) -> None:
        self.own, self.order_id, self.line_id = own, goods.order.pk, goods.line.pk
        self.item_id, self.site_id = goods.item.pk, goods.trade.books.site.pk
        self.partner_id, self.location_id = goods.trade.supplier.pk, goods.trade.stock.pk
        company = goods.trade.books.company
        places = ensure_virtual_locations(company, by=goods.trade.books.by)
        self.supplier_location_id = places["supplier"].pk
        self.receipt_type = bare.content_type(Receipt)
        self.stock = BareStock(own)
        self.inventory = self.stock.account(PostingRole.INVENTORY, goods.item.category_id)
        self.grni = self.stock.account(PostingRole.GRNI, goods.item.category_id)
        self.expected_id = own.one(
            "SELECT id FROM inventory_expectedmove WHERE source_type_id = %s AND source_id = %s",
            [bare.content_type(PurchaseOrderLine), self.line_id],
        )
        own.connection.commit()

    def receive(self, number: int) -> None:
        own, value = self.own, QUANTITY * PRICE
        with own.connection.transaction():
            receipt_number = own.one(self.RECEIPT, [self.order_id])
            lot_id = own.insert_audited(
                Lot,
                {
                    "item_id": self.item_id,
                    "code": f"bare-{number}",
                    "status": "available",
                    "supplier_id": self.partner_id,
                    "supplier_lot": "S",
                },
            )
            receipt_id = own.insert_audited(
                Receipt,
                {
                    "number": f"GR-{receipt_number:06d}",
                    "created_by_id": own.user_id,
                    "status": "posted",
                    "order_id": self.order_id,
                    "date": DAY,
                    "delivery_note": "",
                    "exchange_rate": 1,
                },
            )
            own.run(self.VALUATION, [QUANTITY, value, self.item_id])
            key = [own.company_id, self.item_id, self.location_id, lot_id]
            own.run(self.BALANCE, [*key, QUANTITY])
            self.stock.done([self.expected_id], [QUANTITY])
            self._post(receipt_id, lot_id, value)

    def _post(self, receipt_id: int, lot_id: int, value: Decimal) -> None:
        own = self.own
        lines = [
            (self.inventory, value, QUANTITY, self.site_id, self.item_id, None),
            (self.grni, -value, -QUANTITY, self.site_id, self.item_id, self.partner_id),
        ]
        further = ("quantity", "site_id", "item_id", "partner_id")
        entry = bare.BareEntry(self.receipt_type, receipt_id, lines)
        [(entry_id, _number)] = own.post("INV", [entry], further)
        places = (self.supplier_location_id, self.location_id)
        [move_id] = self.stock.write_moves(
            Source(self.receipt_type, receipt_id, entry_id, self.partner_id),
            [(self.item_id, lot_id, *places, QUANTITY, value)],
            [self.expected_id],
        )
        self.stock.write_layer(self.item_id, lot_id, move_id, QUANTITY, value)
        line = (own.company_id, receipt_id, self.line_id, QUANTITY, 0, self.location_id)
        own.insert(ReceiptLine, self.LINE, [(*line, lot_id, move_id)])
