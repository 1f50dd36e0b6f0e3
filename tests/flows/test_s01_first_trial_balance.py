"""S1: a newcomer's first hour, from an empty company to a closed year, by the API alone.

Figures: OpenStax, Principles of Accounting 1, chapters 3 to 5, "Printing Plus".
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from tests import factories
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

YEAR = "date_from=2019-01-01&date_to=2019-12-31"
D = Decimal


class Newcomer:
    def __init__(self, user: User) -> None:
        self.api = ApiClient(user)

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        response = self.api.post(f"/finance/{path}", body)
        assert response.status_code == status, response.body
        return response.body

    def get(self, path: str) -> Any:
        response = self.api.get(f"/finance/{path}")
        assert response.status_code == 200, response.body
        return response.body

    def voucher(self, day: str, *lines: tuple[str, str], text: str = "") -> Any:
        body = {
            "journal": "GEN",
            "date": day,
            "description": text,
            "lines": [
                {"account": code, ("credit" if amount[0] == "-" else "debit"): amount.lstrip("-")}
                for code, amount in lines
            ],
        }
        return self.post(f"vouchers/{self.post('vouchers/', body)['id']}/post/", status=200)

    def invoice(self, kind: str, partner: str, day: str, account: str, amount: str) -> Any:
        line = {"account": account, "unit_price": amount, "quantity": 1, "description": "S1"}
        body = {"kind": kind, "partner": partner, "date": day, "lines": [line]}
        return self.post(f"invoices/{self.post('invoices/', body)['id']}/post/", status=200)

    def pay(self, direction: str, day: str, invoice: Any) -> Any:
        part = {"invoice": invoice["id"], "amount": invoice["total"]}
        body = {
            "direction": direction,
            "partner": invoice["partner"],
            "account": "1010",
            "date": day,
            "amount": invoice["total"],
            "allocations": [part],
        }
        return self.post("payments/", body)

    def totals(self, column: str = "debit_balances") -> tuple[str, str]:
        rows = self.get("statements/trial-balance/?date_to=2019-12-31")["rows"]
        return rows[-1]["debit"], rows[-1]["credit"]

    def balances(self) -> dict[str, Decimal]:
        rows = self.get("statements/trial-balance/?date_to=2019-12-31")["rows"]
        return {row["code"]: D(row["closing"]) for row in rows if row["code"]}

    def statement(self, name: str) -> dict[str, Decimal]:
        return {
            row["code"]: D(row["amount"]) for row in self.get(f"statements/{name}/?{YEAR}")["rows"]
        }


@pytest.fixture
def newcomer(by: User) -> Newcomer:
    company = factories.make_company("PRINT", currency="USD", by=by)
    factories.Membership.objects.create(user=by, company=company)
    for code in ("EQUIP", "PAPER", "LAKE", "HILL"):
        factories.Partner(
            company=company,
            code=code,
            name=code.title(),
            currency=company.currency,
            is_customer=True,
            is_supplier=True,
        ).save_by(by)
    newcomer = Newcomer(by)
    newcomer.post("accounts/load-chart/", {})
    newcomer.post("fiscal-years/", {"code": "2019", "starts_on": "2019-01-01"})
    return newcomer


def test_first_hour_to_a_trial_balance(newcomer: Newcomer) -> None:
    do_january(newcomer)
    assert newcomer.totals() == ("34000.00", "34000.00")
    adjust(newcomer)
    assert newcomer.totals() == ("35715.00", "35715.00")
    income = newcomer.statement("income-statement")
    assert (income["NET-INCOME"], income["REVENUE"]) == (D(4665), D(10100))
    sheet = newcomer.statement("balance-sheet")
    assert (sheet["ASSETS"], sheet["FUNDING"]) == (D(29965), D(29965))
    assert (sheet["RESULT"], sheet["RETAINED"]) == (D(4665), D(-100))
    close_the_year(newcomer)
    assert newcomer.balances()["3100"] == D(-4565)
    sheet = newcomer.statement("balance-sheet")
    assert (sheet["ASSETS"], sheet["FUNDING"], sheet["RETAINED"]) == (D(29965), D(29965), D(4565))
    assert "RESULT" not in sheet
    assert newcomer.statement("income-statement")["NET-INCOME"] == D(4665), (
        "a closed year still shows"
    )
    assert newcomer.totals() == ("30040.00", "30040.00"), "29,965 and 75 of depreciation"
    assert_reconciled()


def do_january(newcomer: Newcomer) -> None:
    newcomer.voucher("2019-01-03", ("1010", "20000"), ("3000", "-20000"), text="Share issue")
    equipment = newcomer.invoice("supplier", "EQUIP", "2019-01-05", "1510", "3500")
    newcomer.voucher("2019-01-09", ("1010", "4000"), ("2300", "-4000"), text="Paid in advance")
    job = newcomer.invoice("customer", "LAKE", "2019-01-10", "4100", "5500")
    newcomer.voucher("2019-01-12", ("6110", "300"), ("1010", "-300"), text="Utilities")
    newcomer.voucher("2019-01-14", ("3200", "100"), ("1010", "-100"), text="Dividends")
    newcomer.voucher("2019-01-17", ("1010", "2800"), ("4100", "-2800"), text="Cash sale")
    newcomer.pay("out", "2019-01-18", equipment)
    newcomer.voucher("2019-01-20", ("6000", "3600"), ("1010", "-3600"), text="Salaries")
    newcomer.pay("in", "2019-01-23", job)
    newcomer.invoice("customer", "HILL", "2019-01-27", "4100", "1200")
    newcomer.invoice("supplier", "PAPER", "2019-01-30", "1200", "500")
    expected = {
        "1010": 24800, "1100": 1200, "1200": 500, "1510": 3500, "2000": -500, "2300": -4000,
        "3000": -20000, "3200": 100, "4100": -9500, "6000": 3600, "6110": 300,
    }  # fmt: skip
    assert newcomer.balances() == {code: D(amount) for code, amount in expected.items()}


def adjust(newcomer: Newcomer) -> None:
    newcomer.voucher("2019-01-31", ("6400", "100"), ("1200", "-100"), text="Supplies used")
    newcomer.voucher("2019-01-31", ("6500", "75"), ("1590", "-75"), text="Depreciation")
    newcomer.voucher("2019-01-31", ("2300", "600"), ("4100", "-600"), text="Earned of the advance")
    newcomer.voucher("2019-01-31", ("1220", "140"), ("7000", "-140"), text="Interest")
    newcomer.voucher("2019-01-31", ("6000", "1500"), ("2200", "-1500"), text="Salaries owed")


def close_the_year(newcomer: Newcomer) -> None:
    [year] = newcomer.get("fiscal-years/")["results"]
    refused = newcomer.api.post(f"/finance/fiscal-years/{year['id']}/close/")
    assert refused.body["errors"][0]["code"] == "periods_open"
    for period in newcomer.get("periods/?is_closing=false")["results"]:
        body = {"state": "closed", "reason": "Year end"}
        newcomer.post(f"periods/{period['id']}/set-state/", body, status=200)
    closing = newcomer.post(f"fiscal-years/{year['id']}/close/", status=200)
    assert D(closing["result"]) == D(4665)
    assert closing["before"]["debit"] == closing["before"]["credit"] == "35715.0000"
