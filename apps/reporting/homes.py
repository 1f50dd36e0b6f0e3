"""What each role finds on its home page, in the order in which a user with several sees it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Home:
    """Codes of measures, charts and work lists; what the user may not see is left out."""

    title: object
    measures: tuple[str, ...]
    charts: tuple[str, ...] = ()
    worklists: tuple[str, ...] = ()


HOMES: dict[str, Home] = {
    "plant_manager": Home(
        _("Plant"),
        (
            "work_orders_late",
            "good_today",
            "yield_month",
            "machines_running",
            "scrap_cost_month",
            "downtime_cost_month",
            "wip",
            "stock_value",
            "sales_orders_late",
            "purchase_orders_late",
            "items_short",
            "lots_held",
            "projects_over_budget",
            "alerts_raised",
        ),
        (
            "oee",
            "production_days",
            "production_shifts",
            "scrap_by_reason",
            "downtime_by_reason",
            "work_orders_by_status",
        ),
        ("work_orders_next", "machines_now"),
    ),
    "planner": Home(
        _("Planning"),
        (
            "work_orders_draft",
            "work_orders_open",
            "work_orders_late",
            "items_short",
            "sales_orders_due",
            "sales_orders_late",
            "purchase_orders_late",
            "alerts_raised",
        ),
        ("work_orders_by_status", "production_days", "sales_due", "purchases_due"),
        ("work_orders_next", "sales_orders_next"),
    ),
    "operator": Home(
        _("At the machine"),
        ("work_orders_open", "machines_stopped", "stops_without_reason", "my_reports_today"),
        ("production_shifts",),
        ("work_orders_next", "machines_now"),
    ),
    "quality": Home(
        _("Quality"),
        (
            "lots_held",
            "lots_expiring",
            "yield_month",
            "scrap_cost_month",
            "complaints_open",
            "alerts_raised",
        ),
        ("scrap_by_reason", "production_days"),
        ("work_orders_next",),
    ),
    "maintenance": Home(
        _("Machines"),
        (
            "assets_down",
            "maintenance_overdue",
            "maintenance_open",
            "maintenance_requests_new",
            "machines_stopped",
            "machines_running",
            "stop_hours_month",
            "stops_without_reason",
            "alerts_raised",
        ),
        ("machine_states", "oee", "downtime_by_reason"),
        ("maintenance_next", "machines_now"),
    ),
    "sales": Home(
        _("Sales"),
        (
            "sales_orders_due",
            "sales_orders_late",
            "sales_orders_open",
            "sales_backlog",
            "invoiced_month",
            "receivables_overdue",
            "delivery_on_time",
            "promises_kept",
            "pipeline_weighted",
            "opportunities_won",
            "quotations_sent",
            "quotations_run_out",
            "my_activities_due",
            "service_cases_open",
            "returns_open",
            "alerts_raised",
        ),
        (
            "sales_due",
            "open_items",
            "pipeline_by_stage",
            "quotations_by_age",
            "lost_by_reason",
            "margin_by_customer",
        ),
        ("sales_orders_next", "invoices_overdue", "activities_next"),
    ),
    "buyer": Home(
        _("Buying"),
        (
            "purchase_orders_late",
            "purchase_orders_open",
            "purchases_open_value",
            "items_short",
            "suppliers_on_time",
            "payables_due",
            "alerts_raised",
        ),
        ("purchases_due", "stock_by_category"),
        ("purchase_orders_next",),
    ),
    "accountant": Home(
        _("Books"),
        (
            "revenue_month",
            "gross_margin_month",
            "cash",
            "receivables_overdue",
            "payables_due",
            "grni_open",
            "stock_value",
            "wip",
            "invoices_draft",
            "work_orders_to_close",
            "alerts_raised",
        ),
        ("results", "open_items", "stock_by_category"),
        ("invoices_overdue",),
    ),
    "hr": Home(
        _("People"),
        (
            "leave_to_decide",
            "away_today",
            "time_cards_to_approve",
            "expenses_to_approve",
            "skills_ending",
            "employees_active",
            "users_active",
        ),
        worklists=("leave_next",),
    ),
    "auditor": Home(
        _("Audit"),
        (
            "entries_month",
            "reversals_month",
            "entries_unsealed",
            "stock_value",
            "cash",
            "grni_open",
            "wip",
            "users_active",
        ),
        ("results", "stock_by_category"),
    ),
    "administrator": Home(
        _("System"),
        ("users_active", "users_without_role", "jobs_open", "jobs_failed", "employees_active"),
    ),
}
#: A superuser who is in no role.
FOR_SUPERUSERS = ("plant_manager", "accountant", "sales", "buyer", "administrator")


def homes_of(roles: set[str], *, is_superuser: bool) -> list[tuple[str, Home]]:
    """The homes of ``roles`` in order; none for who is in no role."""
    if is_superuser and not roles & HOMES.keys():
        roles = set(FOR_SUPERUSERS)
    return [(role, home) for role, home in HOMES.items() if role in roles]
