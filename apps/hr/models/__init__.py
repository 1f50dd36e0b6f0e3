from apps.hr.models.clock_events import ClockEvent
from apps.hr.models.contracts import Contract
from apps.hr.models.departments import Department
from apps.hr.models.employees import Employee
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
from apps.hr.models.time_cards import LabourBooking, TimeCard, TimeCardLine

__all__ = [
    "ClockEvent",
    "Contract",
    "Department",
    "Employee",
    "LabourBooking",
    "LabourDistribution",
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
    "TimeCard",
    "TimeCardLine",
]
