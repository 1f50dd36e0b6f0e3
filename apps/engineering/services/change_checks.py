"""What a line of an engineering change must be: a new draft of the item in place of the old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.services.documents import require_company
from apps.engineering.models import BillOfMaterials, Disposition, EngineeringChange, Routing
from apps.engineering.models.status import DesignStatus
from apps.engineering.queries.requirements import released_design
from apps.engineering.services.freezing import require_free

if TYPE_CHECKING:
    from apps.engineering.services.changes import Change

Design = BillOfMaterials | Routing


def check_lines(
    company: Company, lines: Sequence[Change], *, change: EngineeringChange | None = None
) -> None:
    """Raise ``InvalidInput`` or ``BusinessError`` naming the row and field of a bad line."""
    seen: set[tuple[type[Design], int]] = set()
    for row, one in enumerate(lines):
        require_company(
            company,
            row=row,
            item=one.item,
            from_bom=one.from_bom,
            to_bom=one.to_bom,
            from_routing=one.from_routing,
            to_routing=one.to_routing,
        )
        _check_line(one, row)
        new = one.to_bom or one.to_routing
        assert new is not None  # noqa: S101 - checked just now
        if (type(new), new.pk) in seen:
            raise InvalidInput(
                "design_twice",
                _("{design} is here twice.").format(design=new),
                field=_field("to", new),
                row=row,
            )
        seen.add((type(new), new.pk))
    _require_of_no_other(lines, change)


def designs_before(
    lines: Sequence[Change],
) -> list[tuple[BillOfMaterials | None, Routing | None]]:
    """For each line the bill and the routing in force on the day before it begins."""
    return [released_design(one.item, on=one.effective_from - timedelta(days=1)) for one in lines]


def _check_line(one: Change, row: int) -> None:
    if (one.to_bom is None) == (one.to_routing is None):
        raise InvalidInput(
            "one_design", _("Name a new bill or a new routing."), field="to_bom", row=row
        )
    new = one.to_bom or one.to_routing
    old = one.from_bom if one.to_bom else one.from_routing
    stray = one.from_routing if one.to_bom else one.from_bom
    if stray is not None:
        raise InvalidInput(
            "other_kind",
            _("A bill takes the place of a bill, a routing that of a routing."),
            field=_field("from", stray),
            row=row,
        )
    for word, design, status in (
        ("to", new, DesignStatus.DRAFT),
        ("from", old, DesignStatus.RELEASED),
    ):
        if design is None:
            continue
        if design.item_id != one.item.pk:
            raise InvalidInput(
                "wrong_design", _("This is for another item."), field=_field(word, design), row=row
            )
        if design.status != status:
            raise BusinessError(
                f"not_{status}",
                _("{design} is {status}.").format(
                    design=design, status=design.get_status_display()
                ),
                field=_field(word, design),
                row=row,
            )
    for name in ("stock_disposition", "wip_disposition"):
        if getattr(one, name) not in Disposition.values:
            raise InvalidInput(
                "invalid_choice", _("Choose one from the list."), field=name, row=row
            )


def _require_of_no_other(lines: Sequence[Change], change: EngineeringChange | None) -> None:
    boms = [one.to_bom for one in lines if one.to_bom is not None]
    routings = [one.to_routing for one in lines if one.to_routing is not None]
    require_free(boms, change=change, statuses=EngineeringChange.OPEN)
    require_free(routings, change=change, statuses=EngineeringChange.OPEN)


def _field(word: str, design: Design) -> str:
    return f"{word}_bom" if isinstance(design, BillOfMaterials) else f"{word}_routing"
