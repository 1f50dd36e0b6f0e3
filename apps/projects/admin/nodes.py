from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.numbers import number_text
from apps.projects.admin.tables import WithTables
from apps.projects.models import WbsNode
from apps.projects.resources import WbsNodeResource
from apps.projects.services.nodes import create_node, update_node


@admin.register(WbsNode)
class WbsNodeAdmin(WithTables):
    """The work breakdown of all projects; each node with its own budget."""

    resource_class = WbsNodeResource
    create_service = staticmethod(create_node)
    update_service = staticmethod(update_node)
    computed_numbers = ("budget",)
    list_display = ("project", "code", "name", "parent", "budget", "cost_object", "company")
    list_filter = ("project",)
    search_fields = ("code", "name", "project__number")
    ordering = ("project", "path")
    fields = (
        "company",
        "project",
        ("code", "name"),
        ("parent", "responsible"),
        ("budget_labour", "budget_material"),
        ("budget_purchases", "budget_machine", "budget_other"),
        "cost_object",
    )

    @admin.display(description=_("budget"))
    def budget(self, node: WbsNode) -> str:
        return number_text(node.budget, least=2)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "project")
