from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.hr.api.clock_events import ClockEventViewSet
from apps.hr.api.contracts import ContractViewSet, PayFactViewSet
from apps.hr.api.departments import DepartmentViewSet
from apps.hr.api.employees import EmployeeViewSet
from apps.hr.api.expenses import ExpenseClaimViewSet
from apps.hr.api.leave import LeaveEntryViewSet, LeaveRequestViewSet, LeaveTypeViewSet
from apps.hr.api.own import MyClockEventViewSet, MyLeaveRequestViewSet, MyTimeCardViewSet
from apps.hr.api.pay_components import (
    PayComponentViewSet,
    PayStructureViewSet,
    PayTableViewSet,
)
from apps.hr.api.pay_runs import PayRunViewSet
from apps.hr.api.pay_slips import LabourDistributionViewSet, MyPaySlipViewSet, PaySlipViewSet
from apps.hr.api.rosters import RosterEntryViewSet
from apps.hr.api.skills import EmployeeSkillViewSet, RequiredSkillViewSet, SkillViewSet
from apps.hr.api.time_cards import LabourBookingViewSet, TimeCardViewSet

router = ApiRouter("hr")
router.register("departments", DepartmentViewSet)
router.register("employees", EmployeeViewSet)
router.register("contracts", ContractViewSet)
router.register("pay-facts", PayFactViewSet)
router.register("clock-events", ClockEventViewSet)
router.register("labour-bookings", LabourBookingViewSet)
router.register("time-cards", TimeCardViewSet)
router.register("pay-components", PayComponentViewSet)
router.register("pay-tables", PayTableViewSet)
router.register("pay-structures", PayStructureViewSet)
router.register("pay-runs", PayRunViewSet)
router.register("payslips", PaySlipViewSet)
router.register("my-payslips", MyPaySlipViewSet)
router.register("labour-distribution", LabourDistributionViewSet)
router.register("skills", SkillViewSet)
router.register("employee-skills", EmployeeSkillViewSet)
router.register("required-skills", RequiredSkillViewSet)
router.register("roster-entries", RosterEntryViewSet)
router.register("leave-types", LeaveTypeViewSet)
router.register("leave-requests", LeaveRequestViewSet)
router.register("leave-entries", LeaveEntryViewSet)
router.register("expense-claims", ExpenseClaimViewSet)
router.register("my-clock-events", MyClockEventViewSet)
router.register("my-time-cards", MyTimeCardViewSet)
router.register("my-leave-requests", MyLeaveRequestViewSet)
