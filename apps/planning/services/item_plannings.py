"""How items are planned: the rules that no CHECK can say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item
from apps.planning.models import ItemPlanning

LotRule = ItemPlanning.LotRule
Source = ItemPlanning.Source


def create_item_planning(
    company: Company, *, by: User, reason: str = "", **values: Any
) -> ItemPlanning:
    """Say how an item is planned at a site. Raises ``InvalidInput`` naming the field."""
    row = ItemPlanning(company=company, **values)
    check_item_plannings([row])
    with unit_of_work():
        return row.save_by(by, reason=reason)


def update_item_planning(
    row: ItemPlanning, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> ItemPlanning:
    with unit_of_work():
        row = lock(row, version=version)
        for name, value in values.items():
            setattr(row, name, value)
        check_item_plannings([row])
        return row.save_by(by, reason=reason)


def check_item_plannings(rows: Sequence[ItemPlanning]) -> None:
    """Raise ``InvalidInput`` naming row and field for planning that can't be right."""
    for number, row in enumerate(rows):
        found = _fault(row)
        if found is not None:
            code, text, field = found
            raise InvalidInput(code, text, field=field, row=number if len(rows) > 1 else None)
        require_company(row.company, item=row.item, site=row.site, source_site=row.source_site)


def _fault(row: ItemPlanning) -> tuple[str, str, str] | None:
    kind = row.item.kind
    faults = (
        (
            not row.item.is_stocked,
            ("not_stocked", _("Only items kept in stock are planned."), "item"),
        ),
        (
            row.lot_rule == LotRule.FIXED and row.lot_size <= 0,
            ("lot_size_required", _("A fixed lot needs its size."), "lot_size"),
        ),
        (
            row.lot_rule == LotRule.PERIOD and not row.period_days,
            ("period_required", _("Say how many days one order covers."), "period_days"),
        ),
        (
            row.lot_rule == LotRule.MULTIPLE and row.lot_minimum <= 0 and row.lot_multiple <= 0,
            ("lot_size_required", _("Give a minimum, a multiple or both."), "lot_multiple"),
        ),
        (
            row.source == Source.TRANSFER and row.source_site_id in (None, row.site_id),
            ("source_site_required", _("Name another site to transfer from."), "source_site"),
        ),
        (
            row.source != Source.TRANSFER and row.source_site_id is not None,
            ("no_transfer", _("Only a transfer comes from another site."), "source_site"),
        ),
        (
            row.source == Source.MAKE and kind != Item.Kind.MANUFACTURED,
            ("not_made", _("This item is not made here."), "source"),
        ),
        (
            not 0 <= row.scrap_percent < 100,
            ("bad_scrap", _("Scrap is 0 to less than 100 %."), "scrap_percent"),
        ),
    )
    return next((fault for is_wrong, fault in faults if is_wrong), None)
