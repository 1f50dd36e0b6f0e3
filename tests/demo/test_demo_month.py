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
    "masterdata_item": 168,
    "masterdata_workcentre": 12,
    "masterdata_machine": 25,
    "hr_employee": 40,
    "supply_chain_purchaseorder": 150,
    "crm_salesorder": 250,
    "execution_workorder": 199,
    "execution_productionreport": 1115,
    "execution_machineevent": 12622,
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
QUALITY = """
SELECT d.kind, sum(d.value) FROM quality_disposition d WHERE NOT d.is_reversed GROUP BY d.kind
"""
MORE = (
    "hr_clockevent",
    "hr_timecard",
    "hr_payrun",
    "quality_inspection",
    "quality_nonconformance",
    "quality_spcsignal",
    "maintenance_maintenanceorder",
    "maintenance_maintenancecharge",
)


def test_the_month(db: None) -> None:
    steps: list[tuple[int, int]] = []
    load_demo_plant(
        lambda _step, done, total: steps.append((done, total)), first=date(2026, 10, 1), seed=7
    )

    assert steps[-1][0] == steps[-1][1]
    assert {table: fetch_all(f"SELECT count(*) FROM {table}")[0][0] for table in ROWS} == ROWS
    partners = fetch_all("SELECT is_supplier, count(*) FROM masterdata_partner GROUP BY 1")
    assert dict(partners)[False] == 60
    assert dict(partners)[True] >= 30
    assert len(fetch_all("SELECT DISTINCT costing FROM masterdata_itemcategory")) == 4

    result = dict(fetch_all(OCTOBER))
    assert result["REVENUE"] == Decimal("521823.45")
    assert result["COGS"] == Decimal("-345006.93")
    assert result["LOSSES"] == Decimal("-28673.07")
    assert dict(fetch_all(CONTROL)) == {
        "inventory": Decimal("591632.11"),
        "wip": Decimal("53602.46"),
        "grni": Decimal("-41932.18"),
    }
    assert_reconciled()
