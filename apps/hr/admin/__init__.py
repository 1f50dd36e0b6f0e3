from apps.hr.admin import employees

__all__ = ["employees"]
