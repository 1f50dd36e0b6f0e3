"""Which first steps are still to be done."""

from __future__ import annotations

from apps.core.sql import fetch_all
from apps.reporting.queries.scope import Asked
from apps.reporting.steps import STEPS, Step


def open_steps(asked: Asked) -> list[Step]:
    """The steps that the caller could do and nobody has done; one statement."""
    mine = [step for step in STEPS if asked.user.has_perm(step.permission)]
    if not mine:
        return []
    parts = " UNION ALL ".join(
        f"SELECT '{step.code}' WHERE EXISTS (SELECT FROM {step.table} WHERE {step.condition}"  # noqa: S608 - our own
        " AND company_id = ANY(%(companies)s::bigint[]))"
        for step in mine
    )
    done = {code for (code,) in fetch_all(parts, asked.parameters())}
    return [step for step in mine if step.code not in done]
