from apps.projects.admin import baselines, billing, nodes, projects, tasks, timesheets

__all__ = ["baselines", "billing", "nodes", "projects", "tasks", "timesheets"]
