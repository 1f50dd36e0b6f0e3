"""When we can deliver, and why then: stock, receipts, else making or buying on the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, Site
from apps.core.money import ZERO, round_quantity
from apps.crm.promising import Available, Level, first_available, working_day_after
from apps.engineering.rollup import Structure
from apps.inventory.queries.expected import projected_availability
from apps.masterdata.models import Item
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import SiteCalendar

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Promise:
    """``date`` on which all of it can go out, and the reason in words."""

    date: Date
    reason: str


@dataclass(frozen=True, slots=True)
class _Plant:
    """All that promising reads, read once."""

    calendar: SiteCalendar
    today: Date
    levels: Mapping[int, Sequence[Level]]
    items: Mapping[int, Item]
    components: Mapping[int, Sequence[tuple[int, Decimal]]]

    def ready(self, start: Date, days: int) -> Date:
        """Raises ``BusinessError`` when the site's calendar has no such working day."""
        found = working_day_after(max(start, self.today), days, self._is_working)
        if found is None:
            raise BusinessError(
                "no_working_day",
                _("The calendar of the site has no working day to promise."),
                field="site",
            )
        return found

    def _is_working(self, day: Date) -> bool:
        if self.calendar.is_continuous:
            return day not in self.calendar.holidays
        return bool(self.calendar.spans_on(day))


def promise_dates(
    company: Company,
    site: Site,
    wanted: Sequence[tuple[Item, Decimal]],
    *,
    today: Date,
    structure: Structure,
) -> list[Promise]:
    """A promise for each (item, quantity in stock units), none at another's expense.

    ``structure`` (``engineering.queries.costs``) says what is made of what. Six statements
    however many lines.
    """
    plant = _read(company, site, [item for item, _quantity in wanted], today, structure)
    taken: dict[int, Decimal] = {}
    result = []
    for item, quantity in wanted:
        taken[item.pk] = taken.get(item.pk, ZERO) + quantity
        result.append(_promise(plant, item, taken[item.pk]))
    return result


def _read(
    company: Company, site: Site, items: Sequence[Item], today: Date, structure: Structure
) -> _Plant:
    kinds = {item.pk: item for item in items}
    below = {item.pk: _components(structure, item.pk, set()) for item in items}
    others = {key for parts in below.values() for key, _quantity in parts} - kinds.keys()
    kinds.update(Item.objects.in_bulk(others))
    # phantoms are never there: what they are made of is needed instead
    for _n in range(len(structure.components)):
        phantoms = {key for key, item in kinds.items() if item.kind == Item.Kind.PHANTOM}
        if not any(key in phantoms for parts in below.values() for key, _quantity in parts):
            break
        below = {
            item.pk: _blown(_components(structure, item.pk, phantoms), kinds) for item in items
        }
        missing = {key for parts in below.values() for key, _quantity in parts} - kinds.keys()
        kinds.update(Item.objects.in_bulk(missing))
    projections = projected_availability(company, kinds, site=site)
    levels = {
        key: [(None if one.date is None else one.date, one.available) for one in found]
        for key, found in projections.items()
    }
    return _Plant(calendar_of(site), today, levels, kinds, below)


def _components(
    structure: Structure, item_id: int, phantoms: set[int]
) -> list[tuple[int, Decimal]]:
    result: list[tuple[int, Decimal]] = []
    for component in structure.components.get(item_id, ()):
        if component.item_id in phantoms:
            result += [
                (key, component.quantity * quantity)
                for key, quantity in _components(structure, component.item_id, phantoms)
            ]
        else:
            result.append((component.item_id, component.quantity))
    return result


def _blown(
    parts: Sequence[tuple[int, Decimal]], items: Mapping[int, Item]
) -> list[tuple[int, Decimal]]:
    """Without services: nobody waits for them here."""
    return [
        (key, quantity)
        for key, quantity in parts
        if key not in items or items[key].kind != Item.Kind.SERVICE
    ]


def _promise(plant: _Plant, item: Item, quantity: Decimal) -> Promise:
    if item.kind == Item.Kind.PHANTOM:
        return _collected(plant, item, quantity)
    if not item.is_stocked:
        days = item.lead_time_days
        return _said(plant.ready(plant.today, days), _("a service; nothing has to be there"))
    there = first_available(plant.levels[item.pk], quantity)
    if there.is_covered and there.date is None:
        return _said(plant.ready(plant.today, 0), _("in stock"))
    made = _made(plant, item, quantity if there.is_covered else there.short)
    if there.is_covered and there.date is not None:
        comes = plant.ready(there.date, 0)
        if comes <= made.date:
            text = _("expected receipts cover it by {date}").format(date=_day(there.date))
            return _said(comes, text)
    return made


def _made(plant: _Plant, item: Item, short: Decimal) -> Promise:
    days = item.lead_time_days
    amount = f"{short.normalize():f}"
    if item.kind != Item.Kind.MANUFACTURED:
        text = _("{quantity} short: bought in {days} working days").format(
            quantity=amount, days=days
        )
        return _said(plant.ready(plant.today, days), text)
    start, waits_for = _material_day(plant, item, short)
    if waits_for:
        text = _(
            "{quantity} short: {component} is there on {date}, then {days} working days"
        ).format(quantity=amount, component=waits_for, date=_day(start), days=days)
    else:
        text = _("{quantity} short: material is there, made in {days} working days").format(
            quantity=amount, days=days
        )
    return _said(plant.ready(start, days), text)


def _collected(plant: _Plant, kit: Item, quantity: Decimal) -> Promise:
    """A kit is there with the last of its parts."""
    start, waits_for = _material_day(plant, kit, quantity)
    if waits_for:
        text = _("{component} of the kit is there on {date}").format(
            component=waits_for, date=_day(start)
        )
    else:
        text = _("every part of the kit is in stock")
    return _said(plant.ready(start, 0), text)


def _material_day(plant: _Plant, item: Item, quantity: Decimal) -> tuple[Date, str]:
    """The day from which every component of ``quantity`` is there, and which comes last if any."""
    start, waits_for = plant.today, ""
    for key, per_unit in plant.components.get(item.pk, ()):
        component = plant.items[key]
        if not component.is_stocked:
            continue
        there = first_available(plant.levels[key], round_quantity(quantity * per_unit))
        day = _component_day(plant, component, there)
        if day > start:
            start, waits_for = day, component.code
    return start, waits_for


def _component_day(plant: _Plant, component: Item, there: Available) -> Date:
    bought = plant.ready(plant.today, component.lead_time_days)
    if not there.is_covered:
        return bought
    if there.date is None:
        return plant.today
    return min(bought, max(there.date, plant.today))


def _said(day: Date, reason: str) -> Promise:
    return Promise(day, reason[:LONGEST_REASON])


def _day(day: Date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
