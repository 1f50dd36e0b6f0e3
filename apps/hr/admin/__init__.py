from apps.hr.admin import (
    clock_events,
    contracts,
    departments,
    employees,
    pay_components,
    pay_runs,
    pay_structures,
    time_cards,
)

__all__ = [
    "clock_events",
    "contracts",
    "departments",
    "employees",
    "pay_components",
    "pay_runs",
    "pay_structures",
    "time_cards",
]
