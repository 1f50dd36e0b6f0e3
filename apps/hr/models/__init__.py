from apps.hr.models.clock_events import ClockEvent
from apps.hr.models.contracts import Contract
from apps.hr.models.departments import Department
from apps.hr.models.employees import Employee
from apps.hr.models.expenses import ExpenseClaim, ExpenseLine
from apps.hr.models.leave import LeaveEntry, LeaveRequest, LeaveType
from apps.hr.models.pay_components import PayComponent, PayFormula, PayTable, PayTableRow
from apps.hr.models.pay_runs import (
    LabourDistribution,
    PayRun,
    PayRunInput,
    PaySlip,
    PaySlipLine,
)
from apps.hr.models.pay_structures import (
    PayFact,
    PayInput,
    PayStructure,
    PayStructureComponent,
)
from apps.hr.models.rosters import RosterEntry
from apps.hr.models.skills import EmployeeSkill, RequiredSkill, Skill
from apps.hr.models.time_cards import LabourBooking, TimeCard, TimeCardLine

__all__ = [
    "ClockEvent",
    "Contract",
    "Department",
    "Employee",
    "EmployeeSkill",
    "ExpenseClaim",
    "ExpenseLine",
    "LabourBooking",
    "LabourDistribution",
    "LeaveEntry",
    "LeaveRequest",
    "LeaveType",
    "PayComponent",
    "PayFact",
    "PayFormula",
    "PayInput",
    "PayRun",
    "PayRunInput",
    "PaySlip",
    "PaySlipLine",
    "PayStructure",
    "PayStructureComponent",
    "PayTable",
    "PayTableRow",
    "RequiredSkill",
    "RosterEntry",
    "Skill",
    "TimeCard",
    "TimeCardLine",
]
