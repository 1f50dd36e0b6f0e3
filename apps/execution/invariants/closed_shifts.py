"""A closed shift made what its hand-over says, no more and no less."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "closed-shift-reports",
        _("The reports of a shift that was handed over are those that were signed"),
        """
        WITH signed AS (
          SELECT h.id, h.company_id, h.number, h.work_centre_id, h.starts_at, h.ends_at,
                 coalesce(sum((l.line ->> 'good')::numeric), 0) AS good,
                 coalesce(sum((l.line ->> 'scrap')::numeric), 0) AS scrap
            FROM execution_shifthandover h
            LEFT JOIN LATERAL jsonb_array_elements(h.content -> 'lines') AS l(line) ON true
           WHERE h.status = 'signed' GROUP BY h.id)
        SELECT s.company_id, s.number, s.good, s.scrap, coalesce(made.good, 0) AS reported_good,
               coalesce(made.scrap, 0) AS reported_scrap
          FROM signed s
          LEFT JOIN LATERAL (
               SELECT sum(r.quantity_good) AS good, sum(r.quantity_scrap) AS scrap
                 FROM execution_productionreport r
                 JOIN execution_workorderoperation o ON o.id = r.operation_id
                WHERE o.work_centre_id = s.work_centre_id AND r.status = 'posted'
                  AND r.reported_at >= s.starts_at AND r.reported_at < s.ends_at) made ON true
         WHERE (s.good, s.scrap) IS DISTINCT FROM (coalesce(made.good, 0), coalesce(made.scrap, 0))
        """,
    )
)
