"""Andon categories as a table; their ladders are written on each, or come over the API."""

from __future__ import annotations

from apps.core.resources import Resource
from apps.execution.models import AndonCategory


class AndonCategoryResource(Resource):
    model = AndonCategory
    columns = ("code", "name", "colour", "calls_maintenance", "is_active")
