"""W4 in bare SQL: the same five transactions of a work order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.execution.models import (
    GenealogyEdge,
    MaterialIssue,
    ProductionReport,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderOperation,
)
from apps.finance.models import CostObject, PostingRole
from apps.inventory.models import ExpectedMove, Lot
from apps.inventory.services.locations import ensure_virtual_locations
from benchmarks import bare
from benchmarks.bare_stock import BareStock, Source, Taken
from benchmarks.plant import DAY, NOON

if TYPE_CHECKING:
    from benchmarks.workloads.work_order import Cycle

QUANTITY = Decimal(5)


class BareCycle:
    """The same five transactions."""

    NEXT = "SELECT nextval(%s::regclass)"
    LOCK = "SELECT status FROM execution_workorder WHERE id = %s FOR UPDATE"
    BILL = (
        "SELECT position, item_id, quantity FROM engineering_bomline WHERE bom_id = %s ORDER BY 1"
    )
    STEPS = """
    SELECT sequence, name, work_centre_id, run_minutes FROM engineering_routingoperation
     WHERE routing_id = %s ORDER BY sequence
    """
    LOTS = """
    SELECT item_id, lot_id FROM inventory_stockbalance
     WHERE item_id = ANY(%s) AND location_id = %s AND quantity > reserved
    """
    RATES = """
    SELECT labour_rate, machine_rate FROM masterdata_workcentrerate
     WHERE work_centre_id = %s AND effective_from <= %s ORDER BY effective_from DESC LIMIT 1
    """
    WIP = """
    SELECT coalesce(sum(l.amount), 0) FROM finance_journalline l
      JOIN finance_account a ON a.id = l.account_id AND a.control = 'wip'
     WHERE l.cost_object_id = %s
    """
    DONE = "UPDATE execution_workorderoperation SET status = 'done' WHERE id = %s"
    RECEIVE = """
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
    OPERATION = (
        "company_id", "work_order_id", "sequence", "name", "work_centre_id", "status",
        "setup_minutes", "run_minutes", "labour_factor", "is_counted", "is_badged",
        "instructions", "inspection",
    )  # fmt: skip
    COMPONENT = (
        "company_id", "work_order_id", "position", "item_id", "quantity", "operation_id",
        "issue_method",
    )  # fmt: skip
    EXPECTED = (
        "company_id", "direction", "item_id", "site_id", "quantity", "quantity_done", "due_date",
        "is_open", "source_type_id", "source_id",
    )  # fmt: skip
    EDGE = (
        "company_id", "source_type_id", "source_id", "created_at", "created_by_id",
        "parent_lot_id", "child_lot_id", "work_order_id", "quantity",
    )  # fmt: skip
    ABOUT = ("quantity", "site_id", "item_id", "cost_object_id", "work_centre_id")

    def __init__(self, own: bare.Bare, cycle: Cycle) -> None:
        self.own, self.stock, self.cycle = own, BareStock(own), cycle
        self.item, self.site_id = cycle.item, cycle.books.site.pk
        self.location_id = cycle.trade.stock.pk
        places = ensure_virtual_locations(cycle.books.company, by=cycle.books.by)
        self.production_id = places["production"].pk
        role, account = PostingRole, self.stock.account
        category_id = cycle.components[0].category_id
        self.inventory = account(role.INVENTORY, category_id)
        self.wip = account(role.WIP, cycle.item.category_id)
        self.goods = account(role.INVENTORY, cycle.item.category_id)
        self.absorbed = [
            account(role.LABOUR_ABSORBED, cycle.item.category_id),
            account(role.MACHINE_ABSORBED, cycle.item.category_id),
        ]
        self.types = {
            model: bare.content_type(model)
            for model in (WorkOrder, WorkOrderComponent, MaterialIssue, ProductionReport)
        }

    def run(self) -> None:
        transaction = self.own.connection.transaction
        with transaction():
            order_id, number = self._create()
        with transaction():
            released = self._release(order_id, number)
        with transaction():
            taken, lots = self._issue(order_id, released)
        with transaction():
            self._report(order_id, number, released, taken, lots)
        with transaction():
            self.own.all(self.LOCK, [order_id])
            if self.own.one(self.WIP, [released["cost_object"]]):
                raise AssertionError("the bare order keeps work in process")
            self._change(order_id, {"status": "closed", "closed_at": bare.now()})

    def _change(self, order_id: int, values: dict[str, Any]) -> None:
        self.own.update_audited(WorkOrder, order_id, values)

    def _create(self) -> tuple[int, str]:
        number = f"WO-{self.own.one(self.NEXT, ['execution_workorder_series']):06d}"
        values = {
            "number": number,
            "created_by_id": self.own.user_id,
            "status": "draft",
            "item_id": self.item.pk,
            "quantity": QUANTITY,
            "site_id": self.site_id,
            "bom_id": self.cycle.bom.pk,
            "routing_id": self.cycle.routing.pk,
            "start_date": DAY,
            "due_date": DAY,
            "component_location_id": self.location_id,
            "output_location_id": self.location_id,
            "customer_reference": "",
        }
        return self.own.insert_audited(WorkOrder, values), number

    def _release(self, order_id: int, number: str) -> dict[str, Any]:
        own = self.own
        own.all(self.LOCK, [order_id])
        steps = own.all(self.STEPS, [self.cycle.routing.pk])
        operations = own.insert(
            WorkOrderOperation,
            self.OPERATION,
            [
                (
                    own.company_id,
                    order_id,
                    *step[:3],
                    "waiting",
                    0,
                    step[3],
                    1,
                    False,
                    False,
                    "",
                    "",
                )
                for step in steps
            ],
        )
        needs = [
            (position, item_id, quantity * QUANTITY)
            for position, item_id, quantity in own.all(self.BILL, [self.cycle.bom.pk])
        ]
        components = own.insert(
            WorkOrderComponent,
            self.COMPONENT,
            [(own.company_id, order_id, *need, operations[-1], "manual") for need in needs],
        )
        values = {"code": number, "name": self.item.name, "is_active": True}
        cost_object = own.insert_audited(CostObject, {**values, "kind": "work_order"})
        self._change(
            order_id,
            {"status": "released", "cost_object_id": cost_object, "released_at": bare.now()},
        )
        source = (Decimal(0), DAY, True)
        order = (*source, self.types[WorkOrder], order_id)
        rows = [(own.company_id, "in", self.item.pk, self.site_id, QUANTITY, *order)]
        for (_position, item_id, quantity), component in zip(needs, components, strict=True):
            need = (*source, self.types[WorkOrderComponent], component)
            rows.append((own.company_id, "out", item_id, self.site_id, quantity, *need))
        expected = own.insert(ExpectedMove, self.EXPECTED, rows)
        return {
            "cost_object": cost_object,
            "operation": operations[-1],
            "centre": steps[-1][2],
            "minutes": steps[-1][3],
            "needs": needs,
            "expected": expected,
        }

    def _issue(self, order_id: int, released: dict[str, Any]) -> tuple[list[Taken], list[int]]:
        own, cost_object, centre = self.own, released["cost_object"], released["centre"]
        number = own.one(self.NEXT, ["execution_materialissue_series"])
        own.all(self.LOCK, [order_id])
        wanted = [(item_id, quantity) for _position, item_id, quantity in released["needs"]]
        items = [item_id for item_id, _quantity in wanted]
        taken = self.stock.take(self.location_id, wanted)
        found = dict(own.all(self.LOTS, [items, self.location_id]))
        lots = [found[item_id] for item_id in items]
        expected = released["expected"][1:]
        self.stock.done(expected, [one.quantity for one in taken])
        issue_id = own.insert_audited(
            MaterialIssue,
            {
                "number": f"MI-{number:06d}",
                "created_by_id": own.user_id,
                "status": "posted",
                "work_order_id": order_id,
                "date": DAY,
            },
        )
        lines: list[tuple[object, ...]] = []
        for one in taken:
            about = (self.site_id, one.item_id)
            lines.append((self.wip, one.value, one.quantity, *about, cost_object, centre))
            lines.append((self.inventory, -one.value, -one.quantity, *about, None, None))
        kind = self.types[MaterialIssue]
        entry = bare.BareEntry(kind, issue_id, lines)
        [(entry_id, _number)] = own.post("PRD", [entry], self.ABOUT)
        source = Source(kind, issue_id, entry_id, cost_object_id=cost_object)
        places = (self.location_id, self.production_id)
        self.stock.write_issues(source, taken, places, expected, lots)
        self._change(order_id, {"status": "running"})
        return taken, lots

    def _report(
        self,
        order_id: int,
        order_number: str,
        released: dict[str, Any],
        taken: list[Taken],
        lots: list[int],
    ) -> None:
        own, kind = self.own, self.types[ProductionReport]
        number = own.one(self.NEXT, ["execution_productionreport_series"])
        own.all(self.LOCK, [order_id])
        minutes = released["minutes"] * QUANTITY
        [rates] = own.all(self.RATES, [released["centre"], DAY])
        report_id = own.insert_audited(
            ProductionReport,
            {
                "number": f"PR-{number:06d}",
                "created_by_id": own.user_id,
                "status": "posted",
                "work_order_id": order_id,
                "operation_id": released["operation"],
                "date": DAY,
                "reported_at": NOON,
                "quantity_good": QUANTITY,
                "quantity_scrap": 0,
                "labour_minutes": minutes,
                "machine_minutes": minutes,
                "note": "",
            },
        )
        lot_id = own.insert_audited(
            Lot,
            {
                "item_id": self.item.pk,
                "code": order_number,
                "status": "available",
                "supplier_lot": "",
                "made_on": DAY,
            },
        )
        costs = [round(minutes * rate / 60, 2) for rate in rates]
        value = own.one(self.WIP, [released["cost_object"]]) + sum(costs)
        own.run(self.RECEIVE, [QUANTITY, value, self.item.pk])
        own.run(self.BALANCE, [own.company_id, self.item.pk, self.location_id, lot_id, QUANTITY])
        self.stock.done([released["expected"][0]], [QUANTITY])
        entry = bare.BareEntry(kind, report_id, self._output_lines(released, value, costs))
        [(entry_id, _number)] = own.post("PRD", [entry], self.ABOUT)
        [move_id] = self.stock.write_moves(
            Source(kind, report_id, entry_id, cost_object_id=released["cost_object"]),
            [(self.item.pk, lot_id, self.production_id, self.location_id, QUANTITY, value)],
            [released["expected"][0]],
        )
        self.stock.write_layer(self.item.pk, lot_id, move_id, QUANTITY, Decimal(0))
        source = (own.company_id, kind, report_id, bare.now(), own.user_id)
        own.insert(
            GenealogyEdge,
            self.EDGE,
            [
                (*source, parent, lot_id, order_id, one.quantity)
                for one, parent in zip(taken, lots, strict=True)
            ],
        )
        own.run(self.DONE, [released["operation"]])
        self._change(order_id, {"status": "completed", "completed_at": bare.now()})

    def _output_lines(
        self, released: dict[str, Any], value: Decimal, costs: list[Decimal]
    ) -> list[tuple[object, ...]]:
        cost_object, centre = released["cost_object"], released["centre"]
        about = (self.site_id, self.item.pk)
        lines: list[tuple[object, ...]] = [
            (self.goods, value, QUANTITY, *about, None, None),
            (self.wip, -value, -QUANTITY, *about, cost_object, centre),
        ]
        for account, cost in zip(self.absorbed, costs, strict=True):
            lines.append((self.wip, cost, None, self.site_id, None, cost_object, centre))
            lines.append((account, -cost, None, self.site_id, None, cost_object, centre))
        return lines
