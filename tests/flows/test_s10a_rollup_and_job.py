"""S10a, first product: roll-up and job, from master data to closed orders, by the API.

A = 2 B + 3 C + 0.25 h at 40; B = 4 D + 5 E + 0.10 h at 30; C = 2 D + 0.05 h at 30; D 1.50, E 0.80.
Standard: B 13.00, C 4.50, A 49.50; and the orders cost the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.inventory.services.locations import ensure_virtual_locations
from tests.factories import make_books
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

DAY = "2026-03-10"


class Planner:
    def __init__(self, user: User) -> None:
        self.api = ApiClient(user)

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.api.post(path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        return answer.body

    def item(self, code: str, kind: str, price: str = "0", category: str = "PARTS") -> None:
        self.post(
            "/masterdata/items/",
            {
                "code": code,
                "name": f"Item {code}",
                "category": category,
                "unit": "EA",
                "kind": kind,
                "purchase_price": price,
            },
        )

    def design(self, code: str, lines: dict[str, int], centre: str, minutes: str) -> None:
        components = [{"component": item, "quantity": n} for item, n in lines.items()]
        bom = self.post("/engineering/boms/", {"item": code, "lines": components})
        self.post(f"/engineering/boms/{bom['id']}/release/")
        steps = [{"sequence": 10, "name": "Make", "work_centre": centre, "run_minutes": minutes}]
        routing = self.post("/engineering/routings/", {"item": code, "operations": steps})
        self.post(f"/engineering/routings/{routing['id']}/release/")

    def make(self, code: str, quantity: int) -> dict[str, Any]:
        order = self.post(
            "/execution/work-orders/",
            {
                "item": code,
                "quantity": quantity,
                "site": "MAIN",
                "start_date": DAY,
                "due_date": DAY,
                "component_location": "STOCK",
                "output_location": "STOCK",
            },
        )
        path = f"/execution/work-orders/{order['id']}"
        self.post(f"{path}/release/")
        self.post(f"{path}/report/", {"quantity_good": quantity, "date": DAY})
        return self.post(f"{path}/close/", {"date": DAY})

    def worth(self, code: str) -> Decimal:
        answer = self.api.get("/inventory/item-valuations/?page_size=100")
        assert answer.status_code == 200, answer.content
        [row] = [row for row in answer.body["results"] if row["item_code"] == code]
        return Decimal(row["value"])


@pytest.fixture
def planner(by: User) -> Planner:
    books = make_books("ACME", by=by)
    ensure_virtual_locations(books.company, by=by)
    planner = Planner(by)
    planner.post("/masterdata/units/", {"code": "EA", "name": "Each", "dimension": "count"})
    planner.post(
        "/inventory/locations/",
        {"code": "STOCK", "name": "Stock", "kind": "internal", "site": "MAIN"},
    )
    for code, costing in (("PARTS", "average"), ("GOODS", "standard")):
        planner.post(
            "/masterdata/item-categories/", {"code": code, "name": code, "costing": costing}
        )
    for code, labour in (("CELL", "30"), ("LINE", "40")):
        planner.post("/masterdata/work-centres/", {"code": code, "name": code, "site": "MAIN"})
        planner.post(
            "/masterdata/work-centre-rates/",
            {"work_centre": code, "effective_from": "2026-01-01", "labour_rate": labour},
        )
    for code, price in (("D", "1.50"), ("E", "0.80")):
        planner.item(code, "purchased", price)
    for code in ("A", "B", "C"):
        planner.item(code, "manufactured", category="GOODS")
    planner.design("B", {"D": 4, "E": 5}, "CELL", "6")
    planner.design("C", {"D": 2}, "CELL", "3")
    planner.design("A", {"B": 2, "C": 3}, "LINE", "15")
    return planner


def test_s10a_first_product(planner: Planner) -> None:
    rollup = planner.post("/engineering/cost-rollups/", {"date": DAY, "lot_size": 1})
    costs = planner.api.get(
        f"/engineering/standard-costs/?rollup={rollup['id']}&page_size=100"
    ).body["results"]
    totals = {row["item_code"]: Decimal(row["total"]) for row in costs}
    assert {code: totals[code] for code in "ABC"} == {
        "A": Decimal("49.50"),
        "B": Decimal("13.00"),
        "C": Decimal("4.50"),
    }
    planner.post(f"/engineering/cost-rollups/{rollup['id']}/release/")

    opening = planner.post(
        "/inventory/stock-documents/",
        {
            "kind": "opening",
            "site": "MAIN",
            "date": DAY,
            "lines": [
                {
                    "item": code,
                    "quantity": 1000,
                    "unit_cost": cost,
                    "from_location": "OPENING",
                    "to_location": "STOCK",
                }
                for code, cost in (("D", "1.50"), ("E", "0.80"))
            ],
        },
    )
    planner.post(f"/inventory/stock-documents/{opening['id']}/post/")
    for code, quantity, value in (("B", 20, "260"), ("C", 30, "135"), ("A", 10, "495")):
        assert planner.make(code, quantity)["status"] == "closed"
        assert planner.worth(code) == Decimal(value)
    assert planner.worth("B") == planner.worth("C") == 0
    assert_reconciled()
