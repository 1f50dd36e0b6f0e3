from apps.projects.models.baselines import Baseline, BaselineTask, TaskProgress
from apps.projects.models.billing import BillingMilestone, ProjectBilling
from apps.projects.models.nodes import CostElement, WbsNode
from apps.projects.models.projects import Project
from apps.projects.models.rates import HourlyRate
from apps.projects.models.tasks import Task, TaskDependency
from apps.projects.models.timesheets import Timesheet, TimesheetLine

__all__ = [
    "Baseline",
    "BaselineTask",
    "BillingMilestone",
    "CostElement",
    "HourlyRate",
    "Project",
    "ProjectBilling",
    "Task",
    "TaskDependency",
    "TaskProgress",
    "Timesheet",
    "TimesheetLine",
    "WbsNode",
]
