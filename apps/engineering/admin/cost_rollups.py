from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.links import Link, admin_list_url
from apps.engineering.models import CostRollup, StandardCost
from apps.engineering.services.cost_rollup import (
    cancel_cost_rollup,
    create_cost_rollup,
    recalculate_cost_rollup,
    release_cost_rollup,
)

Status = CostRollup.Status
SHOWN = 50


class StandardCostInline(CompanyInline):
    """The first rows; all of them are in the list of standard costs."""

    model = StandardCost
    fields = ("level", "item", "material", "labour", "machine", "total")
    readonly_fields = fields
    can_delete = False
    max_num = 0
    ordering = ("level", "item")
    per_page = SHOWN

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("item")


@admin.register(CostRollup)
class CostRollupAdmin(DocumentAdmin):
    """Calculated when it is drafted; its release makes the standard costs."""

    can_add = True
    editable_statuses = ()
    create_service = staticmethod(create_cost_rollup)
    list_display = ("number", "status_label", "date", "lot_size", "note", "company")
    list_filter = ("status", "date")
    search_fields = ("number", "note")
    fields = ("company", ("date", "lot_size"), "note")
    inlines = (StandardCostInline,)
    verbs = (
        Verb(
            "release",
            _("Release"),
            "engineering.release_costrollup",
            release_cost_rollup,
            (Status.DRAFT,),
            question=_("Stock at standard cost is revalued on the date of the roll-up."),
        ),
        Verb(
            "recalculate",
            _("Calculate anew"),
            "engineering.change_costrollup",
            recalculate_cost_rollup,
            (Status.DRAFT,),
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "engineering.change_costrollup",
            cancel_cost_rollup,
            (Status.DRAFT,),
            question=_("The draft is kept, but can't be released any more."),
            is_danger=True,
        ),
    )

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> CostRollup:
        company = values.pop("company")
        return create_cost_rollup(company, **values, by=request.user)

    def links_of(self, request: Any, document: CostRollup) -> list[Link]:
        url = f"{admin_list_url(StandardCost)}?rollup__id__exact={document.pk}"
        compare = reverse("engineering-report", args=["costs"])
        asked = urlencode({"company": document.company_id, "new": document.pk})
        return [
            Link(_("All costs"), url, "calculate"),
            Link(_("Compare"), f"{compare}?{asked}", "difference"),
            *super().links_of(request, document),
        ]


@admin.register(StandardCost)
class StandardCostAdmin(LedgerAdmin):
    list_display = (
        "item",
        "level",
        "material",
        "labour",
        "machine",
        "total",
        "rollup",
        "company",
    )
    list_filter = ("rollup__status", "level")
    search_fields = ("item__code", "item__name", "rollup__number")
    list_select_related = ("item", "rollup", "company")
    ordering = ("-rollup", "level", "item")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "rollup__id__exact" or super().lookup_allowed(lookup, value, request)
