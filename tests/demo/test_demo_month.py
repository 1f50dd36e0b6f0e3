"""The demo plant's October 2026, seed 7: what the month comes to, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.sql import fetch_all
from mes_erp.demo.load import load_demo_plant
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = {
    "masterdata_item": 172,
    "masterdata_workcentre": 12,
    "masterdata_machine": 25,
    "hr_employee": 40,
    "supply_chain_purchaseorder": 150,
    "crm_salesorder": 251,
    "execution_workorder": 199,
    "execution_productionreport": 1107,
    "execution_machineevent": 12562,
    "hr_clockevent": 3116,
    "hr_timecard": 120,
    "hr_payrun": 2,
    "quality_inspection": 90,
    "quality_nonconformance": 10,
    "quality_spcsignal": 4,
    "quality_correctiveaction": 1,
    "maintenance_maintenanceorder": 52,
    "maintenance_maintenancecharge": 1,
    "crm_lead": 3,
    "crm_quotation": 4,
    "crm_return": 1,
    "planning_planningrun": 1,
    "planning_schedule": 1,
}
OCTOBER = """
SELECT s.code, -sum(l.amount) FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
  JOIN finance_statementline s ON s.id = a.statement_line_id AND s.statement = 'income'
 WHERE l.date BETWEEN '2026-10-01' AND '2026-10-31' GROUP BY s.code
"""
CONTROL = """
SELECT a.control, sum(l.amount) FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
 WHERE a.control IN ('inventory', 'wip', 'grni') GROUP BY a.control
"""
BY_ACCOUNT = """
SELECT a.code, sum(l.amount) FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
 WHERE a.code IN ('5300', '6000', '6010', '6200') GROUP BY a.code
"""
DISTRIBUTED = """
SELECT s.id FROM hr_payslip s JOIN hr_labourdistribution d ON d.pay_slip_id = s.id
 GROUP BY s.id HAVING sum(d.amount) <> s.gross + s.employer_cost
"""
QUALITY = """
SELECT d.kind, sum(d.value) FROM quality_disposition d WHERE NOT d.is_reversed GROUP BY d.kind
"""


def test_the_month(db: None) -> None:
    steps: list[tuple[int, int]] = []
    load_demo_plant(
        lambda _step, done, total: steps.append((done, total)), first=date(2026, 10, 1), seed=7
    )

    assert steps[-1][0] == steps[-1][1]
    assert {table: fetch_all(f"SELECT count(*) FROM {table}")[0][0] for table in ROWS} == ROWS
    partners = fetch_all("SELECT is_supplier, count(*) FROM masterdata_partner GROUP BY 1")
    assert dict(partners)[False] == 61
    assert dict(partners)[True] >= 30
    assert len(fetch_all("SELECT DISTINCT costing FROM masterdata_itemcategory")) == 4

    result = dict(fetch_all(OCTOBER))
    assert result["REVENUE"] == Decimal("521864.33")
    assert result["COGS"] == Decimal("-346780.67")
    assert result["LOSSES"] == Decimal("-26600.62")
    assert dict(fetch_all(CONTROL)) == {
        "inventory": Decimal("596979.22"),
        "wip": Decimal("53380.76"),
        "grni": Decimal("-40354.18"),
    }
    assert dict(fetch_all(BY_ACCOUNT)) == {
        "5300": Decimal("58130.39"),
        "6000": Decimal("38582.56"),
        "6010": Decimal("18107.12"),
        "6200": Decimal("6342.96"),
    }
    assert dict(fetch_all(QUALITY)) == {
        "return": Decimal("1410.00"),
        "rework": Decimal(0),
        "scrap": Decimal("127.34"),
        "use_as_is": Decimal(0),
    }
    assert fetch_all(DISTRIBUTED) == []
    assert fetch_all("SELECT count(*) > 0 FROM planning_actionmessage") == [(True,)]
    assert_reconciled()
