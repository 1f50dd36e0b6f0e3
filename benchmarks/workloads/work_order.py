"""W4: a work order of 10 components from its draft to its close: five requests.

Components and goods are tracked by lot: the report completes the order, links the lots and gives
the goods all that the order cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from apps.engineering.models import BillOfMaterials, BomLine, Routing, RoutingOperation
from apps.execution.services.closing import close_work_order
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.production import report_production
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, WorkCentre, WorkCentreRate
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    require_same_rows,
    statements_of,
)
from benchmarks.plant import DAY, NOON, new_books, new_clerk, signed_in
from benchmarks.workloads import Options, against_bare
from benchmarks.workloads.work_order_bare import QUANTITY, BareCycle
from tests.support.trade import Trade, make_trade

COMPONENTS = 10
MANY_COMPONENTS = 100
MOST_STATEMENTS = 60
PER_UNIT, COST = Decimal(2), Decimal(4)
MINUTES_PER_UNIT, LABOUR_RATE, MACHINE_RATE = Decimal(12), Decimal(60), Decimal(30)
IN_STOCK = Decimal(10**9)


def measure(database: Database, options: Options) -> Iterator[Result]:
    trade = make_trade(new_books())
    clerk_id = new_clerk(trade.books, "execution", "inventory", "engineering", "finance")
    components = stocked_components(trade)
    few = Cycle(trade, clerk_id, "FEW", components[:COMPONENTS])
    many = Cycle(trade, clerk_id, "MANY", components)
    with database.connect() as connection:
        limit = BareCycle(bare.Bare(connection, trade.books, clerk_id), few)
        for cycle in (few, many):
            cycle.run()  # the first order of an item opens its valuation
        require_same_rows(few.run, limit.run)
        count, count_of_many = statements_of(few.run), statements_of(many.run)
        database.settle()
        found = compare(
            Side(lambda n: few.run(), database.django_clock),
            Side(lambda n: limit.run(), Clock(connection.info.backend_pid)),
            seconds=options.seconds,
        )
    result = against_bare(
        "W4",
        f"work order of {COMPONENTS} components, through",
        found,
        goal=6.0,
        statements=count,
        most_statements=MOST_STATEMENTS,
        note=f"{count_of_many} statements with {MANY_COMPONENTS} components",
    )
    yield result.failed_unless(count == count_of_many)


def stocked_components(trade: Trade) -> list[Item]:
    """Enough of each for every order to come, in one lot."""
    company, by = trade.books.company, trade.books.by
    opening = ensure_virtual_locations(company, by=by)["opening"]
    items = [trade.item("fifo", code=f"C{n:03d}", tracking="lot") for n in range(MANY_COMPONENTS)]
    lots = create_lots(company, [NewLot(item, f"LOT-{item.code}") for item in items], by=by)
    post_moves(
        company,
        [
            Move(lot.item_id, IN_STOCK, opening, trade.stock, lot=lot, value=IN_STOCK * COST)
            for lot in lots
        ],
        source=items[0],
        date=DAY,
        journal="INV",
        by=by,
    )
    return items


class Cycle:
    """The whole way of an order through our services, each step with its own caller."""

    def __init__(self, trade: Trade, clerk_id: int, code: str, components: list[Item]) -> None:
        self.trade, self.books, self.clerk_id = trade, trade.books, clerk_id
        self.components = components
        self.item = trade.item("average", code=code, kind=Item.Kind.MANUFACTURED, tracking="lot")
        self.bom = self._bom()
        self.routing = self._routing(code)

    def _bom(self) -> BillOfMaterials:
        company, by = self.books.company, self.books.by
        bom = BillOfMaterials(company=company, item=self.item, status="released", created_by=by)
        bom.save_by(by)
        BomLine.objects.bulk_create(
            BomLine(
                company=company,
                bom=bom,
                position=10 * n,
                item=item,
                quantity=PER_UNIT,
                issue_method=BomLine.IssueMethod.MANUAL,
            )
            for n, item in enumerate(self.components, start=1)
        )
        return bom

    def _routing(self, code: str) -> Routing:
        company, by = self.books.company, self.books.by
        centre = WorkCentre(company=company, code=code, name=code, site=self.books.site)
        centre.save_by(by)
        WorkCentreRate(
            company=company,
            work_centre=centre,
            effective_from=date(2026, 1, 1),
            labour_rate=LABOUR_RATE,
            machine_rate=MACHINE_RATE,
        ).save_by(by)
        routing = Routing(company=company, item=self.item, status="released", created_by=by)
        routing.save_by(by)
        RoutingOperation.objects.create(
            company=company,
            routing=routing,
            sequence=10,
            name="Assembly",
            work_centre=centre,
            run_minutes=MINUTES_PER_UNIT,
        )
        return routing

    def run(self) -> None:
        order = create_work_order(
            self.books.company,
            item=self.item,
            quantity=QUANTITY,
            site=self.books.site,
            start_date=DAY,
            due_date=DAY,
            component_location=self.trade.stock,
            output_location=self.trade.stock,
            by=signed_in(self.clerk_id, "execution.add_workorder"),
        )
        order = release_work_order(
            order, by=signed_in(self.clerk_id, "execution.release_workorder")
        )
        by = signed_in(self.clerk_id, "execution.add_materialissue")
        lines = [
            IssueLine(one, one.quantity) for one in order.components.select_related("operation")
        ]
        issue_material(order, lines, date=DAY, by=by)
        by = signed_in(self.clerk_id, "execution.add_productionreport")
        report_production(order, reported_at=NOON, quantity_good=QUANTITY, by=by)
        close_work_order(order, date=DAY, by=signed_in(self.clerk_id, "execution.close_workorder"))
