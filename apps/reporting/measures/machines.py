"""Figures of machines: what they do now, their stops and what those cost."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.finance import role_by_reason, role_cost
from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

#: The machines and the state each is in now.
_MACHINES = f"""
  SELECT m.id, m.code, m.name, i.state, i.starts_at, i.operation_id
    FROM masterdata_machine m JOIN company c ON c.id = m.company_id
    LEFT JOIN execution_machineinterval i ON i.machine_id = m.id AND i.ends_at IS NULL
   WHERE m.is_active AND {in_sites("m")}
"""  # noqa: S608 - constants only
_STOPS = f"""
  FROM execution_machineinterval i JOIN company c ON c.id = i.company_id
  JOIN masterdata_machine m ON m.id = i.machine_id AND {in_sites("m")}
 WHERE i.state = 'stopped'
"""
STATES = {
    "running": _("Running"),
    "setup": _("Set-up"),
    "stopped": _("Stopped"),
    "idle": _("Idle"),
    "off": _("Off"),
    "unknown": _("Not heard of"),
}


register(
    Measure(
        code="downtime_cost_month",
        title=_("Down-time cost this month"),
        unit=Unit.MONEY,
        permission="execution.view_machineinterval",
        formula=_("The down-time accounts of the income statement, from the first of the month."),
        statement=role_cost("downtime"),
        behind=Behind(
            model="execution.MachineInterval", query="state__exact=stopped&starts_at__gte={month}"
        ),
        icon="money_off",
        is_alarm=True,
    ),
    Measure(
        code="machines_running",
        title=_("Machines running"),
        unit=Unit.COUNT,
        permission="execution.view_machineinterval",
        formula=_("Active machines that are running or being set up now."),
        statement=f"""
SELECT NULL, count(*) FILTER (WHERE m.state IN ('running', 'setup')), count(*), NULL
  FROM ({_MACHINES}) m
""",  # noqa: S608 - constants only
        behind=Behind(model="masterdata.Machine", query="is_active__exact=1"),
        note=_("of {n} machines"),
        icon="settings_motion_mode",
    ),
    Measure(
        code="machines_stopped",
        title=_("Machines stopped"),
        unit=Unit.COUNT,
        permission="execution.view_machineinterval",
        formula=_("Machines that stand still now, by plan or not."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(m.id ORDER BY m.id)
  FROM ({_MACHINES}) m WHERE m.state = 'stopped'
""",  # noqa: S608 - constants only
        behind=Behind(model="masterdata.Machine"),
        icon="dangerous",
        is_alarm=True,
    ),
    Measure(
        code="stops_without_reason",
        title=_("Stops without a reason"),
        unit=Unit.COUNT,
        permission="execution.view_machineinterval",
        formula=_("Stops of the last seven days that nobody has given a reason."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(i.id ORDER BY i.id) {_STOPS}
   AND i.reason_id IS NULL AND i.starts_at > %(now)s::timestamptz - interval '7 days'
""",
        behind=Behind(
            model="execution.MachineInterval", query="state__exact=stopped&reason__isnull=True"
        ),
        icon="help",
        is_alarm=True,
    ),
    Measure(
        code="stop_hours_month",
        title=_("Unplanned stop hours this month"),
        unit=Unit.QUANTITY,
        permission="execution.view_machineinterval",
        formula=_("Hours that machines stood still without a planned reason this month."),
        statement=f"""
SELECT NULL, coalesce(round(sum(extract(epoch FROM least(coalesce(i.ends_at, %(now)s), %(now)s)
                - greatest(i.starts_at, %(month)s::timestamptz)))::numeric / 3600, 1), 0),
       count(*), array_agg(i.id ORDER BY i.id) {_STOPS}
   AND coalesce(i.ends_at, %(now)s) > %(month)s::timestamptz AND i.starts_at < %(now)s
   AND NOT EXISTS (SELECT FROM masterdata_reasoncode r WHERE r.id = i.reason_id AND r.is_planned)
""",  # noqa: S608 - constants only
        behind=Behind(
            model="execution.MachineInterval", query="state__exact=stopped&starts_at__gte={month}"
        ),
        note=_("{n} stops"),
        icon="timer_off",
        is_alarm=True,
    ),
    Chart(
        code="downtime_by_reason",
        title=_("Down-time cost by reason"),
        unit=Unit.MONEY,
        kind="rank",
        permission="execution.view_machineinterval",
        formula=_("The down-time accounts by reason, from the first of the month."),
        statement=role_by_reason("downtime"),
        empty=_("No unplanned stop was booked this month."),
        names={"none": _("No reason")},
    ),
    Chart(
        code="machine_states",
        title=_("Machines now"),
        unit=Unit.COUNT,
        kind="rank",
        permission="execution.view_machineinterval",
        formula=_("Active machines by the state they are in now."),
        statement=f"""
SELECT array_position(ARRAY['running', 'setup', 'stopped', 'idle', 'off', 'unknown'], state), state,
       'machines', count(*)
  FROM (SELECT coalesce(m.state, 'unknown') AS state FROM ({_MACHINES}) m) AS s GROUP BY state
""",  # noqa: S608 - constants only
        empty=_("No machine yet. Add the machines of your work centres."),
        names={**STATES, "machines": _("Machines")},
    ),
    Worklist(
        code="machines_now",
        title=_("Machines"),
        permission="execution.view_machineinterval",
        model="masterdata.Machine",
        statement=f"""
SELECT m.id, m.code || ' ' || m.name, coalesce(m.state, 'unknown'), NULL::date, NULL::numeric
  FROM ({_MACHINES}) m
 ORDER BY array_position(ARRAY['stopped', 'idle', 'setup', 'running'], m.state::text), m.code
 LIMIT 10
""",  # noqa: S608 - constants only
        empty=_("No machine yet. Add the machines of your work centres."),
        names=STATES,
    ),
)
