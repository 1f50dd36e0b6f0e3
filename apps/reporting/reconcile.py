"""What must hold between investments, what was measured of them, alerts and deliveries."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "roi-benefit-is-the-move-from-the-baseline",
        _("The benefit of a measured month is what the figure moved from the case's baseline"),
        """
        SELECT c.company_id, c.number, m.month, m.actual, m.baseline, m.benefit
          FROM reporting_roimonth m JOIN reporting_roicase c ON c.id = m.case_id
         WHERE c.baseline IS DISTINCT FROM m.baseline OR m.month < c.starts_on
            OR m.benefit <> CASE c.good WHEN 'less' THEN m.baseline - m.actual
                                        ELSE m.actual - m.baseline END
        """,
    ),
    Invariant(
        "roi-flows-have-no-gap",
        _("An investment beyond its draft has a baseline and flows of the periods 0, 1, 2 …"),
        """
        SELECT c.company_id, c.number, c.status, count(f.id) AS flows, max(f.period) AS last
          FROM reporting_roicase c LEFT JOIN reporting_roiflow f ON f.case_id = c.id
         WHERE c.status IN ('approved', 'running', 'closed')
         GROUP BY c.id
        HAVING count(f.id) < 2 OR max(f.period) <> count(f.id) - 1 OR c.baseline IS NULL
        """,
    ),
    Invariant(
        "alert-state-is-its-last-event",
        _("A rule is raised exactly when its last event raised it"),
        """
        SELECT r.company_id, r.code, r.is_raised, e.kind
          FROM reporting_alertrule r
          LEFT JOIN LATERAL (SELECT e.kind FROM reporting_alertevent e
                              WHERE e.rule_id = r.id ORDER BY e.id DESC LIMIT 1) e ON true
         WHERE r.is_raised <> (coalesce(e.kind, 'cleared') = 'raised')
        """,
    ),
    Invariant(
        "report-delivery-has-its-job",
        _("A delivery has its job, and what was sent its file"),
        """
        SELECT s.company_id, s.code, d.due_at, d.sent_at, s.next_due_at
          FROM reporting_reportdelivery d JOIN reporting_reportschedule s ON s.id = d.schedule_id
         WHERE d.job_id IS NULL OR (d.sent_at IS NOT NULL AND d.file_name = '')
        """,
    ),
)
