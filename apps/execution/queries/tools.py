"""Tools on machines, and how long they last: shots made since they were new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

from apps.core.sql import fetch_dicts

_MOUNTED = """
SELECT m.machine_id, m.starts_at AS since, t.id AS tool_id, t.code, t.name, t.cavities,
       t.life_shots, t.warning_shots, t.calibrated_until,
       (coalesce(l.pieces, 0) - coalesce(l.pieces_renewed, 0)) / t.cavities AS shots
  FROM execution_toolmounting m
  JOIN masterdata_tool t ON t.id = m.tool_id
  LEFT JOIN execution_toollife l ON l.tool_id = t.id
 WHERE m.machine_id = ANY(%s) AND m.starts_at <= %s AND (m.ends_at IS NULL OR m.ends_at > %s)
 ORDER BY m.machine_id, t.code
"""


@dataclass(frozen=True, slots=True)
class MountedTool:
    """A tool on a machine; ``shots`` since it was new or renewed."""

    machine_id: int
    since: datetime
    tool_id: int
    code: str
    name: str
    cavities: int
    life_shots: Decimal | None
    warning_shots: Decimal | None
    calibrated_until: Date | None
    shots: Decimal

    @property
    def is_worn(self) -> bool:
        return self.life_shots is not None and self.shots >= self.life_shots

    @property
    def is_near_its_end(self) -> bool:
        return self.warning_shots is not None and self.shots >= self.warning_shots


def mounted_tools(machine_ids: Iterable[int], *, at: datetime) -> list[MountedTool]:
    """The tools on these machines at a moment; one statement."""
    rows = fetch_dicts(_MOUNTED, [sorted(set(machine_ids)), at, at])
    return [MountedTool(**row) for row in rows]
