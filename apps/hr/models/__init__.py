from apps.hr.models.employees import Employee

__all__ = ["Employee"]
