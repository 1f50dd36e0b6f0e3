"""What must hold between projects, the ledger, hours and invoices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_TYPE = "(SELECT id FROM django_content_type WHERE app_label = '{}' AND model = '{}')"
_SHEET = _TYPE.format("projects", "timesheet")
_LINE = _TYPE.format("finance", "invoiceline")

register(
    Invariant(
        "project-cost-objects",
        _("Each cost object of a project belongs to one node, and each node has its own"),
        """
        SELECT c.company_id, c.code, n.id AS node_id
          FROM finance_costobject c
          FULL JOIN projects_wbsnode n ON n.cost_object_id = c.id
         WHERE (c.kind = 'project') <> (n.id IS NOT NULL) OR c.id IS NULL
        """,
    ),
    Invariant(
        "project-labour",
        _("Approved hours are on their nodes' cost objects in the ledger, others are not"),
        f"""
        SELECT coalesce(h.timesheet_id, p.timesheet_id) AS timesheet_id,
               coalesce(h.cost_object_id, p.cost_object_id) AS cost_object_id,
               coalesce(h.amount, 0) AS approved, coalesce(p.amount, 0) AS posted
          FROM (SELECT l.timesheet_id, n.cost_object_id,
                       sum(l.amount + coalesce(l.machine_amount, 0)) AS amount
                  FROM projects_timesheetline l
                  JOIN projects_timesheet s ON s.id = l.timesheet_id AND s.status = 'approved'
                  JOIN projects_wbsnode n ON n.id = l.node_id GROUP BY 1, 2) AS h
          FULL JOIN (SELECT e.source_id AS timesheet_id, l.cost_object_id, sum(l.amount) AS amount
                       FROM finance_journalentry e
                       JOIN finance_journalline l ON l.entry_id = e.id
                       JOIN finance_costobject c ON c.id = l.cost_object_id AND c.kind = 'project'
                      WHERE e.source_type_id = {_SHEET} GROUP BY 1, 2) AS p
            ON p.timesheet_id = h.timesheet_id AND p.cost_object_id = h.cost_object_id
         WHERE coalesce(h.amount, 0) <> coalesce(p.amount, 0)
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "project-goods",
        _("Goods taken or received for a node are its cost in the ledger, at their value"),
        """
        SELECT coalesce(m.cost_object_id, l.cost_object_id) AS cost_object_id,
               coalesce(m.entry_id, l.entry_id) AS entry_id,
               coalesce(m.value, 0) AS moved, coalesce(l.amount, 0) AS posted
          FROM (SELECT m.entry_id, m.cost_object_id,
                       sum(CASE WHEN t.kind = 'project' THEN m.counter_value
                                ELSE -m.counter_value END) AS value
                  FROM inventory_stockmove m
                  JOIN projects_wbsnode n ON n.cost_object_id = m.cost_object_id
                  JOIN inventory_location f ON f.id = m.from_location_id
                  JOIN inventory_location t ON t.id = m.to_location_id
                 WHERE 'project' IN (f.kind, t.kind) AND m.entry_id IS NOT NULL
                 GROUP BY 1, 2) AS m
          FULL JOIN (SELECT l.entry_id, l.cost_object_id, sum(l.amount) AS amount
                       FROM finance_journalline l
                       JOIN projects_wbsnode n ON n.cost_object_id = l.cost_object_id
                      WHERE l.entry_id IN (
                            SELECT m.entry_id FROM inventory_stockmove m
                              JOIN inventory_location p ON p.kind = 'project'
                               AND p.id IN (m.from_location_id, m.to_location_id))
                      GROUP BY 1, 2) AS l
            ON l.entry_id = m.entry_id AND l.cost_object_id = m.cost_object_id
         WHERE coalesce(m.value, 0) <> coalesce(l.amount, 0)
        """,
    ),
    Invariant(
        "project-billed",
        _("What stands as billed is on a posted invoice that is not credited, at its amount"),
        f"""
        SELECT b.company_id, b.id AS billing_id, b.is_live, i.number, i.status,
               v.quantity, v.amount, m.amount AS milestone, h.hours
          FROM projects_projectbilling b
          JOIN finance_invoiceline v ON v.id = b.invoice_line_id
          JOIN finance_invoice i ON i.id = v.invoice_id
          LEFT JOIN projects_billingmilestone m ON m.id = b.milestone_id
          LEFT JOIN projects_timesheetline h ON h.id = b.timesheet_line_id
          LEFT JOIN LATERAL (
               SELECT sum(c.quantity) AS quantity FROM finance_invoiceline c
                 JOIN finance_invoice n ON n.id = c.invoice_id AND n.status = 'posted'
                WHERE c.source_type_id = {_LINE} AND c.source_id = v.id) AS c ON true
         WHERE b.is_live <> (i.status = 'posted' AND coalesce(c.quantity, 0) < v.quantity)
            OR b.is_live AND (v.amount <> m.amount OR v.quantity <> h.hours)
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "project-billings",
        _("Whatever an invoice bills of a project is on the project's list of billings"),
        f"""
        SELECT v.company_id, i.number, v.id AS invoice_line_id
          FROM finance_invoiceline v
          JOIN finance_invoice i ON i.id = v.invoice_id AND i.status = 'posted'
          LEFT JOIN projects_projectbilling b ON b.invoice_line_id = v.id
         WHERE b.id IS NULL AND v.source_type_id IN
               ({_TYPE.format("projects", "billingmilestone")},
                {_TYPE.format("projects", "timesheetline")})
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "project-baselines",
        _("A baseline is worth what its tasks are"),
        """
        SELECT b.company_id, b.project_id, b.sequence, b.planned_value,
               coalesce(sum(t.planned_value), 0) AS tasks
          FROM projects_baseline b LEFT JOIN projects_baselinetask t ON t.baseline_id = b.id
         GROUP BY b.id HAVING b.planned_value <> coalesce(sum(t.planned_value), 0)
        """,
    ),
    Invariant(
        "project-progress",
        _("A task is as complete as the last report about it says"),
        """
        SELECT t.company_id, t.project_id, t.code, t.percent_complete, p.percent
          FROM projects_task t
          LEFT JOIN LATERAL (SELECT percent FROM projects_taskprogress WHERE task_id = t.id
                              ORDER BY date DESC, id DESC LIMIT 1) AS p ON true
         WHERE t.percent_complete <> coalesce(p.percent, 0)
        """,
    ),
    Invariant(
        "project-places",
        _("Nodes, tasks, links and milestones stay within their project"),
        """
        SELECT 'node' AS what, n.id FROM projects_wbsnode n
          JOIN projects_wbsnode p ON p.id = n.parent_id AND p.project_id <> n.project_id
        UNION ALL
        SELECT 'task', t.id FROM projects_task t
          JOIN projects_wbsnode n ON n.id = t.node_id AND n.project_id <> t.project_id
        UNION ALL
        SELECT 'link', d.id FROM projects_taskdependency d
          JOIN projects_task a ON a.id = d.predecessor_id
          JOIN projects_task b ON b.id = d.successor_id AND b.project_id <> a.project_id
        UNION ALL
        SELECT 'milestone', m.id FROM projects_billingmilestone m
          JOIN projects_wbsnode n ON n.id = m.node_id AND n.project_id <> m.project_id
        """,
    ),
    Invariant(
        "project-hours",
        _("Nobody worked more than 24 hours on a day"),
        """
        SELECT l.company_id, l.employee_id, l.date, sum(l.hours) AS hours
          FROM projects_timesheetline l
          JOIN projects_timesheet s ON s.id = l.timesheet_id
           AND s.status IN ('draft', 'submitted', 'approved')
         GROUP BY 1, 2, 3 HAVING sum(l.hours) > 24
        """,
    ),
)
