"""People and pay as tables."""

from __future__ import annotations

from typing import Any

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import FORMATS, Resource
from apps.hr.models import (
    Contract,
    Department,
    Employee,
    EmployeeSkill,
    LeaveType,
    PayComponent,
    PayFact,
    PayFormula,
    PayTableRow,
    RosterEntry,
    Skill,
)
from apps.hr.services.contracts import create_contracts
from apps.hr.services.departments import check_departments, open_cost_objects
from apps.hr.services.pay_components import import_components
from apps.hr.services.pay_facts import set_pay_facts
from apps.hr.services.pay_tables import add_pay_table_rows
from apps.hr.services.rosters import Planned, plan_roster
from apps.hr.services.skills import grant_skills


class DepartmentResource(Resource):
    model = Department
    columns = ("code", "name", "parent", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_departments(rows, company=company)

    def _write(self, new: list[Any], changed: list[Any], by: Any, reason: str) -> None:
        open_cost_objects(new, by=by)
        super()._write(new, changed, by, reason)


class EmployeeResource(Resource):
    model = Employee
    columns = (
        "code",
        "name",
        "site",
        "department",
        "work_centre",
        "job_title",
        "hired_on",
        "user",
        "is_active",
    )


class ContractResource(LineResource):
    """Each row is a new contract."""

    model = Contract
    columns = (
        "employee",
        "effective_from",
        "effective_to",
        "basis",
        "rate",
        "hours_per_week",
        "structure",
        "cost_centre",
    )
    required = ("employee", "effective_from", "basis", "rate", "structure", "cost_centre")

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['employee'].code} {row['effective_from']}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        create_contracts(company, rows, by=by, reason=reason)


class PayFactResource(LineResource):
    """Each row is what holds for an employee from a day on; the same day again replaces it."""

    model = PayFact
    columns = ("employee", "code", "effective_from", "value")
    required = columns

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['employee'].code} {row['code']}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        set_pay_facts(company, rows, by=by, reason=reason)


class PayTableRowResource(LineResource):
    """Brackets of tables that exist."""

    model = PayTableRow
    columns = ("table", "effective_from", "key", "above", "amount", "percent")
    required = ("table", "effective_from", "above", "percent")

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['table'].code} {row.get('key', '')} {row['above']}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        add_pay_table_rows(company, rows, by=by, reason=reason)


class PayComponentResource(LineResource):
    """New components, each with the formula of one day; several days are several rows."""

    model = PayComponent
    columns = (
        "code",
        "name",
        "kind",
        "sequence",
        "account_role",
        "distribution",
        "decimal_places",
        "rounding",
    )
    formula_columns = ("effective_from", "base_formula", "formula")
    required = ("code", "name", "kind", "effective_from", "formula")

    def __init__(self) -> None:
        super().__init__()
        self.fields |= {name: PayFormula._meta.get_field(name) for name in self.formula_columns}

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        import_components(company, rows, by=by, reason=reason)

    def _exported(self, rows: Any) -> Any:
        for component in rows.order_by("pk").prefetch_related("formulas"):
            for formula in component.formulas.all():
                yield (
                    *(getattr(component, name) for name in self.columns),
                    *(getattr(formula, name) for name in self.formula_columns),
                )

    def export(self, rows: Any, kind: str) -> tuple[bytes, str]:
        write, content_type = FORMATS[kind]
        return write((*self.columns, *self.formula_columns), self._exported(rows)), content_type


class SkillResource(Resource):
    model = Skill
    columns = ("code", "name", "is_active")


class EmployeeSkillResource(LineResource):
    """Each row is a skill that an employee has from a day on."""

    model = EmployeeSkill
    columns = ("employee", "skill", "level", "valid_from", "valid_to", "certificate")
    required = ("employee", "skill", "valid_from")

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['employee'].code} {row['skill'].code}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        grant_skills(company, rows, by=by, reason=reason)


class RosterResource(LineResource):
    """Each row plans a day of an employee, anew if it was planned before."""

    model = RosterEntry
    columns = ("employee", "date", "shift", "note")
    required = ("employee", "date", "shift")

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['employee'].code} {row['date']}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        plan_roster(company, [Planned(**row) for row in rows], by=by, reason=reason)


class LeaveTypeResource(Resource):
    model = LeaveType
    columns = (
        "code",
        "name",
        "is_paid",
        "needs_balance",
        "days_per_month",
        "overdraft",
        "is_active",
    )
