"""Groups as tables."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.finance.models import ConsolidationGroup


class ConsolidationGroupResource(Resource):
    model = ConsolidationGroup
    columns = ("code", "name", "is_active")
