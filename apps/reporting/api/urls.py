from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.reporting.api.home import HomeViewSet
from apps.reporting.api.measures import MeasureViewSet

router = ApiRouter("reporting")
router.register("home", HomeViewSet)
router.register("measures", MeasureViewSet)
