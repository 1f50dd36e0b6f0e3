from apps.masterdata.admin import (
    calendars,
    equipment,
    items,
    partner_banks,
    partners,
    reasons,
    units,
)

__all__ = ["calendars", "equipment", "items", "partner_banks", "partners", "reasons", "units"]
