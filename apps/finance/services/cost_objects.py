"""Cost objects that other apps collect cost on: one per work order, project, machine."""

from __future__ import annotations

from apps.core.models import Company, User
from apps.finance.models import CostObject


def open_cost_object(
    company: Company, *, code: str, name: str, kind: CostObject.Kind, by: User
) -> CostObject:
    """A new cost object; the database refuses a ``code`` that the company has already."""
    return CostObject(company=company, code=code, name=name, kind=kind).save_by(by)
