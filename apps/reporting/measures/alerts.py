"""What this app itself tells: alerts that are raised."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Measure, Unit, register

register(
    Measure(
        code="alerts_raised",
        title=_("My alerts"),
        unit=Unit.COUNT,
        permission="reporting.view_alertrule",
        formula=_("Alert rules raised now that are yours or tell you."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(r.id ORDER BY r.id)
  FROM reporting_alertrule r JOIN company c ON c.id = r.company_id
 WHERE r.is_active AND r.is_raised
   AND (r.owner_id = %(user_id)s
        OR EXISTS (SELECT FROM core_user u WHERE u.id = %(user_id)s AND u.email <> ''
                      AND lower(u.email) = ANY(string_to_array(r.recipients, ', '))))
""",
        behind=Behind(model="reporting.AlertRule", query="is_raised__exact=1"),
        icon="notifications_active",
        is_alarm=True,
    ),
)
