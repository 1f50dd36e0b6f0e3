"""The tree of reasons: one kind from root to leaf, and no reason above itself."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models import ReasonCode


def create_reason_code(*, by: Any, reason: str = "", **values: Any) -> ReasonCode:
    """A new reason. Raises ``InvalidInput`` when its parent is of another kind."""
    with unit_of_work():
        made = create_row(ReasonCode, values=values, by=by, reason=reason)
        check_tree([made], company=made.company)
    return made


def update_reason_code(
    row: ReasonCode, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ReasonCode:
    """Change a reason. Raises ``InvalidInput`` when the tree would close on itself."""
    with unit_of_work():
        # two moves at once could close a circle between them: one company, one at a time
        Company.objects.select_for_update().get(pk=row.company_id)
        lock(row, version=version)
        changed = update_row(row, values=values, by=by, version=version, reason=reason)
        check_tree([changed], company=changed.company)
    return changed


def check_tree(rows: list[ReasonCode], *, company: Company) -> None:
    """Raise ``InvalidInput`` for a reason above itself or of another kind than its parent.

    ``rows`` may be unsaved; they stand in for what the database has under their key.
    """
    tree: dict[int, tuple[Any, str]] = {
        pk: (parent_id, kind)
        for pk, parent_id, kind in ReasonCode.objects.filter(company=company).values_list(
            "pk", "parent_id", "kind"
        )
    }
    tree.update({row.pk: (row.parent_id, row.kind) for row in rows if row.pk is not None})
    for place, row in enumerate(rows):
        if row.parent_id is not None and tree[row.parent_id][1] != row.kind:
            raise InvalidInput(
                "other_kind",
                _("A reason has the kind of the reason above it."),
                field="parent",
                row=place,
            )
        seen = {row.pk} if row.pk is not None else set()
        above = row.parent_id
        while above is not None:
            if above in seen:
                raise InvalidInput(
                    "circular",
                    _("{reason} would stand above itself.").format(reason=row.code),
                    field="parent",
                    row=place,
                )
            seen.add(above)
            above = tree[above][0]
    _check_children(rows, tree)


def _check_children(rows: list[ReasonCode], tree: dict[int, tuple[Any, str]]) -> None:
    kinds = {row.pk: (place, row.kind) for place, row in enumerate(rows) if row.pk is not None}
    for parent_id, kind in tree.values():
        if parent_id in kinds and kinds[parent_id][1] != kind:
            raise InvalidInput(
                "other_kind",
                _("Reasons below it have another kind."),
                field="kind",
                row=kinds[parent_id][0],
            )
