"""W19: 50,000 issues posted at once: quantity, cost layer, value and books of each.

500 items lie at one place, a hundred issues of each go to customers. The bare SQL writes the same
rows by eleven statements, and is told what each issue is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.finance.models import PostingRole
from apps.inventory.models import LayerConsumption, Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from benchmarks import bare
from benchmarks.bare_stock import (
    CHANGE_BALANCES,
    CHANGE_LAYERS,
    CHANGE_POOLS,
    CONSUMPTION,
    POOLS,
    STOCK,
    BareStock,
    Source,
)
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
from tests.factories import Books

MOVES, QUICK_MOVES = 50_000, 2_000
OF_EACH = 100
QUANTITY, PRICE = Decimal(10), Decimal("2.5")
PLENTY = Decimal(10**9)
GOAL, MOST_STATEMENTS = 3.5, 20


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    clerk_id = new_clerk(books, "inventory", "masterdata", "finance")
    moves = QUICK_MOVES if options.is_quick else MOVES
    with filling() as said:
        goods = Goods(books, clerk_id, moves // OF_EACH)
    with database.connect() as connection:
        limit = BareMoves(bare.Bare(connection, books, clerk_id), goods)
        goods.issue(-1)  # makes the number series that the bare SQL continues
        require_same_rows(lambda: goods.issue(-2), lambda: limit.issue(-2))
        count = statements_of(lambda: goods.issue(-3))
        database.settle()
        found = compare(
            Side(goods.issue, database.django_clock),
            Side(limit.issue, Clock(connection.info.backend_pid)),
            seconds=options.seconds,
        )
    yield against_bare(
        "W19",
        f"batch of {moves:,} stock moves",
        found,
        goal=GOAL,
        statements=count,
        most_statements=MOST_STATEMENTS,
        note=f"{moves * found.per_s:,.0f} moves a second; {said[0]}",
    )


class Goods:
    """Items with plenty in stock, of which any number of batches may be issued."""

    def __init__(self, books: Books, clerk_id: int, items: int) -> None:
        self.books, self.clerk_id = books, clerk_id
        self.virtual = ensure_virtual_locations(books.company, by=books.by)
        self.stock = Location(
            company=books.company, code="STOCK", name="Stock", site=books.site
        ).save_by(books.by)
        category = books.category("FIFO", "fifo")
        self.items: list[Item] = [
            books.item(f"GOODS-{number:04d}", category=category) for number in range(items)
        ]
        post_moves(
            books.company,
            [
                Move(item.pk, PLENTY, self.virtual["opening"], self.stock, value=PLENTY * PRICE)
                for item in self.items
            ],
            source=self.stock,
            date=DAY,
            journal="INV",
            purpose="opening",
            by=books.by,
        )

    def issue(self, number: int) -> None:
        by = signed_in(self.clerk_id, "inventory.post_stockdocument")
        customer = self.virtual["customer"]
        post_moves(
            self.books.company,
            [
                Move(item.pk, QUANTITY, self.stock, customer)
                for _again in range(OF_EACH)
                for item in self.items
            ],
            source=self.stock,
            date=DAY,
            journal="INV",
            purpose=f"ours {number}",
            by=by,
        )


class BareMoves:
    """Eleven statements and COMMIT."""

    FURTHER = ("quantity", "site_id", "item_id", "partner_id")

    def __init__(self, own: bare.Bare, goods: Goods) -> None:
        self.own, self.stock = own, BareStock(own)
        self.items = [item.pk for item in goods.items]
        self.place_id, self.site_id = goods.stock.pk, goods.books.site.pk
        self.places = (goods.stock.pk, goods.virtual["customer"].pk)
        self.source_type = bare.content_type(Location)
        category_id = goods.items[0].category_id
        self.inventory = self.stock.account(PostingRole.INVENTORY, category_id)
        self.cogs = self.stock.account(PostingRole.COGS, category_id)

    def issue(self, number: int) -> None:
        own, value = self.own, QUANTITY * PRICE
        quantities = [OF_EACH * QUANTITY] * len(self.items)
        values = [OF_EACH * value] * len(self.items)
        with own.connection.transaction():
            own.all(POOLS, [sorted(self.items)])
            found = own.all(STOCK, [self.items, self.place_id])
            layers = [row[1] for row in found]
            own.run(CHANGE_POOLS, [self.items, quantities, values])
            own.run(CHANGE_BALANCES, [[row[0] for row in found], quantities])
            own.run(CHANGE_LAYERS, [layers, quantities, values])
            lines = [
                (account, sign * OF_EACH * value, sign * OF_EACH * QUANTITY, self.site_id, item,
                 None)
                for item in self.items
                for account, sign in ((self.cogs, 1), (self.inventory, -1))
            ]  # fmt: skip
            entry = bare.BareEntry(self.source_type, self.place_id, lines, f"bare {number}")
            [(entry_id, _number)] = own.post("INV", [entry], self.FURTHER)
            moves = [
                (item, None, *self.places, QUANTITY, value)
                for _again in range(OF_EACH)
                for item in self.items
            ]
            source = Source(self.source_type, self.place_id, entry_id)
            ids = self.stock.write_moves(source, moves, [None] * len(moves))
            rows = [
                (own.company_id, layer, move_id, QUANTITY, value)
                for layer, move_id in zip(layers * OF_EACH, ids, strict=True)
            ]
            own.insert(LayerConsumption, CONSUMPTION, rows)
