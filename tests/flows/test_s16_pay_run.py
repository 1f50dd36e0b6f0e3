"""S16, from the clock to the journal: what was clocked is what is paid is what the orders cost.

45 h: 40 at 20 and 5 of overtime at 30, gross 950.00; 6.2 % 58.90, 1.45 % 13.78, flat 10 % 95.00,
net 782.32; employer 72.68; 30 h on WO-1 (600), 10 h on WO-2 (200), overtime 150 to the cost centre.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group

from apps.core.models import User
from apps.inventory.services.locations import ensure_virtual_locations
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, make_member
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db

DAYS = ("2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")
D = Decimal


class Office:
    """People in their roles, each through the API."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.boss = ApiClient(books.by)
        self.hr = self.somebody("hr")
        self.accountant = self.somebody("accountant")
        self.manager = self.somebody("plant_manager")

    def somebody(self, role: str) -> ApiClient:
        user = make_member(role, self.books.company)
        user.groups.add(Group.objects.get(name=role))
        return ApiClient(user)

    def done(self, api: ApiClient, path: str, body: Any = None) -> Any:
        answer = api.post(path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
        return answer.body

    def set_up_pay(self) -> None:
        earning = {"kind": "earning"}
        owed = {"kind": "deduction", "account_role": "social_security"}
        tax = {"kind": "deduction", "account_role": "payroll_tax"}
        employer = {"kind": "employer_cost", "account_role": "social_security"}
        for n, (code, values, formula) in enumerate(
            (
                ("REGULAR", earning | {"distribution": "regular_time"}, "regular_pay"),
                ("OVERTIME", earning | {"distribution": "cost_centre"}, "overtime_pay * 1.5"),
                ("GROSS", {"kind": "information"}, "REGULAR + OVERTIME"),
                ("SOCIAL", owed, "GROSS * 6.2 / 100"),
                ("MEDICARE", owed, "GROSS * 1.45 / 100"),
                ("TAX", tax, "GROSS * 10 / 100"),
                ("E_SOCIAL", employer, "GROSS * 6.2 / 100"),
                ("E_MEDICARE", employer, "GROSS * 1.45 / 100"),
            )
        ):
            self.done(
                self.hr,
                "/hr/pay-components/",
                {
                    "code": code,
                    "name": code.title(),
                    "sequence": 10 * n,
                    "formulas": [{"effective_from": "2026-01-01", "formula": formula}],
                    **values,
                },
            )
        names = "REGULAR OVERTIME GROSS SOCIAL MEDICARE TAX E_SOCIAL E_MEDICARE"
        self.done(
            self.hr,
            "/hr/pay-structures/",
            {
                "code": "WEEKLY",
                "name": "Weekly wages",
                "frequency": "weekly",
                "components": [{"component": name} for name in names.split()],
            },
        )

    def hire(self) -> None:
        self.done(self.hr, "/hr/departments/", {"code": "CUT", "name": "Cutting"})
        self.done(
            self.hr,
            "/hr/employees/",
            {"code": "0007", "name": "Ann Lee", "site": "MAIN", "department": "CUT"},
        )
        self.done(
            self.hr,
            "/hr/contracts/",
            {
                "employee": "0007",
                "effective_from": "2026-01-01",
                "basis": "hourly",
                "rate": "20",
                "hours_per_week": "40",
                "structure": "WEEKLY",
                "cost_centre": "DEP-CUT",
            },
        )

    def set_up_floor(self) -> None:
        post = lambda path, body: self.done(self.boss, path, body)  # noqa: E731
        post("/masterdata/units/", {"code": "EA", "name": "Each", "dimension": "count"})
        post(
            "/inventory/locations/",
            {"code": "STOCK", "name": "Stock", "kind": "internal", "site": "MAIN"},
        )
        post("/masterdata/item-categories/", {"code": "GOODS", "name": "G", "costing": "average"})
        post("/masterdata/work-centres/", {"code": "CELL", "name": "Cell", "site": "MAIN"})
        post(
            "/masterdata/work-centre-rates/",
            {"work_centre": "CELL", "effective_from": "2026-01-01", "labour_rate": "20"},
        )
        post(
            "/masterdata/items/",
            {"code": "A", "name": "A", "category": "GOODS", "unit": "EA", "kind": "manufactured"},
        )
        post(
            "/masterdata/items/",
            {"code": "D", "name": "D", "category": "GOODS", "unit": "EA", "kind": "purchased"},
        )
        lines = [{"component": "D", "quantity": 1, "issue_method": "manual"}]
        bom = post("/engineering/boms/", {"item": "A", "lines": lines})
        post(f"/engineering/boms/{bom['id']}/release/", None)
        steps = [{"sequence": 10, "name": "Make", "work_centre": "CELL", "run_minutes": "60"}]
        routing = post("/engineering/routings/", {"item": "A", "operations": steps})
        post(f"/engineering/routings/{routing['id']}/release/", None)

    def order(self) -> dict[str, Any]:
        order = self.done(
            self.boss,
            "/execution/work-orders/",
            {
                "item": "A",
                "quantity": 20,
                "site": "MAIN",
                "start_date": DAYS[0],
                "due_date": DAYS[-1],
                "component_location": "STOCK",
                "output_location": "STOCK",
            },
        )
        return self.done(self.boss, f"/execution/work-orders/{order['id']}/release/")

    def report(self, order: dict[str, Any], day: str, hours: str) -> Any:
        return self.done(
            self.boss,
            f"/execution/work-orders/{order['id']}/report/",
            {
                "quantity_good": 1,
                "labour_minutes": f"{D(hours) * 60:f}",
                "employee": "0007",
                "date": day,
                "reported_at": f"{day}T16:00:00Z",
            },
        )

    def clock(self, kind: str, at: str) -> Any:
        return self.done(
            self.manager, "/hr/clock-events/clock/", {"employee": "0007", "kind": kind, "at": at}
        )

    def cost(self, order: dict[str, Any], account: str) -> Decimal:
        found = self.boss.get(
            f"/finance/journal-lines/?cost_object={order['cost_object']}&page_size=200"
        )
        assert found.status_code == 200, found.content
        return sum(
            (D(x["amount"]) for x in found.body["results"] if x["account_code"] == account), D(0)
        )


@pytest.fixture
def office(by: User) -> Office:
    books = make_books("ACME", currency="USD", by=by)
    ensure_virtual_locations(books.company, by=by)
    office = Office(books)
    office.set_up_pay()
    office.hire()
    office.set_up_floor()
    return office


def work_a_week(office: Office) -> tuple[dict[str, Any], dict[str, Any]]:
    """9 h a day; 30 h on the first order, 10 h on the second, 5 h on neither."""
    first, second = office.order(), office.order()
    for day in DAYS:
        office.clock("in", f"{day}T06:00:00Z")
        office.clock("break", f"{day}T10:00:00Z")
        office.clock("resume", f"{day}T10:30:00Z")
        office.clock("out", f"{day}T15:30:00Z")
    for day in DAYS[:4]:
        office.report(first, day, "7.5")
        office.report(second, day, "1")
    office.report(second, DAYS[4], "6")
    return first, second


def test_s16_from_the_clock_to_the_journal(office: Office) -> None:
    first, second = work_a_week(office)
    done = office.done
    card = done(office.manager, "/hr/time-cards/", {"employee": "0007", "starts_on": DAYS[0]})
    by_kind: dict[str, Decimal] = {}
    for line in card["lines"]:
        by_kind[line["kind"]] = by_kind.get(line["kind"], D(0)) + D(line["minutes"]) / 60
    assert by_kind == {"regular": D(40), "overtime": D(5)}
    done(office.manager, f"/hr/time-cards/{card['id']}/approve/")

    run = done(
        office.hr,
        "/hr/pay-runs/",
        {
            "structure": "WEEKLY",
            "period_start": DAYS[0],
            "period_end": "2026-03-15",
            "pay_date": "2026-03-20",
        },
    )
    path = f"/hr/pay-runs/{run['id']}"
    run = done(office.hr, f"{path}/calculate/")
    figures = ("gross", "deductions", "net", "employer_cost")
    assert [D(run[name]) for name in figures] == [
        D("950.00"), D("167.68"), D("782.32"), D("72.68"),
    ]  # fmt: skip
    [listed] = office.hr.get(f"/hr/payslips/?run={run['id']}").body["results"]
    slip = office.hr.get(f"/hr/payslips/{listed['id']}/").body
    amounts = {line["component_code"]: D(line["amount"]) for line in slip["lines"]}
    assert amounts == {
        "REGULAR": D("800.00"),
        "OVERTIME": D("150.00"),
        "GROSS": D("950.00"),
        "SOCIAL": D("58.90"),
        "MEDICARE": D("13.78"),
        "TAX": D("95.00"),
        "E_SOCIAL": D("58.90"),
        "E_MEDICARE": D("13.78"),
    }
    assert office.hr.post(f"{path}/approve/").status_code == 403
    done(office.accountant, f"{path}/approve/")
    done(office.accountant, f"{path}/post/")

    rows = office.hr.get(f"/hr/labour-distribution/?pay_slip={slip['id']}").body["results"]
    borne = {(row["component_code"], row["cost_object_code"]): D(row["amount"]) for row in rows}
    assert borne == {
        ("REGULAR", first["number"]): D(600),
        ("REGULAR", second["number"]): D(200),
        ("OVERTIME", "DEP-CUT"): D(150),
        ("E_SOCIAL", "DEP-CUT"): D("58.90"),
        ("E_MEDICARE", "DEP-CUT"): D("13.78"),
    }
    wages = [amount for (component, _o), amount in borne.items() if component[0] != "E"]
    assert sum(wages) == D("950.00")

    # what the orders were charged at the work centre's rate is what their hours were paid
    assert [office.cost(order, "5300") for order in (first, second)] == [D(600), D(200)]
    assert [office.cost(order, "5390") for order in (first, second)] == [D(-600), D(-200)]
    balance = office.books.balance
    assert {code: balance(code) for code in ("5300", "5390", "6000", "6010")} == {
        "5300": D(800), "5390": D(-800), "6000": D(150), "6010": D("72.68"),
    }  # fmt: skip
    assert {code: balance(code) for code in ("2200", "2230", "2240")} == {
        "2200": D("-782.32"), "2230": D("-95.00"), "2240": D("-145.36"),
    }  # fmt: skip
    done(office.accountant, f"{path}/pay/", {"account": "1010", "date": "2026-03-20"})
    assert balance("2200") == 0 and balance("1010") == D("-782.32")
    assert_reconciled()
