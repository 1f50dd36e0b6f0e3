"""Nonconformances: opened, contained, brought before the review board, closed, opened again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import (
    lock,
    require_company,
    require_reason,
    require_status,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockBalance
from apps.inventory.services.locking import lock_items
from apps.masterdata.models import Item, Partner, ReasonCode
from apps.quality.models import Inspection, Nonconformance, NonconformingLot
from apps.quality.services.holds import holds_elsewhere, set_status

Status = Nonconformance.Status


@dataclass(frozen=True, slots=True)
class Held:
    """What a nonconformance holds. ``blocks_lot``: by the lot's status, else by its place."""

    location: Location
    quantity: Decimal
    lot: Lot | None = None
    home: Location | None = None
    blocks_lot: bool = True


def open_nonconformance(
    company: Company,
    *,
    item: Item,
    title: str,
    by: User,
    held: Sequence[Held] = (),
    description: str = "",
    origin: str = Nonconformance.Origin.MANUAL,
    reason: ReasonCode | None = None,
    partner: Partner | None = None,
    inspection: Inspection | None = None,
    operation_sequence: int | None = None,
    blocks_start: bool = False,
    source: Any = None,
) -> Nonconformance:
    """Report what is wrong and hold it: its lots are rejected, nobody may use or ship them.

    Raises ``InvalidInput`` naming the row: more than lies there, a lot of another item, and stock
    without a lot that does not lie in quarantine (only a place can hold it).
    """
    require_company(company, item=item, reason=reason, partner=partner)
    if not title.strip():
        raise InvalidInput("title_required", _("Say what is wrong."), field="title")
    with unit_of_work():
        if held:
            lock_items(company, [item.pk])
        for row, one in enumerate(held):
            _check_held(company, item, one, row)
        ncr = Nonconformance(
            company=company,
            number=next_number("quality_nonconformance_series", "NCR"),
            origin=origin,
            title=title[:200],
            description=description,
            item=item,
            quantity=sum((one.quantity for one in held), ZERO),
            reason=reason,
            partner=partner,
            inspection=inspection,
            operation_sequence=operation_sequence,
            blocks_start=blocks_start,
            source_type=ContentType.objects.get_for_model(source) if source else None,
            source_id=source.pk if source else None,
            created_by=by,
        ).save_by(by)
        _hold(ncr, held, by)
    return ncr


def _check_held(company: Company, item: Item, one: Held, row: int) -> None:
    require_company(company, row=row, location=one.location, lot=one.lot)
    require_decimal(one.quantity, field="quantity", row=row)
    if one.lot is not None and one.lot.item_id != item.pk:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)
    if one.lot is None and item.tracking != Item.Tracking.NONE:
        raise InvalidInput(
            "lot_required",
            _("{item} needs a lot or serial number.").format(item=item.code),
            field="lot",
            row=row,
        )
    if one.lot is None and not one.location.is_quarantine:
        raise InvalidInput(
            "not_in_quarantine",
            _("Without a lot only a quarantine location can hold it. Bring it there first."),
            field="location",
            row=row,
        )
    balance = StockBalance.objects.filter(item=item, location=one.location, lot=one.lot).first()
    there = balance.quantity if balance else ZERO
    if one.quantity > there:
        raise BusinessError(
            "more_than_there",
            _("{there} lie there, {quantity} are said to be wrong.").format(
                there=f"{there.normalize():f}", quantity=f"{one.quantity.normalize():f}"
            ),
            field="quantity",
            row=row,
            details={"available": str(there)},
        )


def _hold(ncr: Nonconformance, held: Sequence[Held], by: User) -> None:
    lots = {one.lot.pk: one.lot for one in held if one.lot is not None and one.blocks_lot}
    before = dict(Lot.objects.filter(pk__in=lots).values_list("pk", "status"))
    rows = [
        NonconformingLot(
            company=ncr.company,
            nonconformance=ncr,
            lot=one.lot,
            location=one.location,
            home=one.home,
            quantity=one.quantity,
            status_before=_kept(before[one.lot.pk]) if one.lot and one.blocks_lot else "",
        )
        for one in held
    ]
    NonconformingLot.objects.bulk_create(rows)
    set_status(list(lots.values()), Lot.Status.REJECTED, authority=ncr, reason=ncr.title, by=by)


