from apps.execution.admin import material_issues, production_reports, work_orders

__all__ = ["material_issues", "production_reports", "work_orders"]
