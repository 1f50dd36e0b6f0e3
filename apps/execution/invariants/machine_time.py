"""A machine is in one state at a time, and its stops stand in the books as they were."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

_INTERVALS = """
(SELECT id FROM django_content_type WHERE app_label = 'execution' AND model = 'machineinterval')
"""

register(
    Invariant(
        "machine-timeline-gapless",
        _("A machine's states follow each other without gap, from its first event to now"),
        """
        SELECT machine_id, id, starts_at, ends_at, next_starts_at FROM (
          SELECT machine_id, id, starts_at, ends_at,
                 lead(starts_at) OVER (PARTITION BY machine_id ORDER BY starts_at) AS next_starts_at
            FROM execution_machineinterval) t
         WHERE ends_at IS DISTINCT FROM next_starts_at
        """,
    ),
    Invariant(
        "stop-cost-complete",
        _("Every stop that ended was costed, and nothing else was"),
        """
        SELECT i.id, i.machine_id, i.state, i.starts_at, i.ends_at, i.lost_minutes
          FROM execution_machineinterval i
         WHERE (i.state = 'stopped' AND i.ends_at IS NOT NULL)
               IS DISTINCT FROM (i.lost_minutes IS NOT NULL AND i.hourly_rate IS NOT NULL)
            OR i.lost_minutes > round(extract(epoch FROM i.ends_at - i.starts_at) / 60, 6)
        """,
    ),
    Invariant(
        "stop-cost-amount",
        _("A stop costs its lost minutes at the machine's rate, to the cent"),
        """
        SELECT i.id, i.machine_id, i.lost_minutes, i.hourly_rate, i.entry_id,
               coalesce(p.amount, 0) AS posted, d.amount AS due
          FROM execution_machineinterval i
          JOIN core_company c ON c.id = i.company_id
          JOIN core_currency u ON u.code = c.currency_id
         CROSS JOIN LATERAL (
               SELECT round(coalesce(i.lost_minutes * i.hourly_rate, 0) / 60, u.decimal_places)
                   AS amount) d
          LEFT JOIN LATERAL (
               SELECT sum(l.amount) AS amount FROM finance_journalline l
                WHERE l.entry_id = i.entry_id AND l.amount > 0) p ON true
         WHERE d.amount <> coalesce(p.amount, 0)
        """,
    ),
    Invariant(
        "stop-cost-live",
        _("The entry of a stop stands until the stop is posted anew"),
        f"""
        SELECT e.company_id, e.number, e.source_id AS interval_id, i.entry_id
          FROM finance_journalentry e
          LEFT JOIN execution_machineinterval i ON i.id = e.source_id
          LEFT JOIN finance_journalentry r ON r.reverses_id = e.id
         WHERE e.source_type_id = {_INTERVALS} AND e.reverses_id IS NULL
           AND (r.id IS NULL) IS DISTINCT FROM (i.entry_id IS NOT DISTINCT FROM e.id)
        """,  # noqa: S608 - a constant
    ),
    Invariant(
        "counted-reports",
        _("A report made by machine counts says what the machine counted"),
        """
        SELECT machine_id, operation_id, max(report) AS report, sum(good) AS counted_good,
               max(reported_good) AS reported_good, sum(scrap) AS counted_scrap,
               max(reported_scrap) AS reported_scrap
          FROM (
            SELECT e.machine_id, e.operation_id, e.quantity_good AS good,
                   e.quantity_scrap AS scrap, r.number AS report,
                   r.quantity_good AS reported_good, r.quantity_scrap AS reported_scrap,
                   count(r.id) OVER (PARTITION BY e.machine_id, e.operation_id ORDER BY e.id DESC)
                       AS later_reports
              FROM execution_machineevent e
              JOIN execution_workorderoperation o ON o.id = e.operation_id AND o.is_counted
              LEFT JOIN execution_productionreport r ON r.event_id = e.id
             WHERE e.kind = 'count') t
         GROUP BY machine_id, operation_id, later_reports
        HAVING sum(good) IS DISTINCT FROM max(reported_good)
            OR sum(scrap) IS DISTINCT FROM max(reported_scrap)
        """,
    ),
    Invariant(
        "machine-output",
        _("The counts of each quarter of an hour are the sum of its events"),
        """
        WITH told AS (
          SELECT company_id, machine_id, operation_id,
                 date_bin('15 minutes', occurred_at, '2000-01-01T00:00Z') AS starts_at,
                 sum(quantity_good) AS good, sum(quantity_scrap) AS scrap
            FROM execution_machineevent WHERE kind = 'count' GROUP BY 1, 2, 3, 4)
        SELECT coalesce(o.machine_id, t.machine_id) AS machine_id,
               coalesce(o.starts_at, t.starts_at) AS starts_at, o.quantity_good, t.good,
               o.quantity_scrap, t.scrap
          FROM execution_machineoutput o
          FULL JOIN told t ON t.machine_id = o.machine_id AND t.starts_at = o.starts_at
           AND coalesce(t.operation_id, 0) = coalesce(o.operation_id, 0)
         WHERE (o.company_id, o.quantity_good, o.quantity_scrap)
               IS DISTINCT FROM (t.company_id, t.good, t.scrap)
        """,
    ),
)