def _kept(status: str) -> str:
    """What a lot goes back to: quarantine was for the decision that has been taken now."""
    return Lot.Status.HOLD if status == Lot.Status.HOLD else Lot.Status.AVAILABLE


def change_nonconformance(
    ncr: Nonconformance, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Nonconformance:
    """Change what is said of it, while it is undecided."""
    allowed = {"title", "description", "reason_code", "partner", "blocks_start"}
    with unit_of_work():
        ncr = lock(ncr, version=version)
        require_status(ncr, *Nonconformance.UNDECIDED)
        for name, value in values.items():
            if name not in allowed:
                raise InvalidInput("read_only", _("This field can't be set."), field=name)
            setattr(ncr, "reason" if name == "reason_code" else name, value)
        require_company(ncr.company, reason=ncr.reason, partner=ncr.partner)
        return ncr.save_by(by, reason=reason)


def contain_nonconformance(ncr: Nonconformance, *, containment: str, by: User) -> Nonconformance:
    """Say what keeps it from spreading; what it holds stays held."""
    if not containment.strip():
        raise InvalidInput("containment_required", _("Say what was done."), field="containment")
    with unit_of_work():
        ncr = lock(ncr)
        ncr.transition_to(Status.CONTAINED)
        ncr.containment = containment.strip()
        return ncr.save_by(by)


def review_nonconformance(ncr: Nonconformance, *, by: User) -> Nonconformance:
    """Bring it before the material review board."""
    with unit_of_work():
        ncr = lock(ncr)
        if ncr.status not in (Status.OPEN, Status.CONTAINED):
            require_status(ncr, Status.OPEN, Status.CONTAINED)
        ncr.transition_to(Status.REVIEW)
        return ncr.save_by(by)


def close_nonconformance(ncr: Nonconformance, *, by: User) -> Nonconformance:
    """Nothing is left to do about it."""
    with unit_of_work():
        ncr = lock(ncr)
        ncr.transition_to(Status.CLOSED)
        return ncr.save_by(by)


def cancel_nonconformance(ncr: Nonconformance, *, reason: str, by: User) -> Nonconformance:
    """It was none after all: what it held goes back to what it was.

    Raises ``BusinessError`` when some of it is dispositioned already.
    """
    reason = require_reason(reason)
    with unit_of_work():
        ncr = lock(ncr)
        ncr.transition_to(Status.CANCELLED)
        if ncr.dispositions.filter(is_reversed=False).exists():
            raise BusinessError(
                "dispositioned",
                _("Some of it is dispositioned. Take that back first."),
                field="status",
            )
        if ncr.lots.filter(location__is_quarantine=True, home__isnull=False).exists():
            raise BusinessError(
                "in_quarantine",
                _("It lies in quarantine: decide to use it as it is instead."),
                field="status",
            )
        ncr.save_by(by, reason=reason)
        if ncr.lots.exists():
            lock_items(ncr.company, [ncr.item_id])
        restore_lots(ncr, list(ncr.lots.select_related("lot")), reason=reason, by=by)
    return ncr


def restore_lots(
    ncr: Nonconformance, rows: Sequence[NonconformingLot], *, reason: str, by: User
) -> None:
    """Give the lots of ``rows`` the status they had, where nothing else holds them."""
    wanted: dict[str, list[Lot]] = {}
    for row in rows:
        if row.lot is not None and row.status_before and not holds_elsewhere(row.lot, without=ncr):
            wanted.setdefault(row.status_before, []).append(row.lot)
    for status, lots in wanted.items():
        set_status(lots, status, authority=ncr, reason=reason, by=by)
