"""The demo plant's October 2026, seed 7: what the month comes to, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.execution.oee import total
from apps.execution.queries.oee import elements_by_shift
from apps.finance.models import BankAccount
from apps.finance.queries.bank import reconciliation
from apps.masterdata.models import Machine
from apps.projects.models import Project
from apps.projects.queries.earned_value import project_value
from mes_erp.demo.load import load_demo_plant
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROWS = {
    "masterdata_item": 174,
    "masterdata_workcentre": 12,
    "masterdata_machine": 25,
    "finance_bankstatement": 4,
    "finance_bankline": 86,
    "finance_paymentrun": 5,
    "finance_dunningrun": 2,
    "finance_budgetline": 144,
    "hr_employee": 40,
    "supply_chain_purchaseorder": 152,
    "supply_chain_requisition": 5,
    "supply_chain_requestforquotation": 2,
    "supply_chain_bid": 2,
    "supply_chain_purchasecontract": 2,
    "supply_chain_shippingnotice": 2,
    "supply_chain_consignment": 3,
    "inventory_kanbancard": 5,
    "inventory_stockcount": 2,
    "inventory_package": 2,
    "inventory_picklist": 2,
    "crm_salesorder": 251,
    "execution_workorder": 199,
    "execution_productionreport": 1098,
    "execution_machineevent": 12327,
    "hr_clockevent": 3116,
    "hr_timecard": 120,
    "hr_payrun": 2,
    "quality_inspection": 89,
    "quality_nonconformance": 10,
    "quality_spcsignal": 4,
    "quality_correctiveaction": 1,
    "maintenance_maintenanceorder": 47,
    "maintenance_maintenancecharge": 1,
    "crm_lead": 3,
    "crm_quotation": 4,
    "crm_return": 1,
    "planning_planningrun": 1,
    "planning_schedule": 1,
    "projects_project": 3,
    "projects_baseline": 3,
    "projects_timesheet": 12,
    "projects_timesheetline": 46,
    "projects_projectbilling": 7,
    "engineering_engineeringchange": 2,
    "engineering_instructionrevision": 2,
    "engineering_acknowledgement": 6,
    "reporting_savedreport": 6,
    "reporting_dashboardtile": 6,
    "reporting_reportschedule": 1,
    "reporting_alertrule": 2,
    "integration_webhookendpoint": 1,
    "integration_webhookdelivery": 0,
    "integration_apikey": 1,
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
 WHERE a.code IN ('5070', '5300', '6000', '6010', '6200') GROUP BY a.code
"""
DISTRIBUTED = """
SELECT s.id FROM hr_payslip s JOIN hr_labourdistribution d ON d.pay_slip_id = s.id
 GROUP BY s.id HAVING sum(d.amount) <> s.gross + s.employer_cost
"""
QUALITY = """
SELECT d.kind, sum(d.value) FROM quality_disposition d WHERE NOT d.is_reversed GROUP BY d.kind
"""
# what each project has cost and earned, as the ledger has it on its nodes
PROJECTS = """
SELECT p.name, a.code, sum(l.amount) FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
  JOIN projects_wbsnode n ON n.cost_object_id = l.cost_object_id
  JOIN projects_project p ON p.id = n.project_id GROUP BY 1, 2
"""
WEIR = "Saar weir gates: drive with emergency lowering"
LIFT = "Hochkar lift: commissioning of the bubble drives"
PROGRAM = "New test program for control units"


def check_projects() -> None:
    assert {(name, code): amount for name, code, amount in fetch_all(PROJECTS)} == {
        (WEIR, "5070"): Decimal("18405.35"),
        (WEIR, "4000"): Decimal("-21600.00"),
        (LIFT, "5070"): Decimal("2258.50"),
        (LIFT, "4000"): Decimal("-3422.00"),
        (PROGRAM, "5070"): Decimal("1337.50"),
    }
    value = project_value(Project.objects.get(name=WEIR), date(2026, 10, 31)).total
    assert [round(x, 2) for x in (value.planned, value.earned, value.actual, value.budget)] == [
        Decimal("18066.66"),
        Decimal("17413.33"),
        Decimal("18405.35"),
        Decimal("19000.00"),
    ]
    statuses = fetch_all("SELECT status, count(*) FROM projects_timesheet GROUP BY 1")
    assert dict(statuses) == {"approved": 10, "submitted": 2}
    changes = fetch_all("SELECT status FROM engineering_engineeringchange ORDER BY id")
    assert changes == [("implemented",), ("review",)]


def check_bank() -> None:
    """Statements and ledger differ by the one line that is left for people."""
    found = reconciliation(BankAccount.objects.get(), date(2026, 10, 25))
    assert found.statement is not None
    assert [item.open for item in found.not_in_ledger] == [Decimal("386.75")]
    assert found.not_on_statement == []
    assert found.bank_balance - found.ledger_balance == Decimal("386.75")
    assert found.difference == 0


def check_reporting() -> None:
    raised = """
SELECT r.code, e.kind, e.value > e.threshold, e.at::date > '2026-10-10' FROM reporting_alertevent e
  JOIN reporting_alertrule r ON r.id = e.rule_id ORDER BY r.code
"""
    assert fetch_all(raised) == [("SCRAP", "raised", True, True), ("STOPS", "raised", True, True)]
    months = fetch_all("SELECT month, baseline, benefit FROM reporting_roimonth")
    assert months == [(date(2026, 10, 1), Decimal(0), Decimal("3003.82"))]


def check_effectiveness() -> None:
    """No machine made more in a shift than its products' run times allow."""
    company = Company.objects.get()
    shifts = elements_by_shift(
        company,
        Machine.objects.filter(company=company),
        since=datetime(2026, 9, 30, tzinfo=UTC),
        until=datetime(2026, 11, 1, tzinfo=UTC),
        now=datetime(2026, 11, 1, tzinfo=UTC),
    )
    made = [one.elements for one in shifts if one.elements.quantity]
    assert len(made) > 800
    assert all(one.performance is not None and one.performance <= 1 for one in made)
    assert total(made).performance > Decimal("0.8")


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
    assert result["REVENUE"] == Decimal("546886.33")
    assert result["COGS"] == Decimal("-368805.73")
    assert result["LOSSES"] == Decimal("-28324.86")
    assert dict(fetch_all(CONTROL)) == {
        "inventory": Decimal("599893.81"),
        "wip": Decimal("52900.28"),
        "grni": Decimal("-40522.18"),
    }
    assert dict(fetch_all(BY_ACCOUNT)) == {
        "5070": Decimal("22001.35"),
        "5300": Decimal("58133.46"),
        "6000": Decimal("38582.56"),
        "6010": Decimal("18107.74"),
        "6200": Decimal("6013.15"),
    }
    assert dict(fetch_all(QUALITY)) == {
        "return": Decimal("1410.00"),
        "rework": Decimal(0),
        "scrap": Decimal("127.34"),
        "use_as_is": Decimal(0),
    }
    assert fetch_all(DISTRIBUTED) == []
    check_projects()
    check_bank()
    check_reporting()
    check_effectiveness()
    assert fetch_all("SELECT count(*) > 0 FROM planning_actionmessage") == [(True,)]
    assert_reconciled()
