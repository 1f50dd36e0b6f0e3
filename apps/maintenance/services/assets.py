"""Assets: the tree never closes on itself, and each can bear cost."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject, JournalLine
from apps.finance.services.cost_objects import open_cost_object
from apps.maintenance.models import Asset
from apps.maintenance.trees import closes_on_itself

LONGEST_CODE = 56


def create_asset(*, by: User, reason: str = "", **values: Any) -> Asset:
    """A new asset. Raises ``InvalidInput`` for a place it can't have."""
    with unit_of_work():
        check_assets([Asset(**values)], company=values["company"])
        return create_row(Asset, values=values, by=by, reason=reason)


def update_asset(
    row: Asset, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Asset:
    """Change an asset. Raises ``InvalidInput`` when the tree would close on itself."""
    with unit_of_work():
        # two moves at once could close a circle between them: one company, one at a time
        Company.objects.select_for_update(no_key=True).get(pk=row.company_id)
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_assets([wanted], company=wanted.company)
        return update_row(row, values=values, by=by, reason=reason)


def check_assets(rows: list[Asset], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row: an asset inside itself, a machine of another site.

    ``rows`` may be unsaved; they stand in for what the database has under their key.
    """
    parents: dict[int, int | None] = dict(
        Asset.objects.filter(company=company).values_list("pk", "parent_id")
    )
    parents.update({row.pk: row.parent_id for row in rows if row.pk is not None})
    bearing = _with_posted_cost(company, rows)
    for place, row in enumerate(rows):
        if row.pk in bearing and bearing[row.pk] != row.cost_object_id:
            raise BusinessError(
                "has_cost",
                _("Cost is posted on {asset}: its cost object stays.").format(asset=row.code),
                field="cost_object",
                row=place,
            )
        if row.pk is not None and closes_on_itself(row.pk, parents):
            raise InvalidInput(
                "circular",
                _("{asset} would be part of itself.").format(asset=row.code),
                field="parent",
                row=place,
            )
        if row.machine is not None and row.machine.site_id != row.site_id:
            raise InvalidInput(
                "other_site",
                _("{machine} stands at another site.").format(machine=row.machine.code),
                field="machine",
                row=place,
            )
        if row.work_centre is not None and row.work_centre.site_id != row.site_id:
            raise InvalidInput(
                "other_site",
                _("{centre} is at another site.").format(centre=row.work_centre.code),
                field="work_centre",
                row=place,
            )


def _with_posted_cost(company: Company, rows: list[Asset]) -> dict[int, int]:
    """The cost objects of those of ``rows`` on which maintenance has posted, by asset."""
    ids = [row.pk for row in rows if row.pk is not None]
    known = dict(
        Asset.objects.filter(company=company, pk__in=ids, cost_object__isnull=False).values_list(
            "pk", "cost_object_id"
        )
    )
    posted = set(
        JournalLine.objects.filter(cost_object__in=known.values())
        .values_list("cost_object_id", flat=True)
        .distinct()
    )
    return {pk: key for pk, key in known.items() if key in posted and key is not None}


def ensure_cost_object(asset: Asset, *, by: User) -> int:
    """The key of the asset's cost object; it is opened with the first cost."""
    if asset.cost_object_id is not None:
        return int(asset.cost_object_id)
    with unit_of_work():
        current = lock(asset)
        if current.cost_object_id is None:
            code = current.code if len(current.code) <= LONGEST_CODE else f"#{current.pk}"
            current.cost_object = open_cost_object(
                current.company,
                code=f"AST-{code}",
                name=current.name,
                kind=CostObject.Kind.ASSET,
                by=by,
            )
            current.save_by(by)
        asset.cost_object_id = current.cost_object_id
    return int(current.cost_object_id or 0)
