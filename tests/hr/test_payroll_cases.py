"""Published pay: withholding, contributions and net of real slips, through tables that are data.

US: IRS Pub. 15-T 2024 and FICA; France: slips of 2014; India and UK: slabs set up here, by the same
services that users have.
"""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from apps.hr.models import Contract, Employee, PayRun, PayStructure
from apps.hr.services.countries import load_country
from apps.hr.services.pay_components import save_structure
from apps.hr.services.pay_tables import save_pay_table
from tests.hr.conftest import Staff

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
FOLDER = CASES / "05-payroll"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
    ),
]
D = Decimal
_INDIAN = {983600: "IN-1", 883600: "IN-3"}
#: Form W-4 in the words of the fixture.
W4 = {
    "filing_status": "w4_status",
    "w4_step3": "w4_dependents",
    "w4_step4a": "w4_other_income",
    "w4_step4b": "w4_deductions",
    "w4_step4c": "w4_extra",
}


def read_json(path: str) -> Any:
    place = FOLDER / path
    return json.loads(place.read_text()) if place.exists() else []


def withholding_cases() -> list[dict[str, str]]:
    place = FOLDER / "us" / "fit_2024_cases.csv"
    return list(csv.DictReader(place.open())) if place.exists() else []


def run_for(
    staff: Staff,
    structure: PayStructure,
    rate: Decimal,
    year: int,
    facts: dict[str, str],
    month: int = 3,
) -> tuple[PayRun, Employee]:
    """One month of salary whose pay a period is ``rate``, under ``facts``."""
    employee = staff.employee()
    first = date(year, 1, 1)
    Contract(
        company=staff.books.company,
        employee=employee,
        effective_from=first,
        basis="monthly",
        rate=rate,
        structure=structure,
        cost_centre=staff.centre,
    ).save_by(staff.by)
    for code, value in facts.items():
        staff.fact(employee, code, value, first)
    return (
        staff.calculated(
            structure=structure,
            period_start=date(year, month, 1),
            period_end=date(year, month, 31),
        ),
        employee,
    )


@pytest.mark.case("PAY-{case[id]}")
@pytest.mark.parametrize("case", withholding_cases(), ids=lambda case: case["id"])
def test_us_federal_income_tax(staff: Staff, case: dict[str, str]) -> None:
    structures = load_country(staff.books.company, "us", by=staff.by)
    structure = structures[f"US_{case['pay_period'].upper()}"]
    facts = {ours: case[theirs] for theirs, ours in W4.items()}
    facts["w4_two_jobs"] = "1" if case["w4_step2_checked"] == "True" else "0"
    if case["pre2020_allowances"]:
        facts |= {"w4_before_2020": "1", "w4_allowances": case["pre2020_allowances"]}
    facts["bonus"] = case["gross_taxable_wages"]  # the wages of the period, whatever they are
    run, employee = run_for(staff, structure, D(0), 2024, facts)
    amounts = {
        line.component.code: line.amount
        for line in staff.slip(run, employee).lines.select_related("component")
    }
    assert amounts["FIT_WAGE"] == round(D(case["expected_adjusted_annual_wage"]), 2)
    assert amounts["FIT"] == D(case["expected_withholding"])


@pytest.mark.case("PAY-US-{case[id]}")
@pytest.mark.parametrize("case", read_json("us/fica_2024.json"), ids=lambda case: case["id"])
def test_us_fica(staff: Staff, case: dict[str, Any]) -> None:
    structure = load_country(staff.books.company, "us", by=staff.by)["US_MONTHLY"]
    before = str(case["ytd_before"])
    wages = str(min(case["ytd_before"], 168600))
    facts = {"bonus": str(case["gross"]), "ytd_GROSS": before, "ytd_SS_WAGES": wages}
    run, employee = run_for(staff, structure, D(0), 2024, facts)
    amounts = {
        line.component.code: line.amount
        for line in staff.slip(run, employee).lines.select_related("component")
    }
    assert {
        "SS_WAGES": D(case["expected_ss_wages"]),
        "SOCIAL_SECURITY": D(case["expected_employee_ss"]),
        "MEDICARE": D(case["expected_employee_medicare"]),
        "ADDITIONAL_MEDICARE": D(case["expected_additional_medicare"]),
        "EMPLOYER_SOCIAL_SECURITY": D(case["expected_employer_ss"]),
        "EMPLOYER_MEDICARE": D(case["expected_employer_medicare"]),
    }.items() <= amounts.items()


def french_cases() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((FOLDER / "fr").glob("*.json"))]


#: What the slip calls a line, as the fixture's component has it.
FRENCH = {
    "AGFF": "AGFF",
    "AGFF T1": "AGFF",
    "AGIRC GMP": "AGIRC_GMP",
    "APEC": "APEC",
    "ARRCO": "ARRCO",
    "ARRCO T1": "ARRCO",
    "Chômage": "UNEMPLOYMENT",
    "CET": "CET",
    "Vieillesse déplafonnée": "PENSION_ALL",
    "Vieillesse plafonnée": "PENSION_CAPPED",
    "Maladie": "SICKNESS",
    "CSG déductible": "CSG_DEDUCTIBLE",
    "CSG non déductible": "CSG_OTHER",
    "CRDS": "CRDS",
}


