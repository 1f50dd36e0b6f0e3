from apps.masterdata.admin import (
    calendars,
    equipment,
    items,
    partner_banks,
    partners,
    payment_terms,
    reasons,
    tools,
    units,
    variants,
)

__all__ = [
    "calendars",
    "equipment",
    "items",
    "partner_banks",
    "partners",
    "payment_terms",
    "reasons",
    "tools",
    "units",
    "variants",
]
