"""S21: one click deep. The line "Scrap and down-time" down to operator, lot and machine event.

After S7's stops and an order with scrap: income statement, split, lines, entry, source document:
five calls, and every level's total is its parent's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.models import User
from apps.engineering.models import BillOfMaterials, BomLine, Routing, RoutingOperation
from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import make_books
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

DAY = (timezone.now() - timedelta(days=2)).date()
START = datetime.combine(DAY, time(6), tzinfo=UTC)
PERIOD = f"date_from={DAY}&date_to={DAY}"


class Clicks:
    """Counts the calls of one path."""

    def __init__(self, user: User) -> None:
        self.api = ApiClient(user)
        self.made = 0

    def get(self, path: str) -> Any:
        self.made += 1
        answer = self.api.get(path.partition("/api/v1")[2] or path)
        assert answer.status_code == 200, answer.content
        return answer.body


@pytest.fixture
def plant(by: User) -> Shopfloor:
    books = make_books("ACME", starts_on=date(DAY.year, 1, 1), by=by)
    floor = make_shopfloor(books)
    floor.reason("JAM")
    floor.reason("BURR", kind="scrap")
    floor.machine("A")
    return floor


def scrap_an_order(plant: Shopfloor) -> dict[str, str]:
    """Ten shafts of 2 steel at 5.00 each; one of them scrapped by Olga on machine A."""
    books, by = plant.books, plant.books.by
    places = ensure_virtual_locations(books.company, by=by)
    stock = Location(company=books.company, code="STOCK", name="Stock", site=books.site)
    stock.save_by(by)
    steel = books.item("STEEL", tracking="lot")
    [lot] = create_lots(books.company, [NewLot(steel, "HEAT-77", supplier_lot="S-1")], by=by)
    opening = Move(steel.pk, Decimal(100), places["opening"], stock, lot, Decimal(500))
    post_moves(books.company, [opening], source=lot, date=DAY, journal="INV", by=by)
    shaft = books.item("SHAFT", tracking="lot", kind=Item.Kind.MANUFACTURED)
    bom = BillOfMaterials(company=books.company, item=shaft, status="released", created_by=by)
    bom.save_by(by)
    BomLine.objects.create(company=books.company, bom=bom, item=steel, quantity=2)
    routing = Routing(company=books.company, item=shaft, status="released", created_by=by)
    routing.save_by(by)
    RoutingOperation.objects.create(
        company=books.company, routing=routing, name="Turn", work_centre=plant.centre
    )
    Employee(company=books.company, code="OLGA", name="Olga", site=books.site).save_by(by)

    api = ApiClient(by)
    order = api.post(
        "/execution/work-orders/",
        {
            "item": "SHAFT",
            "quantity": 10,
            "site": "MAIN",
            "start_date": str(DAY),
            "due_date": str(DAY),
            "component_location": "STOCK",
            "output_location": "STOCK",
        },
    )
    assert order.status_code == 201, order.content
    path = f"/execution/work-orders/{order.body['id']}"
    assert api.post(f"{path}/release/").status_code == 200
    report = api.post(
        f"{path}/report/",
        {
            "quantity_good": 9,
            "quantity_scrap": 1,
            "scrap_reason": "BURR",
            "employee": "OLGA",
            "machine": "A",
            "shift": "EARLY",
            "reported_at": (START + timedelta(hours=3)).isoformat(),
            "lot_codes": ["SH-1"],
        },
    )
    assert report.status_code == 201, report.content
    return {"order": order.body["number"], "report": report.body["number"]}


def test_s21(plant: Shopfloor) -> None:
    made = scrap_an_order(plant)
    plant.send(
        plant.state("A", START, "running"),
        plant.state("A", START + timedelta(minutes=60), "stopped", "JAM"),
        plant.state("A", START + timedelta(minutes=107), "running"),
        received_at=START + timedelta(hours=2),
    )
    clicks = Clicks(plant.books.by)

    statement = clicks.get(f"/finance/statements/income-statement/?{PERIOD}")
    [line] = [row for row in statement["rows"] if "Scrap and down-time" in row.values()]
    assert Decimal(line["amount"]) == Decimal("-57.00")

    split = clicks.get(
        f"/finance/statements/breakdown/?{PERIOD}&line={line['code']}"
        "&by=month,work_centre,shift,reason"
    )
    parts = {row["reason"]: row for row in split["rows"] if not row["is_total"]}
    assert sum(Decimal(row["amount"]) for row in parts.values()) == Decimal(line["amount"])
    scrap = next(row for reason, row in parts.items() if "BURR" in str(reason))
    assert Decimal(scrap["amount"]) == Decimal("-10.00")
    assert "EARLY" in str(scrap["shift"])
    assert "PRESS" in str(scrap["work_centre"])

    ledger = clicks.get(
        f"/finance/statements/general-ledger/?{PERIOD}&line={line['code']}&reason=BURR"
    )
    [posted] = [row for row in ledger["rows"] if not row["is_total"]]
    assert Decimal(posted["debit"]) == 10

    entry = clicks.get(posted["drill"])
    source = clicks.get(entry["source"]["api"])
    assert clicks.made <= 5
    assert (source["number"], source["work_order_number"]) == (made["report"], made["order"])
    assert (source["employee_code"], source["machine_code"]) == ("OLGA", "A")
    assert source["scrap_reason_code"] == "BURR"

    trace = clicks.api.get("/inventory/lots/?code=SH-1")
    assert trace.status_code == 200, trace.content
    assert_reconciled()