@pytest.mark.case("PAY-{case[id]}")
@pytest.mark.parametrize("case", french_cases(), ids=lambda case: case["id"])
def test_french_slips(staff: Staff, case: dict[str, Any]) -> None:
    structures = load_country(staff.books.company, "fr", by=staff.by)
    lines = {FRENCH[row["line"]]: row for row in case["employee_lines"]}
    structure = structures["FR_CADRE" if "AGIRC_GMP" in lines else "FR_EMPLOYE"]
    gross = D(str(case["gross"]))
    # CSG is due on 98.25 % of the gross and on the employer's welfare contribution
    welfare = D(str(lines["CSG_DEDUCTIBLE"]["base"])) - gross * D("0.9825")
    facts = {
        "employer_welfare": f"{welfare.normalize():f}",
        "allowances": str(case["other_items"].get("allowances", 0)),
    }
    run, employee = run_for(staff, structure, gross, int(case["id"][-7:-3]), facts)
    slip = staff.slip(run, employee)
    amounts = {x.component.code: x.amount for x in slip.lines.select_related("component")}
    expected = {code: -D(row["expected_employee_amount"]) for code, row in lines.items()}
    assert {code: amounts[code] for code in expected} == expected
    assert slip.net == D(case["expected_net"])
    taxable = amounts.get("NET_IMPOSABLE", amounts.get("NET_IMPOSABLE_CADRE"))
    assert taxable == D(case["expected_taxable"])


def indian_cases() -> list[dict[str, Any]]:
    """The index numbers them by their income."""
    found = read_json("in/tax_slabs.json")
    cases = found["cases"] if found else []
    return [case | {"id": _INDIAN.get(case["taxable"], f"IN-{case['taxable']}")} for case in cases]


@pytest.mark.case("PAY-{case[id]}")
@pytest.mark.parametrize("case", indian_cases(), ids=lambda case: case["id"])
def test_indian_slabs(staff: Staff, case: dict[str, Any]) -> None:
    slabs = read_json("in/tax_slabs.json")
    rows = [{"effective_from": date(2019, 4, 1), "above": D(0), "percent": D(0)}] + [
        {
            "effective_from": date(2019, 4, 1),
            "above": D(slab["above"]),
            "percent": D(slab["percent"]),
        }
        for slab in slabs["slabs"]
    ]
    save_pay_table(
        company=staff.books.company, code="IN_TAX", name="Income tax", rows=rows, by=staff.by
    )
    since = date(2019, 4, 1)
    components = [
        staff.component("PAY", "salary", since=since),
        staff.component(
            "YEAR_TAX",
            "if(taxable > 500000, slab(IN_TAX, taxable), 0) * 1.04",
            "information",
            decimal_places=0,
            since=since,
        ),
        staff.component("PAYABLE", "YEAR_TAX - deducted", "information", since=since),
    ]
    structure = save_structure(
        company=staff.books.company,
        code="INDIA",
        name="India",
        components=components,
        inputs=[{"code": "taxable"}, {"code": "deducted"}],
        by=staff.by,
    )
    facts = {
        "taxable": str(case["taxable"]),
        "deducted": str(case.get("already_deducted", 0)),
    }
    run, employee = run_for(staff, structure, D(80000), 2020, facts)
    amounts = staff.amounts(run, employee)
    assert amounts["YEAR_TAX"] == case["expected_annual_tax"]
    payable = case.get("expected_payable", case["expected_annual_tax"])
    assert amounts["PAYABLE"] == payable


@pytest.mark.case("PAY-UK-FREYA")
def test_uk_freya(staff: Staff) -> None:
    case = read_json("uk/rossmartin_freya_2024_25.json")
    since = date(2024, 4, 6)
    rows = [{"effective_from": since, "above": D(0), "percent": D(20)}]
    save_pay_table(company=staff.books.company, code="UK_PAYE", name="PAYE", rows=rows, by=staff.by)
    components = [
        staff.component("PAY", "salary", since=since),
        staff.component("FREE", "allowance / periods_per_year", "information", since=since),
        staff.component("TAXABLE", "max(0, PAY - FREE)", "information", since=since),
        staff.component("TAX", "slab(UK_PAYE, TAXABLE)", "deduction", since=since),
    ]
    structure = save_structure(
        company=staff.books.company,
        code="UK",
        name="United Kingdom",
        components=components,
        inputs=[{"code": "allowance"}],
        by=staff.by,
    )
    facts = {"allowance": str(case["personal_allowance"])}
    run, employee = run_for(staff, structure, D(case["gross"]), 2024, facts, month=5)
    amounts = staff.amounts(run, employee)
    assert amounts["FREE"] == D(str(case["expected_tax_free_pay"]))
    assert amounts["TAXABLE"] == D(str(case["expected_taxable"]))
    assert amounts["TAX"] == D(str(case["expected_tax"]))
