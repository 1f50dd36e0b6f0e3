"""S17, quote to cash to income statement: lead, price from cost, promise, order, make, ship, pay.

FG = TOP (2.5 kg at 3.20 with 4 % scrap, mould 6.00, half an operator 1.20) + 4 × 1.85 + 8 × 0.05
+ 9.00 + set-up 0.36 = 32.6933 in lots of 50. Margin 35 % on price, rounded up to 0.05: 50.30.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.utils import timezone

from apps.core.models import User
from apps.finance.services.periods import open_fiscal_year
from apps.inventory.services.locations import ensure_virtual_locations
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
D = Decimal
PRICE = D("50.30")


class Company:
    """Callers of the API in one company that makes FG, on the present day."""

    def __init__(self, by: User) -> None:
        self.today = timezone.localdate()
        first = date(self.today.year, 1, 1)
        self.books: Books = make_books("ACME", starts_on=first, by=by)
        open_fiscal_year(
            self.books.company,
            code=str(first.year + 1),
            starts_on=date(first.year + 1, 1, 1),
            by=by,
        )
        ensure_virtual_locations(self.books.company, by=by)
        self.api = ApiClient(by)

    def post(self, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.api.post(path, body)
        wanted = (200, 201) if status is None else (status,)
        assert answer.status_code in wanted, (path, answer.content)
        return answer.body

    def get(self, path: str) -> Any:
        answer = self.api.get(path)
        assert answer.status_code == 200, (path, answer.content)
        return answer.body

    def follow(self, url: str) -> Any:
        return self.get(url[url.index("/api/v1") + len("/api/v1") :])

    def item(self, code: str, kind: str, price: str = "0", unit: str = "EA", **more: Any) -> None:
        self.post(
            "/masterdata/items/",
            {
                "code": code, "name": f"Item {code}", "category": "GOODS", "unit": unit,
                "kind": kind, "purchase_price": price, **more,
            },
        )  # fmt: skip

    def design(self, code: str, lines: list[dict[str, Any]], steps: list[dict[str, Any]]) -> None:
        bom = self.post("/engineering/boms/", {"item": code, "lines": lines})
        self.post(f"/engineering/boms/{bom['id']}/release/")
        routing = self.post("/engineering/routings/", {"item": code, "operations": steps})
        self.post(f"/engineering/routings/{routing['id']}/release/")

    def set_up(self) -> None:
        for code, dimension in (("EA", "count"), ("KG", "mass")):
            self.post("/masterdata/units/", {"code": code, "name": code, "dimension": dimension})
        self.post(
            "/inventory/locations/",
            {"code": "STOCK", "name": "Stock", "kind": "internal", "site": "MAIN"},
        )
        self.post(
            "/masterdata/item-categories/", {"code": "GOODS", "name": "Goods", "costing": "average"}
        )
        for code, labour, machine in (("MOULD", "24", "60"), ("LINE", "30", "0")):
            self.post("/masterdata/work-centres/", {"code": code, "name": code, "site": "MAIN"})
            self.post(
                "/masterdata/work-centre-rates/",
                {
                    "work_centre": code, "effective_from": f"{self.today.year}-01-01",
                    "labour_rate": labour, "machine_rate": machine,
                },
            )  # fmt: skip
        self.item("RESIN", "purchased", "3.20", "KG", lead_time_days=5)
        self.item("PUMP", "purchased", "1.85")
        self.item("SCREW", "purchased", "0.05")
        self.item("TOP", "manufactured", lead_time_days=1)
        self.item("FG", "manufactured", lead_time_days=2)
        self.design(
            "TOP",
            [{"component": "RESIN", "quantity": "2.5", "scrap_percent": "4"}],
            [{
                "sequence": 10, "name": "Mould", "work_centre": "MOULD", "run_minutes": "6",
                "labour_factor": "0.5",
            }],
        )  # fmt: skip
        self.design(
            "FG",
            [
                {"component": "TOP", "quantity": 1},
                {"component": "PUMP", "quantity": 4},
                {"component": "SCREW", "quantity": 8},
            ],
            [{
                "sequence": 10, "name": "Assemble", "work_centre": "LINE", "setup_minutes": "36",
                "run_minutes": "18",
            }],
        )  # fmt: skip
        self.post(
            "/crm/opportunity-stages/",
            {"code": "TALK", "name": "Talking", "position": 10, "probability": "20"},
        )
        self.post(
            "/crm/opportunity-stages/",
            {"code": "OFFER", "name": "Offered", "position": 20, "probability": "60"},
        )
        self.post("/crm/outcome-reasons/", {"code": "PRICE", "name": "Price", "outcome": "won"})

    def stock(self) -> None:
        costs = {"RESIN": (200, "3.20"), "PUMP": (400, "1.85"), "SCREW": (900, "0.05")}
        document = self.post(
            "/inventory/stock-documents/",
            {
                "kind": "opening", "site": "MAIN", "date": str(self.today),
                "lines": [
                    {
                        "item": code, "quantity": quantity, "unit_cost": cost,
                        "from_location": "OPENING", "to_location": "STOCK",
                    }
                    for code, (quantity, cost) in costs.items()
                ],
            },
        )  # fmt: skip
        self.post(f"/inventory/stock-documents/{document['id']}/post/")

    def make(self, code: str, quantity: int) -> None:
        order = self.post(
            "/execution/work-orders/",
            {
                "item": code, "quantity": quantity, "site": "MAIN",
                "start_date": str(self.today), "due_date": str(self.today),
                "component_location": "STOCK", "output_location": "STOCK",
            },
        )  # fmt: skip
        path = f"/execution/work-orders/{order['id']}"
        self.post(f"{path}/release/")
        self.post(f"{path}/report/", {"quantity_good": quantity, "date": str(self.today)})
        self.post(f"{path}/close/", {"date": str(self.today)})


@pytest.fixture
def acme(by: User) -> Company:
    acme = Company(by)
    acme.set_up()
    return acme


def won_quotation(acme: Company) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Lead → opportunity → quotation of 50 FG, sent."""
    lead = acme.post(
        "/crm/leads/",
        {"name": "Ann Buyer", "organisation": "Big Pumps", "email": "ann@example.com"},
    )
    place = f"/crm/leads/{lead['id']}"
    assert codes(acme.api.post(f"{place}/convert/"))[0][1] == "invalid_transition"
    acme.post(f"{place}/qualify/")
    opportunity = acme.post(f"{place}/convert/", {"partner_code": "BIG", "value": "2500"})
    assert (opportunity["partner_code"], opportunity["stage_code"]) == ("BIG", "TALK")
    place = f"/crm/opportunities/{opportunity['id']}"
    changed = acme.api.patch(
        f"{place}/", {"items": [{"item": "FG", "quantity": 50}]}, version=opportunity["version"]
    )
    assert changed.status_code == 200, changed.content
    acme.post(f"{place}/move/", {"stage": "OFFER"})
    quotation = acme.post(
        f"{place}/quote/", {"site": "MAIN", "margin_percent": "35", "price_step": "0.05"}
    )
    return lead, opportunity, quotation


