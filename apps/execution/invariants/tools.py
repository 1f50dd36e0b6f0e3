"""The life of a tool is what was made with it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register
from apps.execution.services.tool_wear import MADE

_MADE = MADE.format(
    machine="m.machine_id", since="m.starts_at", until="coalesce(m.ends_at, 'infinity')"
)

register(
    Invariant(
        "tool-life",
        _("A tool has made what was made on its machines while it was on them"),
        f"""
        SELECT t.id, t.code, coalesce(l.pieces, 0) AS pieces, sum(made.pieces) AS made
          FROM masterdata_tool t
          LEFT JOIN execution_toollife l ON l.tool_id = t.id
          LEFT JOIN execution_toolmounting m ON m.tool_id = t.id
          LEFT JOIN LATERAL ({_MADE}) AS made(pieces) ON m.id IS NOT NULL
         GROUP BY t.id, t.code, l.pieces
        HAVING coalesce(l.pieces, 0) <> coalesce(sum(made.pieces), 0)
        """,  # noqa: S608 - constants
    ),
)
