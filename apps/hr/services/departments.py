"""Departments: a tree whose every node has a cost object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_object
from apps.hr.models import Department

PREFIX = "DEP-"
LONGEST_CODE = 60 - len(PREFIX)


def create_department(*, company: Company, by: User, reason: str = "", **values: Any) -> Department:
    """A department with a cost object of its own (``DEP-<code>``).

    Raises ``InvalidInput`` for a circle or a code that leaves no room for the prefix.
    """
    row = Department(company=company, **values)
    check_departments([row], company=company)
    with unit_of_work():
        open_cost_objects([row], by=by)
        return row.save_by(by, reason=reason)


def update_department(
    row: Department, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Department:
    """Change a department; it may not end up below itself."""
    changed = Department.objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(changed, name, value)
    check_departments([changed], company=changed.company)
    return update_row(row, values=values, by=by, version=version, reason=reason)


def open_cost_objects(rows: Sequence[Department], *, by: User) -> None:
    """Give a cost object to departments that have none yet."""
    for row in rows:
        if row.cost_object_id is None:
            row.cost_object = open_cost_object(
                row.company,
                code=PREFIX + row.code,
                name=row.name,
                kind=CostObject.Kind.COST_CENTRE,
                by=by,
            )


def check_departments(rows: Sequence[Department], *, company: Company) -> None:
    """Raise ``InvalidInput`` (row named) for a department that stands above itself."""
    known = Department.objects.filter(company=company).values_list("code", "parent__code")
    parents: dict[str, str | None] = dict(known)
    for row in rows:
        parents[row.code] = row.parent.code if row.parent else None
    for place, row in enumerate(rows):
        if len(row.code) > LONGEST_CODE:
            raise InvalidInput(
                "too_long",
                _("A code has at most {n} characters.").format(n=LONGEST_CODE),
                field="code",
                row=place,
            )
        seen, above = {row.code}, parents.get(row.code)
        while above is not None:
            if above in seen:
                raise InvalidInput(
                    "circular",
                    _("{code} would stand above itself.").format(code=row.code),
                    field="parent",
                    row=place,
                )
            seen.add(above)
            above = parents.get(above)
