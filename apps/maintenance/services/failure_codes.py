"""The tree of failures: modes, their causes, what remedies those."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.maintenance.models import FailureCode
from apps.maintenance.trees import closes_on_itself


def create_failure_code(*, by: User, reason: str = "", **values: Any) -> FailureCode:
    """A new code. Raises ``InvalidInput`` for one below a code of the wrong kind."""
    with unit_of_work():
        check_failure_codes([FailureCode(**values)], company=values["company"])
        return create_row(FailureCode, values=values, by=by, reason=reason)


def update_failure_code(
    row: FailureCode, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> FailureCode:
    """Change a code. Raises ``InvalidInput`` when the tree would close on itself."""
    with unit_of_work():
        Company.objects.select_for_update(no_key=True).get(pk=row.company_id)
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_failure_codes([wanted], company=wanted.company)
        return update_row(row, values=values, by=by, reason=reason)


def check_failure_codes(rows: list[FailureCode], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row: a code above itself, or below the wrong kind."""
    known: dict[int, tuple[int | None, str]] = {
        pk: (parent_id, kind)
        for pk, parent_id, kind in FailureCode.objects.filter(company=company).values_list(
            "pk", "parent_id", "kind"
        )
    }
    known.update({row.pk: (row.parent_id, row.kind) for row in rows if row.pk is not None})
    parents = {pk: parent_id for pk, (parent_id, _kind) in known.items()}
    places = {row.pk: place for place, row in enumerate(rows) if row.pk is not None}
    for place, row in enumerate(rows):
        if row.pk is not None and closes_on_itself(row.pk, parents):
            raise InvalidInput(
                "circular",
                _("{code} would stand above itself.").format(code=row.code),
                field="parent",
                row=place,
            )
        if row.parent_id is not None and not _fits(row.kind, known[row.parent_id][1]):
            raise InvalidInput(
                "wrong_parent",
                _("Causes stand below modes, remedies below causes."),
                field="parent",
                row=place,
            )
    for pk, (parent_id, kind) in known.items():
        if parent_id in places and pk not in places and not _fits(kind, known[parent_id][1]):
            raise InvalidInput(
                "wrong_parent",
                _("Codes below it have another kind."),
                field="kind",
                row=places[parent_id],
            )


def _fits(kind: str, above: str) -> bool:
    return above in (kind, FailureCode.ABOVE[FailureCode.Kind(kind)])
