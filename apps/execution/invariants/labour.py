"""Labour by badge is in the books as the badges say."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "labour-by-badge",
        _("What somebody was badged on is booked by its report, and no more than passed"),
        """
        SELECT s.id, s.employee_id, s.minutes, r.labour_minutes, r.number
          FROM execution_labourspan s
          LEFT JOIN execution_productionreport r ON r.id = s.report_id
         WHERE (s.ends_at IS NULL) <> (s.minutes IS NULL)
            OR (s.minutes > 0 AND (r.id IS NULL OR r.labour_minutes <> s.minutes))
            OR s.minutes > round(extract(epoch FROM s.ends_at - s.starts_at) / 60, 6)
        """,
    ),
)
