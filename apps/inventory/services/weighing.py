"""Pieces that are weighed one by one: what each holds, within what its item allows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import require_decimal
from apps.core.services.documents import update_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import Lot
from apps.masterdata.queries.catch_weights import CatchWeight, catch_weights


def weigh_lots(weighed: Sequence[tuple[Lot, Decimal]], *, by: User, reason: str = "") -> list[Lot]:
    """Note what pieces weigh, in the unit of their item's catch weight; the old weight stays in
    their history. Three statements however many.

    What moved before keeps the weight it moved with. Raises ``InvalidInput`` naming the row for an
    item that isn't weighed, ``BusinessError`` for a weight beyond the tolerance.
    """
    with unit_of_work():
        keys = [lot.pk for lot, _weight in weighed]
        rows = {
            lot.pk: lot
            for lot in Lot.objects.select_for_update(of=("self",), no_key=True)
            .select_related("item")
            .filter(pk__in=keys)
            .order_by("pk")
        }
        known = catch_weights(lot.item_id for lot in rows.values())
        for row, (lot, weight) in enumerate(weighed):
            item = rows[lot.pk].item
            check_weight(known.get(item.pk), item.code, weight, row=row)
            rows[lot.pk].catch_weight = weight
        update_all(list(rows.values()), "catch_weight", by=by, reason=reason)
    return [rows[key] for key in keys]


def check_weight(
    known: CatchWeight | None, item_code: str, weight: Decimal | None, *, row: int | None = None
) -> None:
    """Raise unless ``weight`` is what a piece of the item can weigh; None if it isn't weighed."""
    if known is None:
        if weight is not None:
            raise InvalidInput(
                "not_weighed",
                _("Pieces of {item} are not weighed.").format(item=item_code),
                field="catch_weight",
                row=row,
            )
        return
    if weight is None:
        raise InvalidInput(
            "weight_required",
            _("Say what each piece of {item} weighs, in {unit}.").format(
                item=item_code, unit=known.unit
            ),
            field="catch_weight",
            row=row,
        )
    require_decimal(weight, field="catch_weight", row=row)
    if not known.least <= weight <= known.most:
        raise BusinessError(
            "weight_out_of_range",
            _("A piece of {item} weighs {least} to {most} {unit}, not {weight}.").format(
                item=item_code,
                least=f"{known.least.normalize():f}",
                most=f"{known.most.normalize():f}",
                unit=known.unit,
                weight=f"{weight.normalize():f}",
            ),
            field="catch_weight",
            row=row,
            details={"least": str(known.least), "most": str(known.most)},
        )