def test_s17_from_the_lead_to_the_margin_in_the_ledger(acme: Company) -> None:
    lead, opportunity, quotation = won_quotation(acme)
    [line] = quotation["lines"]
    assert round(D(line["unit_cost"]), 4) == D("32.6933")
    assert D(line["unit_price"]) == PRICE
    sheet = {(row["element"], D(row["amount"])) for row in line["cost_sheet"]}
    assert sheet == {
        ("material", D("8.333333")), ("material", D("7.4")), ("material", D("0.4")),
        ("labour", D("1.2")), ("labour", D("9.36")), ("machine", D("6")),
    }  # fmt: skip
    assert sum(amount for _element, amount in sheet) == D(line["unit_cost"])
    # no resin: bought in five days, then TOP and FG; nothing is on a calendar, so all days work
    assert line["promise_date"] >= str(acme.today + timedelta(days=2))
    assert "TOP" in line["promise_reason"] or "PUMP" in line["promise_reason"]
    place = f"/crm/quotations/{quotation['id']}"
    acme.post(f"{place}/approve/")
    acme.post(f"{place}/send/")
    pdf = pypdfium2.PdfDocument(acme.api.get(f"{place}/pdf/").content)
    text = pdf[0].get_textpage().get_text_range()
    for word in (quotation["number"], "50.30", "2,515.00", "Version", "Valid until"):
        assert word in text, (word, text)
    assert "32.69" not in text
    order = acme.post(f"{place}/order/", {"customer_reference": "PO 1", "outcome_reason": "PRICE"})
    assert [(D(one["unit_price"]), one["due_date"]) for one in order["lines"]] == [
        (PRICE, acme.get(f"{place}/")["lines"][0]["promise_date"])
    ]
    assert acme.get(f"/crm/opportunities/{opportunity['id']}/")["status"] == "won"

    order_place = f"/crm/sales-orders/{order['id']}"
    acme.post(f"{order_place}/confirm/")
    acme.stock()
    acme.make("TOP", 50)
    acme.make("FG", 50)
    [promised] = acme.get(f"{order_place}/quantities/")["results"]
    acme.post(
        "/supply-chain/shipments/",
        {
            "partner": "BIG", "site": "MAIN", "date": str(acme.today),
            "lines": [{"expected_move": promised["expected_move_id"], "quantity": 50}],
        },
    )  # fmt: skip
    invoice = acme.post(f"{order_place}/invoice/", {"date": str(acme.today)})
    assert D(invoice["total"]) == D("2515")
    acme.post(
        "/finance/payments/",
        {
            "direction": "in", "partner": "BIG", "account": "1010", "date": str(acme.today),
            "amount": "2515", "allocations": [{"invoice": invoice["id"], "amount": "2515"}],
        },
    )  # fmt: skip

    cogs = acme.books.balance("5000")
    assert cogs == D("1634.67")  # 50 × 32.6933, rounded once at the lot
    period = f"date_from={acme.today}&date_to={acme.today}"
    [margin] = acme.get(f"/crm/sales/margins/?{period}&partner=BIG")["results"]
    assert (D(margin["revenue"]), D(margin["cogs"])) == (D("2515"), cogs)
    assert D(margin["margin"]) == 50 * PRICE - cogs
    assert acme.books.balance("1100") == 0

    chain = acme.get(f"/crm/leads/{lead['id']}/chain/")["results"]
    assert [link["model"] for link in chain] == [
        "lead", "opportunity", "quotation", "sales_order", "invoice",
    ]  # fmt: skip
    assert acme.get(f"{order_place}/chain/")["results"][0]["id"] == lead["id"]
    drill_to_the_event(acme, period)
    [kept] = acme.get(f"/crm/sales/promises/?date_from={acme.today}&date_to=2099-01-01")["results"]
    assert kept["is_kept"] is True
    assert_reconciled()


