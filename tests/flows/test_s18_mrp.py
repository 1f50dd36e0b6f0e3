"""S18 (b): one item over eight weeks, from master data to purchase orders, by the API.

Gross 0 40 0 60 0 50 0 70, a receipt of 50 in week 2, on hand 30, safety stock 10, lots of 50, lead
time two weeks: net 30, 30, 50 in weeks 4, 6, 8; receipts of 50 each; releases in weeks 2, 4, 6.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.inventory.services.locations import ensure_virtual_locations
from tests.factories import make_books
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)
GROSS = (0, 40, 0, 60, 0, 50, 0, 70)
WEEKDAYS = 0b0011111


def week(number: int) -> str:
    """The Monday of a week of the scenario."""
    return (MONDAY + timedelta(days=7 * (number - 1))).isoformat()


class Planner:
    def __init__(self, user: User) -> None:
        self.api = ApiClient(user)

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.api.post(path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        return answer.body

    def get(self, path: str) -> Any:
        answer = self.api.get(path)
        assert answer.status_code == 200, (path, answer.content)
        return answer.body

    def plan(self, **values: Any) -> dict[str, Any]:
        body = {"site": "MAIN", "planned_on": MONDAY.isoformat(), "horizon_days": 55, **values}
        run = self.post("/planning/planning-runs/", body)
        return self.post(f"/planning/planning-runs/{run['id']}/calculate/")

    def grid(self, item: str) -> list[dict[str, Any]]:
        return self.get(f"/planning/planned-items/grid/?item={item}&site=MAIN&by=week")["results"]


@pytest.fixture
def planner(by: User) -> Planner:
    books = make_books("ACME", by=by)
    ensure_virtual_locations(books.company, by=by)
    books.partner("SUPPLIER")
    books.partner("CUSTOMER")
    planner = Planner(by)
    planner.post(
        "/masterdata/shifts/",
        {
            "code": "DAY",
            "name": "Day",
            "site": "MAIN",
            "starts_at": "06:00",
            "ends_at": "14:00",
            "weekdays": WEEKDAYS,
        },
    )
    planner.post("/masterdata/units/", {"code": "EA", "name": "Each", "dimension": "count"})
    planner.post("/masterdata/item-categories/", {"code": "P", "name": "P", "costing": "average"})
    planner.post(
        "/inventory/locations/",
        {"code": "STOCK", "name": "Stock", "kind": "internal", "site": "MAIN"},
    )
    planner.post(
        "/masterdata/items/",
        {
            "code": "X",
            "name": "Item X",
            "category": "P",
            "unit": "EA",
            "kind": "purchased",
            "purchase_price": "2",
            "sales_price": "5",
            "default_supplier": "SUPPLIER",
        },
    )
    planner.post(
        "/planning/item-plannings/",
        {
            "item": "X",
            "site": "MAIN",
            "lot_rule": "fixed",
            "lot_size": 50,
            "safety_stock": 10,
            "lead_time_days": 10,
        },
    )
    stock = planner.post(
        "/inventory/stock-documents/",
        {
            "kind": "opening",
            "site": "MAIN",
            "date": MONDAY.isoformat(),
            "lines": [
                {
                    "item": "X",
                    "quantity": 30,
                    "unit_cost": "2",
                    "from_location": "OPENING",
                    "to_location": "STOCK",
                }
            ],
        },
    )
    planner.post(f"/inventory/stock-documents/{stock['id']}/post/")
    order = planner.post(
        "/supply-chain/purchase-orders/",
        {
            "partner": "SUPPLIER",
            "site": "MAIN",
            "order_date": MONDAY.isoformat(),
            "due_date": week(2),
            "lines": [{"item": "X", "quantity": 50, "due_date": week(2)}],
        },
    )
    planner.post(f"/supply-chain/purchase-orders/{order['id']}/confirm/")
    sale = planner.post(
        "/crm/sales-orders/",
        {
            "partner": "CUSTOMER",
            "site": "MAIN",
            "order_date": MONDAY.isoformat(),
            "due_date": week(8),
            "lines": [
                {"item": "X", "quantity": quantity, "due_date": week(number)}
                for number, quantity in enumerate(GROSS, start=1)
                if quantity
            ],
        },
    )
    planner.post(f"/crm/sales-orders/{sale['id']}/confirm/")
    return planner


def figures(grid: list[dict[str, Any]], name: str) -> list[Decimal]:
    return [Decimal(bucket[name]) for bucket in grid]


def test_s18b_the_plan_of_one_item(planner: Planner) -> None:
    run = planner.plan()
    assert (run["status"], run["order_count"], run["is_current"]) == ("done", 3, True)
    grid = planner.grid("X")
    assert [bucket["starts_on"] for bucket in grid] == [week(n) for n in range(1, 9)]
    assert figures(grid, "gross") == list(GROSS)
    assert figures(grid, "receipts") == [0, 50, 0, 0, 0, 0, 0, 0]
    assert figures(grid, "net") == [0, 0, 0, 30, 0, 30, 0, 50]
    assert figures(grid, "planned_receipts") == [0, 0, 0, 50, 0, 50, 0, 50]
    assert figures(grid, "projected") == [30, 40, 40, 30, 30, 30, 30, 10]
    assert figures(grid, "planned_releases") == [0, 50, 0, 50, 0, 50, 0, 0]
    orders = planner.get("/planning/planned-orders/?page_size=10")["results"]
    assert [(o["start_date"], o["due_date"], Decimal(o["quantity"])) for o in orders] == [
        (week(2), week(4), 50),
        (week(4), week(6), 50),
        (week(6), week(8), 50),
    ]
    pegging = planner.get(f"/planning/planned-orders/{orders[0]['id']}/pegging/")
    assert [(p["kind"], Decimal(p["quantity"]), p["partner"]) for p in pegging["serves"]] == [
        ("expected", 20, "CUSTOMER Inc"),
        ("expected", 30, "CUSTOMER Inc"),
    ]
    assert_reconciled()


def test_s18b_ordered_and_planned_again(planner: Planner) -> None:
    planner.plan()
    orders = planner.get("/planning/planned-orders/?page_size=10")["results"]
    made = planner.post(
        "/planning/planned-orders/order/", {"orders": [order["id"] for order in orders]}
    )
    [purchase] = made["purchase_orders"]
    assert purchase["status"] == "draft"
    again = planner.plan()
    assert again["order_count"] == 0, "a draft that came of the plan counts as on order"
    assert figures(planner.grid("X"), "projected") == [30, 40, 40, 30, 30, 30, 30, 10]
    planner.post(f"/supply-chain/purchase-orders/{purchase['id']}/confirm/")
    assert planner.plan()["order_count"] == 0
    grid = planner.grid("X")
    assert figures(grid, "receipts") == [0, 50, 0, 50, 0, 50, 0, 50]
    assert figures(grid, "projected") == [30, 40, 40, 30, 30, 30, 30, 10]
    assert planner.get("/planning/action-messages/")["results"] == []
    assert_reconciled()


# --- (d) ft06: six jobs on six machines ---------------------------------------------------------

FT06 = """
2 1  0 3  1 6  3 7  5 3  4 6
1 8  2 5  4 10  5 10  0 10  3 4
2 5  3 4  5 8  0 9  1 1  4 7
1 5  0 5  2 5  3 3  4 8  5 9
2 9  1 3  4 5  5 4  0 3  3 1
1 3  3 3  5 9  0 10  4 4  2 1
"""


def test_s18d_ft06_has_makespan_55(planner: Planner) -> None:
    """One work centre per machine, one work order per job, times in minutes, no calendar."""
    for number in range(6):
        centre = {"code": f"M{number}", "name": f"Machine {number}", "site": "MAIN"}
        planner.post("/masterdata/work-centres/", centre)
    for job, line in enumerate(FT06.strip().splitlines()):
        numbers = [int(word) for word in line.split()]
        planner.post(
            "/masterdata/items/",
            {
                "code": f"JOB{job}",
                "name": f"Job {job}",
                "category": "P",
                "unit": "EA",
                "kind": "manufactured",
            },
        )
        lines = [{"component": "X", "quantity": 1}]
        bom = planner.post("/engineering/boms/", {"item": f"JOB{job}", "lines": lines})
        planner.post(f"/engineering/boms/{bom['id']}/release/")
        steps = [
            {
                "sequence": 10 * place,
                "name": f"Step {place}",
                "work_centre": f"M{machine}",
                "run_minutes": minutes,
            }
            for place, (machine, minutes) in enumerate(
                zip(numbers[::2], numbers[1::2], strict=True), start=1
            )
        ]
        routing = planner.post("/engineering/routings/", {"item": f"JOB{job}", "operations": steps})
        planner.post(f"/engineering/routings/{routing['id']}/release/")
        order = planner.post(
            "/execution/work-orders/",
            {
                "item": f"JOB{job}",
                "quantity": 1,
                "site": "MAIN",
                "start_date": MONDAY.isoformat(),
                "due_date": MONDAY.isoformat(),
                "component_location": "STOCK",
                "output_location": "STOCK",
            },
        )
        planner.post(f"/execution/work-orders/{order['id']}/release/")
    schedule = planner.post(
        "/planning/schedules/",
        {
            "site": "MAIN",
            "starts_at": "2026-03-02T06:00:00Z",
            "objective": "makespan",
            "ignores_calendar": True,
            "time_limit_seconds": 10,
        },
    )
    schedule = planner.post(f"/planning/schedules/{schedule['id']}/calculate/")
    assert (schedule["status"], schedule["operation_count"]) == ("ready", 36)
    assert Decimal(schedule["makespan_minutes"]) == 55
    assert Decimal(schedule["bound"]) == 55
    assert schedule["proved_optimal"] is True
    assert Decimal(schedule["seconds"]) < 10
    planner.post(f"/planning/schedules/{schedule['id']}/publish/")
    rows = planner.get(f"/planning/scheduled-operations/?schedule={schedule['id']}&page_size=50")[
        "results"
    ]
    assert max(row["ends_at"] for row in rows) == "2026-03-02T06:55:00.000000Z"
    assert_reconciled()
