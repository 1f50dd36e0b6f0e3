from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.engineering.models import Routing, RoutingOperation
from apps.engineering.services.routings import (
    Operation,
    change_routing,
    create_routing,
    obsolete_routing,
    release_routing,
)

Status = Routing.Status


class RoutingOperationInline(CompanyInline):
    model = RoutingOperation
    fields = (
        "sequence",
        "name",
        "work_centre",
        "setup_minutes",
        "run_minutes",
        "labour_factor",
        "is_counted",
        "tool",
        "inspection",
        "instruction",
        "instructions",
    )
    extra = 1


@admin.register(Routing)
class RoutingAdmin(DocumentWithLinesAdmin):
    list_display = (
        "item",
        "revision",
        "status_label",
        "effective_from",
        "effective_until",
        "note",
        "company",
    )
    list_filter = ("status", "effective_from")
    search_fields = ("item__code", "item__name", "note")
    fields = ("company", ("item", "revision"), ("effective_from", "effective_until"), "note")
    inlines = (RoutingOperationInline,)
    verbs = (
        Verb(
            "release",
            _("Release"),
            "engineering.release_routing",
            release_routing,
            (Status.DRAFT,),
        ),
        Verb(
            "obsolete",
            _("Make obsolete"),
            "engineering.release_routing",
            obsolete_routing,
            (Status.DRAFT, Status.RELEASED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "item", "revision")

    def links_of(self, request: Any, document: Routing) -> list[Link]:
        return [admin_row_link(document.item), *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> Routing:
        company = values.pop("company")
        operations = [Operation(**line) for line in lines]
        return create_routing(company, **values, operations=operations, by=request.user)

    def write_change(
        self,
        request: Any,
        row: Routing,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Routing:
        kept = None if lines is None else [Operation(**line) for line in lines]
        return change_routing(row, **values, operations=kept, version=version, by=request.user)
