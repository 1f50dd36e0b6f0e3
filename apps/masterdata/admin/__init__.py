from apps.masterdata.admin import calendars, equipment, items, partners, reasons, units

__all__ = ["calendars", "equipment", "items", "partners", "reasons", "units"]