def drill_to_the_event(acme: Company, period: str) -> None:
    """Cost of goods sold → entry → shipment; and the goods' moves → the report that made them."""
    ledger = acme.get(f"/finance/statements/general-ledger/?{period}&account=5000&partner=BIG")
    [posted] = [row for row in ledger["rows"] if not row["is_total"]]
    entry = acme.follow(posted["drill"])
    assert entry["source"]["model"] == "supply_chain.shipment"
    shipment = acme.follow(entry["source"]["api"])
    assert [D(line["quantity"]) for line in shipment["lines"]] == [50]
    item = acme.get("/masterdata/items/?code=FG")["results"][0]["id"]
    moves = acme.get(f"/inventory/stock-moves/?item={item}&ordering=id")["results"]
    made, shipped = (acme.get(f"/inventory/stock-moves/{row['id']}/") for row in moves)
    assert made["source"]["model"] == "execution.productionreport"
    report = acme.follow(made["source"]["api"])
    assert D(report["quantity_good"]) == 50
    assert D(made["value"]) == D(shipped["value"]) == acme.books.balance("5000")


def test_an_offer_past_its_day_is_not_ordered_and_nothing_is_written(acme: Company) -> None:
    acme.books.partner("OLD")
    long_ago = acme.today - timedelta(days=60)
    body = {
        "partner": "OLD", "site": "MAIN", "quotation_date": str(long_ago),
        "valid_until": str(acme.today),
        "lines": [{"item": "FG", "quantity": 50, "margin_percent": "35", "price_step": "0.05"}],
    }  # fmt: skip
    made = acme.post("/crm/quotations/", body)
    place = f"/crm/quotations/{made['id']}"
    acme.post(f"{place}/approve/")
    acme.post(f"{place}/send/")
    later = str(acme.today + timedelta(days=1))
    refused = acme.api.post(f"{place}/order/", {"order_date": later})
    assert (refused.status_code, codes(refused)) == (409, [("valid_until", "quotation_expired")])
    assert acme.get("/crm/sales-orders/")["results"] == []
    gone = acme.post("/crm/quotations/expire/", {"at": later})
    assert gone == {"expired": [made["number"]]}
    assert acme.get(f"{place}/")["status"] == "expired"
