"""Pick lists: written down, released with their stock set aside, given up, closed when shipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO
from apps.core.services.documents import (
    lock,
    require_company,
    require_reason,
    require_status,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import ExpectedMove, Location, PickLine, PickList
from apps.inventory.services.pick_demands import allocate_lines, locked_demands
from apps.inventory.services.reservations import (
    assign_reservations,
    release_reservations,
)
from apps.masterdata.models import Partner

Status = PickList.Status


@dataclass(frozen=True, slots=True)
class ToPick:
    """``quantity`` of a promise in stock units; all that is open of it when None."""

    expected_move: ExpectedMove
    quantity: Decimal | None = None


def draft_pick_list(
    company: Company,
    *,
    site: Site,
    staging: Location,
    lines: Sequence[ToPick],
    date: Date,
    by: User,
    carrier: Partner | None = None,
    priority: int = 5,
    held_until: datetime | None = None,
    note: str = "",
) -> PickList:
    """Write down what is to be picked: promises of one order, or of as many as wanted.

    Raises, naming the row: ``not_promised``, ``other_site``, ``over_pick`` for more than is open
    and on no other list. Nothing is set aside yet.
    """
    require_company(company, site=site, staging=staging, carrier=carrier)
    _check_header(site, staging, carrier)
    if not lines:
        raise InvalidInput("no_lines", _("Say what is to be picked."), field="lines")
    with unit_of_work():
        wanted = locked_demands(company, site, lines)
        pick_list = PickList(
            company=company,
            number=next_number("inventory_picklist_series", "PL"),
            site=site,
            staging=staging,
            date=date,
            carrier=carrier,
            priority=priority,
            held_until=held_until,
            note=note,
            created_by=by,
        ).save_by(by)
        PickLine.objects.bulk_create(
            [
                PickLine(
                    company=company,
                    pick_list=pick_list,
                    position=10 * (row + 1),
                    expected_move_id=promise.id,
                    item_id=promise.item_id,
                    quantity=quantity,
                )
                for row, (promise, quantity) in enumerate(wanted)
            ]
        )
    return pick_list


def draft_wave(
    company: Company,
    *,
    site: Site,
    staging: Location,
    until: Date,
    date: Date,
    by: User,
    partner: Partner | None = None,
    most_lines: int = 200,
    **header: Any,
) -> PickList:
    """A list of all that is due to go out of a site ``until`` a day and on no list yet.

    Raises ``BusinessError`` (``nothing_due``).
    """
    rows = ExpectedMove.objects.filter(
        company=company,
        site=site,
        direction=ExpectedMove.Direction.OUT,
        is_open=True,
        partner__isnull=False,
        due_date__lte=until,
    ).exclude(pick_lines__pick_list__status__in=(Status.DRAFT, *PickList.HOLDING))
    if partner is not None:
        rows = rows.filter(partner=partner)
    found = list(rows.order_by("due_date", "pk")[:most_lines])
    if not found:
        raise BusinessError(
            "nothing_due", _("Nothing is due that is on no list yet."), field="until"
        )
    return draft_pick_list(
        company,
        site=site,
        staging=staging,
        lines=[ToPick(row) for row in found],
        date=date,
        by=by,
        **header,
    )


def release_pick_list(
    pick_list: PickList, *, by: User, version: int | None = None, today: Date | None = None
) -> PickList:
    """Set stock aside for each line and say where it is to be taken, in walking order.

    What its promises had reserved before is used first; what is not there stays promised: a
    back-order for another list. Raises ``BusinessError`` (``insufficient_stock``) when there is
    nothing of any line, ``over_pick`` when a promise was served in the meantime.
    """
    with unit_of_work():
        pick_list = lock(pick_list, version=version, related=("company", "site"))
        pick_list.transition_to(Status.RELEASED)
        lines = list(pick_list.lines.select_related("item", "expected_move"))
        locked_demands(
            pick_list.company,
            pick_list.site,
            [ToPick(line.expected_move, line.quantity) for line in lines],
            pick_list=pick_list,
        )
        allocated = allocate_lines(pick_list, lines, by, today)
        if not allocated:
            raise BusinessError(
                "insufficient_stock", _("There is nothing of it to be picked."), field="lines"
            )
        pick_list.lines.all().delete()
        places = Location.objects.in_bulk({line.location_id for line, _id in allocated})
        for line, _reservation_id in allocated:
            line.location = places[line.location_id]
        allocated.sort(key=lambda one: _walk(one[0], places))
        for row, (line, _reservation_id) in enumerate(allocated):
            line.position = 10 * (row + 1)
        PickLine.objects.bulk_create([line for line, _reservation_id in allocated])
        assign_reservations([(key, line) for line, key in allocated], by=by)
        return pick_list.save_by(by)


def take_back_pick_list(pick_list: PickList, *, by: User, reason: str = "") -> PickList:
    """Make a released list, of which nothing is picked, a draft again; its stock is free."""
    with unit_of_work():
        pick_list = lock(pick_list, related=("company",))
        pick_list.transition_to(Status.DRAFT)
        lines = list(pick_list.lines.all())
        release_reservations(pick_list.company, lines, by=by)
        sums: dict[tuple[int, int], Decimal] = {}
        for line in lines:
            key = (line.expected_move_id, line.item_id)
            sums[key] = sums.get(key, ZERO) + line.quantity
        pick_list.lines.all().delete()
        PickLine.objects.bulk_create(
            [
                PickLine(
                    company_id=pick_list.company_id,
                    pick_list=pick_list,
                    position=10 * (row + 1),
                    expected_move_id=expected_move_id,
                    item_id=item_id,
                    quantity=quantity,
                )
                for row, ((expected_move_id, item_id), quantity) in enumerate(sums.items())
            ]
        )
        return pick_list.save_by(by, reason=reason)


def expire_pick_lists(*, now: datetime | None = None) -> int:
    """Take back the lists that hold stock longer than they may; how many.

    Each in the name of whoever wrote it: the time was his.
    """
    late = PickList.objects.filter(status=Status.RELEASED, held_until__lt=now or timezone.now())
    done = 0
    for pick_list in late.select_related("created_by").order_by("pk"):
        try:
            take_back_pick_list(pick_list, by=pick_list.created_by, reason=_("Not begun in time"))
            done += 1
        except BusinessError:  # somebody has begun with it meanwhile
            continue
    return done


def cancel_pick_list(
    pick_list: PickList, *, reason: str, by: User, version: int | None = None
) -> PickList:
    """Give a list up. What was picked stays where it is, free for others."""
    reason = require_reason(reason)
    with unit_of_work():
        pick_list = lock(pick_list, version=version, related=("company",))
        pick_list.transition_to(Status.CANCELLED)
        release_reservations(pick_list.company, pick_list.lines.all(), by=by)
        return pick_list.save_by(by, reason=reason)


def close_shipped(pick_lists: Iterable[PickList], *, by: User) -> list[PickList]:
    """What was picked has gone out. The caller holds the lists and has shipped their goods."""
    done = []
    for pick_list in pick_lists:
        require_status(pick_list, Status.PICKED, Status.PACKED)
        pick_list.transition_to(Status.SHIPPED)
        done.append(pick_list.save_by(by))
    return done


def _check_header(site: Site, staging: Location, carrier: Partner | None) -> None:
    if staging.kind != Location.Kind.INTERNAL or staging.site_id != site.pk:
        raise InvalidInput(
            "wrong_place",
            _("{place} is no place of {site}.").format(place=staging.code, site=site),
            field="staging",
        )
    if staging.is_quarantine:
        raise InvalidInput(
            "wrong_place",
            _("Nothing is shipped from {place}.").format(place=staging.code),
            field="staging",
        )
    if carrier is not None and not carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no carrier.").format(partner=carrier),
            field="carrier",
        )


def _walk(line: PickLine, places: Mapping[Any, Location]) -> tuple[Any, ...]:
    place = places[line.location_id]
    return (place.walk_order, place.code, line.item_id, line.lot_id or 0)
