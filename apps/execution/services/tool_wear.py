"""What machines make wears the tools on them: counted in one statement for any number.

A count of a machine wears its tool unless it belongs to an operation that people report; then the
report does. So each piece wears once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from apps.core.sql import columns, execute

#: Machine, when, pieces (below zero: taken back).
Wear = tuple[int, datetime, Decimal]
_WEAR = """
INSERT INTO execution_toollife AS l (company_id, tool_id, pieces, pieces_renewed)
SELECT m.company_id, m.tool_id, sum(w.pieces), 0
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::numeric[]) AS w(machine_id, at, pieces)
  JOIN execution_toolmounting m ON m.machine_id = w.machine_id AND m.starts_at <= w.at
   AND (m.ends_at IS NULL OR m.ends_at > w.at)
 GROUP BY m.company_id, m.tool_id ORDER BY m.tool_id
ON CONFLICT (tool_id) DO UPDATE SET pieces = l.pieces + excluded.pieces
"""
#: What was made on a machine in a span: counts, and what people reported.
MADE = """
SELECT coalesce(sum(p.pieces), 0) FROM (
  SELECT e.quantity_good + e.quantity_scrap AS pieces
    FROM execution_machineevent e
    LEFT JOIN execution_workorderoperation o ON o.id = e.operation_id
   WHERE e.machine_id = {machine} AND e.kind = 'count' AND coalesce(o.is_counted, true)
     AND e.occurred_at >= {since} AND e.occurred_at < {until}
  UNION ALL
  SELECT r.quantity_good + r.quantity_scrap
    FROM execution_productionreport r
   WHERE r.machine_id = {machine} AND r.event_id IS NULL AND r.status = 'posted'
     AND r.reported_at >= {since} AND r.reported_at < {until}) p
"""


def wear_tools(worn: Sequence[Wear]) -> None:
    """Add pieces to the tools that were on their machines then. No statement for none."""
    if worn:
        execute(_WEAR, columns(worn, 3))
