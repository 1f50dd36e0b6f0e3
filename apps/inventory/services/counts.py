"""Stock counts: planned, entered place by place, reviewed, posted as differences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.services.documents import (
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockCount, StockCountLine
from apps.inventory.queries.counts import balances_at
from apps.inventory.queries.packages import with_packages
from apps.masterdata.models import Item, ReasonCode

Status = StockCount.Status


@dataclass(frozen=True, slots=True)
class CountPlace:
    """Something to count: an item, and a lot where it is tracked, at a place."""

    item: Item
    location: Location
    lot: Lot | None = None


def plan_stock_count(
    company: Company,
    *,
    site: Site,
    date: Date,
    by: User,
    locations: Sequence[Location] = (),
    places: Sequence[CountPlace] = (),
    is_blind: bool = True,
    is_frozen: bool = False,
    reason: ReasonCode | None = None,
    note: str = "",
) -> StockCount:
    """A count of all that lies at ``locations``, and of ``places``. Nothing stops yet.

    Raises ``InvalidInput`` naming the row for a place of another site, or when there is nothing
    to count.
    """
    require_company(company, site=site, reason=reason)
    _require_reason_kind(reason)
    wanted = [*_lying_at(company, locations, site), *places]
    with unit_of_work():
        count = StockCount(
            company=company,
            number=next_number("inventory_stockcount_series", "SC"),
            site=site,
            date=date,
            is_blind=is_blind,
            is_frozen=is_frozen,
            reason=reason,
            note=note,
            created_by=by,
        ).save_by(by)
        _write_lines(count, wanted)
    return count


def change_stock_count(
    count: StockCount,
    *,
    by: User,
    version: int | None = None,
    places: Sequence[CountPlace] | None = None,
    date: Date | None = None,
    is_blind: bool | None = None,
    is_frozen: bool | None = None,
    reason: ReasonCode | None = None,
    note: str | None = None,
) -> StockCount:
    """Change a count that has not started; ``places`` replace all of its lines."""
    with unit_of_work():
        count = lock(count, version=version)
        require_status(count, Status.PLANNED)
        require_company(count.company, reason=reason)
        _require_reason_kind(reason)
        count.date = date or count.date
        count.reason = reason or count.reason
        count.note = count.note if note is None else note
        count.is_blind = count.is_blind if is_blind is None else is_blind
        count.is_frozen = count.is_frozen if is_frozen is None else is_frozen
        if places is not None:
            count.lines.all().delete()
            _write_lines(count, places)
        return count.save_by(by)


def start_stock_count(count: StockCount, *, by: User, version: int | None = None) -> StockCount:
    """Open the count. Its places may be in one open count only; a freezing one freezes them.

    Raises ``BusinessError`` (``location_frozen``) naming the place that is being counted already.
    """
    with unit_of_work():
        count = lock(count, version=version)
        count.transition_to(Status.COUNTING)
        places = _locked_places(count)
        if not places:
            raise InvalidInput("no_lines", _("There is nothing to count."), field="lines")
        _require_free(count, places)
        if count.is_frozen:
            _freeze(places, True, by)
        return count.save_by(by)


def finish_counting(count: StockCount, *, by: User, version: int | None = None) -> StockCount:
    """Hand the count over for review.

    Raises ``BusinessError`` (``not_counted``, ``must_recount``) naming the first line at fault.
    """
    with unit_of_work():
        count = lock(count, version=version)
        count.transition_to(Status.REVIEW)
        for row, line in enumerate(count.lines.select_related("item", "location", "lot")):
            if line.counted_quantity is None:
                raise BusinessError(
                    "not_counted",
                    _("{line} has not been counted.").format(line=line),
                    field="counted_quantity",
                    row=row,
                )
            if line.must_recount:
                raise BusinessError(
                    "must_recount",
                    _("{line} differs by more than is tolerated: count it again.").format(
                        line=line
                    ),
                    field="counted_quantity",
                    row=row,
                )
        return count.save_by(by)


def reopen_stock_count(
    count: StockCount, *, reason: str, by: User, version: int | None = None
) -> StockCount:
    """Send a count in review back to be counted again; what was entered stays until then."""
    reason = require_reason(reason)
    with unit_of_work():
        count = lock(count, version=version)
        count.transition_to(Status.COUNTING)
        return count.save_by(by, reason=reason)


def cancel_stock_count(count: StockCount, *, by: User, reason: str = "") -> StockCount:
    """Give a count up; its places are free again."""
    with unit_of_work():
        count = lock(count)
        was_open = count.status in StockCount.OPEN
        count.transition_to(Status.CANCELLED)
        if was_open:
            release_places(count, by=by)
        return count.save_by(by, reason=reason)


def release_places(count: StockCount, *, by: User) -> None:
    """Let stock move again at the places that ``count`` froze."""
    if count.is_frozen:
        _freeze(_locked_places(count), False, by)


def _lying_at(company: Company, locations: Sequence[Location], site: Site) -> list[CountPlace]:
    """What lies at ``locations`` and in the packages standing there."""
    require_all_of_site(company, locations, site)
    keys = with_packages(place.pk for place in locations)
    return [CountPlace(row.item, row.location, row.lot) for row in balances_at(company, keys)]


def require_all_of_site(company: Company, locations: Iterable[Location], site: Site) -> None:
    """Raise ``InvalidInput`` naming the row of a place that is not one of ours at ``site``."""
    for row, location in enumerate(locations):
        require_company(company, row=row, location=location)
        if location.site_id != site.pk or not location.is_physical:
            raise InvalidInput(
                "other_site",
                _("{place} is at another site.").format(place=location.code),
                field="location",
                row=row,
            )


def _write_lines(count: StockCount, places: Sequence[CountPlace]) -> None:
    if not places:
        raise InvalidInput("no_lines", _("There is nothing to count."), field="lines")
    require_all_of_site(count.company, [place.location for place in places], count.site)
    seen = set()
    lines = []
    for row, place in enumerate(places):
        require_company(count.company, row=row, item=place.item, lot=place.lot)
        check_lot(place.item, place.lot, row)
        key = (place.item.pk, place.location.pk, place.lot.pk if place.lot else None)
        if key in seen:
            raise InvalidInput("twice", _("This is in the count already."), field="item", row=row)
        seen.add(key)
        lines.append(
            StockCountLine(
                company=count.company,
                count=count,
                item=place.item,
                location=place.location,
                lot=place.lot,
            )
        )
    StockCountLine.objects.bulk_create(lines)


def check_lot(item: Item, lot: Lot | None, row: int) -> None:
    """Raise ``InvalidInput`` unless ``lot`` is what ``item`` is tracked by."""
    if lot is not None and lot.item_id != item.pk:
        raise InvalidInput("wrong_lot", _("The lot is of another item."), field="lot", row=row)
    if (item.tracking == Item.Tracking.NONE) == (lot is None):
        return
    if lot is None:
        text = _("{item} needs a lot or serial number.")
        raise InvalidInput("lot_required", text.format(item=item.code), field="lot", row=row)
    text = _("{item} is not tracked by lot.")
    raise InvalidInput("lot_not_wanted", text.format(item=item.code), field="lot", row=row)


def _locked_places(count: StockCount) -> list[Location]:
    """The places of a count and the packages standing there, locked from outside to inside."""
    rows = Location.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    level = list(rows.filter(pk__in=StockCountLine.objects.filter(count=count).values("location")))
    found: dict[int, Location] = {}
    while level:
        found.update({place.pk: place for place in level})
        inside = rows.filter(parent__in=level, package__isnull=False, is_active=True)
        level = list(inside.exclude(pk__in=found))
    return list(found.values())


def _require_free(count: StockCount, places: Sequence[Location]) -> None:
    busy = (
        StockCountLine.objects.filter(
            company=count.company, location__in=places, count__status__in=StockCount.OPEN
        )
        .exclude(count=count)
        .select_related("location", "count")
        .order_by("pk")
        .first()
    )
    frozen = next((place for place in places if place.is_frozen), None)
    if busy is None and frozen is not None:
        raise BusinessError(
            "location_frozen",
            _("{location} is being counted: nothing moves there until that is done.").format(
                location=frozen.code
            ),
            field="location",
        )
    if busy is not None:
        raise BusinessError(
            "location_frozen",
            _("{location} is being counted in {count}.").format(
                location=busy.location.code, count=busy.count.number
            ),
            field="location",
        )


def _freeze(places: Sequence[Location], frozen: bool, by: User) -> None:
    for place in places:
        place.is_frozen = frozen
    update_all(places, "is_frozen", by=by)


def _require_reason_kind(reason: ReasonCode | None) -> None:
    if reason is not None and reason.kind != ReasonCode.Kind.ADJUSTMENT:
        raise InvalidInput(
            "wrong_reason",
            _("{reason} is no reason of the kind “{kind}”.").format(
                reason=reason.code, kind=ReasonCode.Kind.ADJUSTMENT.label
            ),
            field="reason",
        )
