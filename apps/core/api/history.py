"""``GET …/{id}/history/``: who changed what, when and why, field by field."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import Change, listed
from apps.core.api.references import ReferenceField
from apps.core.queries.history import changes_of


class HistoryActions:
    @extend_schema(responses=listed(Change), filters=False)
    @action(detail=True, methods=["get"])
    def history(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The last changes, newest first; only fields that the detail page shows."""
        row = self.get_object()
        shown = {
            field.source
            for field in self.serializer_class().fields.values()
            if isinstance(field, ReferenceField) or "." not in field.source
        }
        return Response({"results": changes_of(row, only=shown), "next": None})

    history.required_permissions = ("view",)
