from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin.base import CompanyModelAdmin, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.links import Link, admin_list_url
from apps.planning.jobs import start_planning_run
from apps.planning.models import ActionMessage, Pegging, PlannedItem, PlannedOrder, PlanningRun
from apps.planning.reasons import reason_of
from apps.planning.services import planned_orders as order_services
from apps.planning.services import planning_runs as services
from apps.planning.services.messages import complete_message

Status = PlanningRun.Status
FIRM = "planning.firm_plannedorder"


@admin.register(PlanningRun)
class PlanningRunAdmin(DocumentAdmin):
    can_add = True
    create_service = staticmethod(services.create_planning_run)
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "site",
        "planned_on",
        "horizon_days",
        "is_current",
        "order_count",
        "message_count",
        "seconds",
        "company",
    )
    list_filter = ("status", "is_current", "site")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("site", "planned_on"),
                    ("horizon_days", "bucket"),
                    ("is_rescheduling", "tolerance_days"),
                )
            },
        ),
        (
            _("Result"),
            {
                "fields": (
                    ("is_current", "seconds"),
                    ("item_count", "order_count", "message_count"),
                    "message",
                )
            },
        ),
    )
    readonly_fields = (
        "is_current",
        "seconds",
        "item_count",
        "order_count",
        "message_count",
        "message",
    )
    verbs = (
        Verb(
            "calculate",
            _("Calculate now"),
            "planning.run_planningrun",
            services.calculate_plan,
            (Status.QUEUED, Status.FAILED),
        ),
        Verb(
            "start",
            _("Calculate in the background"),
            "planning.run_planningrun",
            start_planning_run,
            (Status.QUEUED, Status.FAILED),
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "planning.run_planningrun",
            services.cancel_planning_run,
            (Status.QUEUED, Status.FAILED),
            question=_("This plan will not be calculated."),
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: PlanningRun) -> list[Link]:
        links = [
            Link(_("Planned orders"), admin_list_url(PlannedOrder), "event"),
            Link(_("Messages"), admin_list_url(ActionMessage), "notifications"),
        ]
        return [*links, *super().links_of(request, document)]


@admin.register(PlannedOrder)
class PlannedOrderAdmin(LedgerAdmin):
    """What the plan says; chosen rows are made firm or ordered from the list."""

    list_display = (
        "item",
        "kind",
        "status_label",
        "quantity",
        "start_date",
        "due_date",
        "site",
        "document",
        "pegging_link",
        "company",
    )
    list_filter = ("status", "kind", "site", "start_date")
    search_fields = ("item__code", "item__name")
    list_select_related = (
        "item",
        "site",
        "work_order",
        "purchase_order",
        "stock_document",
        "company",
    )
    actions = ("make_firm", "order_selected")
    ordering = ("start_date", "id")

    @display(description=_("status"), ordering="status", label=True)
    def status_label(self, order: PlannedOrder) -> str:
        return order.get_status_display()

    @admin.display(description=_("document"))
    def document(self, order: PlannedOrder) -> str:
        found = order.work_order or order.purchase_order or order.stock_document
        return found.number if found else ""

    @admin.display(description=_("pegging"))
    def pegging_link(self, order: PlannedOrder) -> str:
        url = reverse("planning-order", args=[order.pk])
        return format_html('<a href="{}">{}</a>', url, _("Who needs it"))

    @action(description=_("Make the selected orders firm"))
    def make_firm(self, request: Any, queryset: Any) -> None:
        self._act(request, lambda: order_services.firm_planned_orders(queryset, by=request.user))

    @action(description=_("Order: work orders, purchase orders, transfers"))
    def order_selected(self, request: Any, queryset: Any) -> None:
        self._act(request, lambda: order_services.order_planned_orders(queryset, by=request.user))

    def _act(self, request: Any, act: Any) -> None:
        if not request.user.has_perm(FIRM):
            raise PermissionDenied
        CompanyModelAdmin.attempt(self, request, act, str(_("Done.")))  # type: ignore[arg-type]

    def get_actions(self, request: Any) -> dict[str, Any]:
        return super().get_actions(request) if request.user.has_perm(FIRM) else {}


@admin.register(ActionMessage)
class ActionMessageAdmin(LedgerAdmin):
    """The inbox of planners and buyers."""

    list_display = (
        "kind_label",
        "item",
        "order_number",
        "quantity",
        "date",
        "new_date",
        "why",
        "amount",
        "planner",
        "status",
        "company",
    )
    list_filter = ("status", "kind", "site", "planner", "date")
    search_fields = ("item__code", "order_number")
    list_select_related = ("item", "planner", "company")
    actions = ("complete_selected",)
    ordering = ("date", "id")

    @display(description=_("kind"), ordering="kind", label=True)
    def kind_label(self, message: ActionMessage) -> str:
        return message.get_kind_display()

    @admin.display(description=_("reason"))
    def why(self, message: ActionMessage) -> str:
        return reason_of(message)

    @action(description=_("Mark the selected messages as done"))
    def complete_selected(self, request: Any, queryset: Any) -> None:
        if not request.user.has_perm("planning.answer_actionmessage"):
            raise PermissionDenied
        for message in queryset.filter(status="open"):
            complete_message(message, by=request.user)
        messages.success(request, _("Done."))

    def get_actions(self, request: Any) -> dict[str, Any]:
        may = request.user.has_perm("planning.answer_actionmessage")
        return super().get_actions(request) if may else {}


@admin.register(PlannedItem)
class PlannedItemAdmin(LedgerAdmin):
    list_display = ("item", "site", "low_level_code", "on_hand", "safety_stock", "company")
    list_filter = ("site", "low_level_code")
    search_fields = ("item__code", "item__name")
    fields = ("company", "item", "site", "run", "low_level_code", "on_hand", "safety_stock")


@admin.register(Pegging)
class PeggingAdmin(LedgerAdmin):
    admin_hidden = True
    list_display = ("item", "site", "supply", "demand", "demand_date", "quantity", "company")
    list_filter = ("site", "supply", "demand")
    search_fields = ("item__code",)
    ordering = ("id",)
