from apps.hr.admin import (
    clock_events,
    contracts,
    departments,
    employees,
    expenses,
    leave,
    pay_components,
    pay_runs,
    pay_structures,
    skills,
    time_cards,
)

__all__ = [
    "clock_events",
    "contracts",
    "departments",
    "employees",
    "expenses",
    "leave",
    "pay_components",
    "pay_runs",
    "pay_structures",
    "skills",
    "time_cards",
]
