"""W3: a sales order of 10 lines written, confirmed, shipped and invoiced: four requests."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from apps.crm.models import SalesOrder, SalesOrderLine
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order, create_sales_order
from apps.finance.models import Invoice, InvoiceLine, PostingRole, TaxEntry
from apps.inventory.models import ExpectedMove
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from apps.supply_chain.models import Shipment, ShipmentLine
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from benchmarks import bare
from benchmarks.bare_stock import BareStock, Source, Taken
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Comparison,
    Result,
    Side,
    compare,
    require_same_rows,
    statements_of,
)
from benchmarks.plant import DAY, new_books, new_clerk, signed_in
from benchmarks.workloads import Options, against_bare
from tests.support.trade import Trade, make_trade

LINES = 10
MANY_LINES = 100
MOST_STATEMENTS = 60
QUANTITY, PRICE, COST = Decimal(2), Decimal(10), Decimal(4)
IN_STOCK = Decimal(10**9)


def measure(database: Database, options: Options) -> Iterator[Result]:
    trade = make_trade(new_books())
    clerk_id = new_clerk(trade.books, "crm", "supply_chain", "finance", "inventory")
    items = [stocked(trade, f"S{number:03d}") for number in range(MANY_LINES)]
    few, many = Cycle(trade, clerk_id, items[:LINES]), Cycle(trade, clerk_id, items)
    with database.connect() as connection:
        limit = BareCycle(bare.Bare(connection, trade.books, clerk_id), few)
        few.run()
        require_same_rows(few.run, limit.run)
        count, count_of_many = statements_of(few.run), statements_of(many.run)
        database.settle()
        found = compare(
            Side(lambda n: few.run(), database.django_clock),
            Side(lambda n: limit.run(), Clock(connection.info.backend_pid)),
            seconds=options.seconds,
        )
    result = against_bare(
        "W3",
        "line of an order of 10, to the posted invoice",
        per_line(found),
        goal=6.0,
        statements=count,
        most_statements=MOST_STATEMENTS,
        note=f"{count_of_many} statements with {MANY_LINES} lines",
    )
    yield result.failed_unless(count == count_of_many)


def per_line(found: Comparison) -> Comparison:
    return Comparison(
        found.ours / LINES,
        found.bare / LINES,
        found.ratio,
        found.per_s * LINES,
        found.units * LINES,
    )


def stocked(trade: Trade, code: str) -> Item:
    """An item of which there is enough for every order to come."""
    item = trade.item("fifo", code=code, sales_price=PRICE)
    opening = ensure_virtual_locations(trade.books.company, by=trade.books.by)["opening"]
    post_moves(
        trade.books.company,
        [Move(item.pk, IN_STOCK, opening, trade.stock, value=IN_STOCK * COST)],
        source=item,
        date=DAY,
        journal="INV",
        by=trade.books.by,
    )
    return item


class Cycle:
    """The whole way of an order through our services, each step with its own caller."""

    def __init__(self, trade: Trade, clerk_id: int, items: list[Item]) -> None:
        self.trade, self.books, self.clerk_id, self.items = trade, trade.books, clerk_id, items
        self.tax_code = trade.books.tax_codes["STD"]
        self.line_type = bare.content_type(SalesOrderLine)

    def run(self) -> None:
        order = create_sales_order(
            self.books.company,
            partner=self.trade.customer,
            site=self.books.site,
            lines=[OrderLine(item, QUANTITY, PRICE, tax_code=self.tax_code) for item in self.items],
            order_date=DAY,
            due_date=DAY,
            by=signed_in(self.clerk_id, "crm.add_salesorder"),
        )
        order = confirm_sales_order(order, by=signed_in(self.clerk_id, "crm.confirm_salesorder"))
        packer = signed_in(self.clerk_id, "supply_chain.add_shipment")
        promised = ExpectedMove.objects.filter(
            source_type=self.line_type,
            source_id__in=SalesOrderLine.objects.filter(order=order).values("pk"),
        )
        ship(
            self.books.company,
            partner=self.trade.customer,
            site=self.books.site,
            lines=[Shipped(promise, promise.quantity) for promise in promised],
            date=DAY,
            by=packer,
        )
        invoice_order(order, date=DAY, by=signed_in(self.clerk_id, "crm.invoice_salesorder"))


class BareCycle:
    """The same four transactions."""

    NEXT = "SELECT nextval(%s::regclass)"
    LINE = (
        "company_id", "order_id", "position", "item_id", "quantity", "unit_id", "stock_quantity",
        "unit_price", "tax_code_id", "due_date",
    )  # fmt: skip
    EXPECTED = (
        "company_id", "direction", "item_id", "site_id", "partner_id", "quantity",
        "quantity_done", "due_date", "is_open", "source_type_id", "source_id",
    )  # fmt: skip
    SHIPMENT_LINE = (
        "company_id", "shipment_id", "expected_move_id", "item_id", "quantity", "location_id",
    )  # fmt: skip
    INVOICE_LINE = (
        "company_id", "invoice_id", "item_id", "description", "quantity", "unit_price", "amount",
        "tax_code_id", "tax_amount", "source_type_id", "source_id", "price_includes_tax",
        "withheld_amount", "credits_price",
    )  # fmt: skip

    TAX_ENTRY = (
        "company_id", "source_type_id", "source_id", "created_at", "created_by_id", "entry_id",
        "date", "tax_code_id", "side", "partner_id", "account_id", "base", "tax",
    )  # fmt: skip

    def __init__(self, own: bare.Bare, cycle: Cycle) -> None:
        self.own, self.stock = own, BareStock(own)
        self.items, self.tax_code = cycle.items, cycle.tax_code
        self.site_id, self.partner_id = cycle.books.site.pk, cycle.trade.customer.pk
        self.location_id = cycle.trade.stock.pk
        places = ensure_virtual_locations(cycle.books.company, by=cycle.books.by)
        self.customer_location_id = places["customer"].pk
        category_id = cycle.items[0].category_id
        self.inventory = self.stock.account(PostingRole.INVENTORY, category_id)
        self.cogs = self.stock.account(PostingRole.COGS, category_id)
        self.revenue = self.stock.account(PostingRole.REVENUE, category_id)
        self.receivable = self.stock.account(PostingRole.RECEIVABLE)
        self.line_type = cycle.line_type
        self.shipment_type = bare.content_type(Shipment)
        self.invoice_type = bare.content_type(Invoice)

    def run(self) -> None:
        transaction = self.own.connection.transaction
        with transaction():
            order_id, lines = self._order()
        with transaction():
            promises = self._confirm(order_id, lines)
        with transaction():
            self._ship(promises)
        with transaction():
            self._invoice(order_id, lines)

    def _order(self) -> tuple[int, list[int]]:
        number = self.own.one(self.NEXT, ["crm_salesorder_series"])
        order_id = self.own.insert_audited(
            SalesOrder,
            {
                "number": f"SO-{number:06d}",
                "created_by_id": self.own.user_id,
                "status": "draft",
                "partner_id": self.partner_id,
                "site_id": self.site_id,
                "order_date": DAY,
                "due_date": DAY,
                "customer_reference": "",
                "currency_id": self.own.currency,
            },
        )
        rows = [
            (
                *(self.own.company_id, order_id, 10 * place, item.pk, QUANTITY, item.unit_id),
                *(QUANTITY, PRICE, self.tax_code.pk, DAY),
            )
            for place, item in enumerate(self.items, start=1)
        ]
        return order_id, self.own.insert(SalesOrderLine, self.LINE, rows)

    def _confirm(self, order_id: int, lines: list[int]) -> list[int]:
        rows = [
            (
                *(self.own.company_id, "out", item.pk, self.site_id, self.partner_id, QUANTITY),
                *(Decimal(0), DAY, True, self.line_type, line_id),
            )
            for item, line_id in zip(self.items, lines, strict=True)
        ]
        promises = self.own.insert(ExpectedMove, self.EXPECTED, rows)
        self.own.update_audited(SalesOrder, order_id, {"status": "confirmed"})
        return promises

    def _ship(self, promises: list[int]) -> None:
        number = self.own.one(self.NEXT, ["supply_chain_shipment_series"])
        taken = self.stock.take(self.location_id, [(item.pk, QUANTITY) for item in self.items])
        self.stock.done(promises, [QUANTITY] * len(promises))
        shipment_id = self.own.insert_audited(
            Shipment,
            {
                "number": f"SH-{number:06d}",
                "created_by_id": self.own.user_id,
                "status": "posted",
                "partner_id": self.partner_id,
                "site_id": self.site_id,
                "date": DAY,
                "tracking_number": "",
                "delivery_address": "",
            },
        )
        entry = bare.BareEntry(self.shipment_type, shipment_id, self._cost_lines(taken))
        further = ("quantity", "site_id", "item_id", "partner_id")
        [(entry_id, _number)] = self.own.post("INV", [entry], further)
        self.stock.write_issues(
            Source(self.shipment_type, shipment_id, entry_id, self.partner_id),
            taken,
            (self.location_id, self.customer_location_id),
            promises,
            [None] * len(taken),
        )
        rows = [
            (self.own.company_id, shipment_id, promise, one.item_id, QUANTITY, self.location_id)
            for promise, one in zip(promises, taken, strict=True)
        ]
        self.own.insert(ShipmentLine, self.SHIPMENT_LINE, rows)

    def _cost_lines(self, taken: list[Taken]) -> list[tuple[object, ...]]:
        lines: list[tuple[object, ...]] = []
        for one in taken:
            about = (self.site_id, one.item_id)
            lines.append((self.cogs, one.value, QUANTITY, *about, self.partner_id))
            lines.append((self.inventory, -one.value, -QUANTITY, *about, None))
        return lines

    def _invoice(self, order_id: int, lines: list[int]) -> None:
        net = QUANTITY * PRICE
        tax = round(net * self.tax_code.rate / 100, 2)
        total = (net + tax) * len(lines)
        invoice_id = self.own.insert_audited(
            Invoice,
            {
                "number": "",
                "created_by_id": self.own.user_id,
                "status": "draft",
                "kind": "customer",
                "partner_id": self.partner_id,
                "date": DAY,
                "due_date": DAY,
                "discount_percent": 0,
                "reference": f"order {order_id}",
                "dispute": "",
                "currency_id": self.own.currency,
                "exchange_rate": 1,
                "total": total,
                "total_company": 0,
            },
        )
        rows = [
            (
                *(self.own.company_id, invoice_id, item.pk, item.name, QUANTITY, PRICE, net),
                *(self.tax_code.pk, tax, self.line_type, line_id, False, 0, False),
            )
            for item, line_id in zip(self.items, lines, strict=True)
        ]
        self.own.insert(InvoiceLine, self.INVOICE_LINE, rows)
        partner_id = self.partner_id
        entry_lines: list[tuple[object, ...]] = [(self.receivable, total, None, None, partner_id)]
        entry_lines += [(self.revenue, -net, -QUANTITY, item.pk, partner_id) for item in self.items]
        tax_account = self.tax_code.sales_account_id
        entry_lines.append((tax_account, -tax * len(lines), None, None, partner_id))
        memos = {tax_account: self.tax_code.code}
        entry = bare.BareEntry(self.invoice_type, invoice_id, entry_lines, memos=memos)
        [(entry_id, number)] = self.own.post("SAL", [entry], ("quantity", "item_id", "partner_id"))
        source = (self.own.company_id, self.invoice_type, invoice_id)
        about = (bare.now(), self.own.user_id, entry_id, DAY, self.tax_code.pk, "due")
        amounts = (partner_id, tax_account, net * len(lines), tax * len(lines))
        self.own.insert(TaxEntry, self.TAX_ENTRY, [(*source, *about, *amounts)])
        values = {"status": "posted", "number": number, "entry_id": entry_id}
        self.own.update_audited(Invoice, invoice_id, {**values, "total_company": total})
