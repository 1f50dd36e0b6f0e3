from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.projects.api.baselines import (
    BaselineTaskViewSet,
    BaselineViewSet,
    TaskProgressViewSet,
)
from apps.projects.api.billing import (
    BillingMilestoneViewSet,
    HourlyRateViewSet,
    ProjectBillingViewSet,
)
from apps.projects.api.nodes import WbsNodeViewSet
from apps.projects.api.projects import ProjectViewSet
from apps.projects.api.tasks import TaskDependencyViewSet, TaskViewSet
from apps.projects.api.timesheets import TimesheetViewSet

router = ApiRouter("projects")
router.register("projects", ProjectViewSet)
router.register("nodes", WbsNodeViewSet)
router.register("tasks", TaskViewSet)
router.register("dependencies", TaskDependencyViewSet)
router.register("baselines", BaselineViewSet)
router.register("baseline-tasks", BaselineTaskViewSet)
router.register("progress", TaskProgressViewSet)
router.register("milestones", BillingMilestoneViewSet)
router.register("billings", ProjectBillingViewSet)
router.register("rates", HourlyRateViewSet)
router.register("timesheets", TimesheetViewSet)
