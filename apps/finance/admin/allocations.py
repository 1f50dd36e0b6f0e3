from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, CompanyModelAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.allocation_resources import (
    AllocationCycleResource,
    StatisticalKeyResource,
    StatisticalValueResource,
)
from apps.finance.models import (
    AllocationCycle,
    AllocationLine,
    AllocationReceiver,
    AllocationRun,
    AllocationSender,
    StatisticalKey,
    StatisticalValue,
)
from apps.finance.services.allocation_cycles import (
    create_cycle,
    create_receiver,
    create_sender,
    update_cycle,
    update_receiver,
    update_sender,
)
from apps.finance.services.allocation_runs import (
    cancel_allocation,
    post_allocation,
    propose_allocation,
    reverse_allocation,
)


@admin.register(StatisticalKey)
class StatisticalKeyAdmin(MasterDataAdmin):
    resource_class = StatisticalKeyResource
    list_display = ("code", "name", "unit", "is_summed", "company", "is_active")


@admin.register(StatisticalValue)
class StatisticalValueAdmin(ImportExportMixin, CompanyModelAdmin):
    resource_class = StatisticalValueResource
    list_display = ("key", "cost_object", "date", "value", "company")
    list_filter = ("key", "cost_object", "date")
    list_select_related = ("key", "cost_object", "company")
    search_fields = ("cost_object__code", "cost_object__name")
    ordering = ("key", "cost_object", "date")

    def get_urls(self) -> list[Any]:
        return [*self.import_urls(), *super().get_urls()]


@admin.register(AllocationCycle)
class AllocationCycleAdmin(MasterDataAdmin):
    resource_class = AllocationCycleResource
    create_service = staticmethod(create_cycle)
    update_service = staticmethod(update_cycle)
    list_display = ("code", "name", "method", "account", "company", "is_active")
    list_filter = ("method", "is_active")


@admin.register(AllocationSender)
class AllocationSenderAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_sender)
    update_service = staticmethod(update_sender)
    list_display = ("cycle", "position", "cost_object", "basis", "key", "company", "is_active")
    list_filter = ("cycle", "basis", "is_active")
    list_select_related = ("cycle", "cost_object", "key", "company")
    search_fields = ("cost_object__code", "cost_object__name")
    ordering = ("cycle", "position", "id")


@admin.register(AllocationReceiver)
class AllocationReceiverAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_receiver)
    update_service = staticmethod(update_receiver)
    list_display = ("sender", "cost_object", "share", "company")
    list_filter = ("sender__cycle",)
    list_select_related = ("sender__cycle", "sender__cost_object", "cost_object", "company")
    search_fields = ("cost_object__code", "cost_object__name")
    ordering = ("sender", "id")


class AllocationLineInline(CompanyInline):
    model = AllocationLine
    fields = ("sender", "receiver", "amount")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False


@admin.register(AllocationRun)
class AllocationRunAdmin(DocumentWithLinesAdmin):
    """Adding one proposes what its cycle sends in its month."""

    editable_statuses = ()
    list_display = ("number", "status_label", "cycle", "period", "total", "company")
    list_filter = ("status", "cycle")
    list_select_related = ("cycle", "period__fiscal_year", "company")
    list_totals = ("total",)
    fields = ("company", ("cycle", "period"), "total")
    readonly_fields = ("total",)
    inlines = (AllocationLineInline,)
    verbs = (
        Verb("post", _("Post"), "finance.post_allocationrun", post_allocation, ("proposed",)),
        Verb("reverse", _("Reverse"), "finance.reverse_allocationrun", reverse_allocation,
             ("posted",), form=DateReasonForm, is_danger=True),
        Verb("cancel", _("Cancel"), "finance.change_allocationrun", cancel_allocation,
             ("proposed",), form=ReasonForm, is_danger=True),
    )  # fmt: skip

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "period" in form.base_fields:
            periods = form.base_fields["period"].queryset
            form.base_fields["period"].queryset = periods.filter(is_closing=False)
        return form

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> AllocationRun:
        return propose_allocation(**values, by=request.user)

    def links_of(self, request: Any, document: AllocationRun) -> list[Link]:
        links = [admin_row_link(document.cycle)]
        if document.entry:
            links.append(admin_row_link(document.entry))
        return [*links, *super().links_of(request, document)]
