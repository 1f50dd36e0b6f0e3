from __future__ import annotations

from typing import Any

from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.projects.api.inputs import KeyReference
from apps.projects.models import WbsNode
from apps.projects.resources import WbsNodeResource
from apps.projects.services.nodes import create_node, update_node


class WbsNodeSerializer(StrictModelSerializer):
    parent = KeyReference(WbsNode, required=False, allow_null=True)

    class Meta:
        model = WbsNode
        fields = (
            "id",
            "company",
            "project",
            "parent",
            "code",
            "name",
            "cost_object",
            "responsible",
            *WbsNode.BUDGETS,
            *AUDIT_FIELDS,
        )
        read_only_fields = ("cost_object",)


class WbsNodeViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """The work breakdown: each node with its budget and its cost object."""

    serializer_class = WbsNodeSerializer
    resource_class = WbsNodeResource
    create_service = staticmethod(create_node)
    takes_reason = True
    filterset_fields = {
        "project": ["exact"],
        "parent": ["exact", "isnull"],
        "code": ["exact"],
        "cost_object": ["exact"],
    }
    ordering_fields = ("id", "path")
    search_fields = ("code", "name")

    def perform_update(
        self, row: WbsNode, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> WbsNode:
        if "project" in values and values.pop("project").pk != row.project_id:
            raise InvalidInput("read_only", "A node stays in its project.", field="project")
        return update_node(row, version=version, by=by, reason=reason, **values)
