"""Figures of assets and of the work on them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

_OPEN = "o.status IN ('planned', 'released', 'in_progress', 'waiting_parts')"
_ORDERS = f"""
  FROM maintenance_maintenanceorder o JOIN company c ON c.id = o.company_id WHERE {in_sites("o")}
"""
_OPEN_QUERY = "status__in=planned,released,in_progress,waiting_parts"
ORDER_STATUSES = {
    "planned": _("Planned"),
    "released": _("Released"),
    "in_progress": _("In progress"),
    "waiting_parts": _("Waiting for parts"),
}


def _orders(condition: str) -> str:
    return f"SELECT NULL, count(*), NULL, array_agg(o.id ORDER BY o.id) {_ORDERS} AND {condition}"


register(
    Measure(
        code="assets_down",
        title=_("Assets that stand still"),
        unit=Unit.COUNT,
        permission="maintenance.view_maintenanceorder",
        formula=_("Maintenance orders whose asset stands still now."),
        statement=_orders(
            "o.status <> 'cancelled' AND o.downtime_starts_at IS NOT NULL"
            " AND o.downtime_ends_at IS NULL"
        ),
        behind=Behind(model="maintenance.MaintenanceOrder"),
        icon="report",
        is_alarm=True,
    ),
    Measure(
        code="maintenance_open",
        title=_("Maintenance open"),
        unit=Unit.COUNT,
        permission="maintenance.view_maintenanceorder",
        formula=_("Maintenance orders that are not done."),
        statement=_orders(_OPEN),
        behind=Behind(model="maintenance.MaintenanceOrder", query=_OPEN_QUERY),
        icon="build",
    ),
    Measure(
        code="maintenance_overdue",
        title=_("Maintenance overdue"),
        unit=Unit.COUNT,
        permission="maintenance.view_maintenanceorder",
        formula=_("Maintenance orders that are not done and were due before today."),
        statement=_orders(f"{_OPEN} AND o.due_on < %(today)s"),
        behind=Behind(
            model="maintenance.MaintenanceOrder", query=f"{_OPEN_QUERY}&due_on__lt={{today}}"
        ),
        icon="event_busy",
        is_alarm=True,
    ),
    Measure(
        code="maintenance_requests_new",
        title=_("Requests to look at"),
        unit=Unit.COUNT,
        permission="maintenance.view_maintenancerequest",
        formula=_("Maintenance requests that nobody approved or rejected yet."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(r.id ORDER BY r.id)
  FROM maintenance_maintenancerequest r JOIN company c ON c.id = r.company_id
 WHERE {in_sites("r")} AND r.status = 'new'
""",  # noqa: S608 - constants only
        behind=Behind(model="maintenance.MaintenanceRequest", query="status__exact=new"),
        icon="campaign",
        is_alarm=True,
    ),
    Worklist(
        code="maintenance_next",
        title=_("Maintenance due next"),
        permission="maintenance.view_maintenanceorder",
        model="maintenance.MaintenanceOrder",
        statement=f"""
SELECT o.id, o.number || ' ' || o.title, o.status, o.due_on, NULL::numeric
  {_ORDERS} AND {_OPEN}
 ORDER BY array_position(ARRAY['urgent', 'high', 'normal', 'low'], o.priority::text),
          o.due_on NULLS LAST, o.id LIMIT 8
""",
        empty=_("No maintenance is open. Plans order theirs by themselves."),
        names=ORDER_STATUSES,
    ),
)
