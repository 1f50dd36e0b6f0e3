"""Shipping what was picked: a shipment for each customer, over as many lists as go together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_status
from apps.core.transactions import unit_of_work
from apps.inventory.models import Package, PickLine, PickList
from apps.inventory.queries.picks import reservations_of
from apps.inventory.services.pick_lists import close_shipped
from apps.masterdata.models import Partner
from apps.supply_chain.models import Shipment
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped


def ship_pick_list(
    pick_list: PickList,
    *,
    date: Date,
    by: User,
    carrier: Partner | None = None,
    tracking_number: str = "",
    version: int | None = None,
) -> list[Shipment]:
    """Send out what was picked for a list; packages that were closed go whole."""
    with unit_of_work():
        lock(pick_list, version=version)
        return ship_pick_lists(
            [pick_list], date=date, by=by, carrier=carrier, tracking_number=tracking_number
        )


def ship_pick_lists(
    pick_lists: Sequence[PickList],
    *,
    date: Date,
    by: User,
    carrier: Partner | None = None,
    tracking_number: str = "",
) -> list[Shipment]:
    """Send out what was picked for lists of one site: one shipment for each customer.

    Raises ``BusinessError``: ``wrong_status`` for one that is not picked, ``other_site``, and what
    shipping itself refuses (``over_shipment`` when the order was closed in the meantime).
    """
    if not pick_lists:
        raise InvalidInput("no_lines", _("Say what goes out."), field="lines")
    with unit_of_work():
        rows = PickList.objects.select_for_update(of=("self",)).select_related(
            "company", "site", "carrier"
        )
        locked = list(rows.filter(pk__in=[one.pk for one in pick_lists]).order_by("pk"))
        for row, one in enumerate(locked):
            require_status(one, PickList.Status.PICKED, PickList.Status.PACKED)
            if one.site_id != locked[0].site_id:
                raise BusinessError(
                    "other_site",
                    _("{pick_list} is of another site.").format(pick_list=one.number),
                    field="pick_lists",
                    row=row,
                )
        first = locked[0]
        going = _by_customer(locked)
        _lock_packages([line for _partner, lines in going for line in lines])
        shipments = [
            ship(
                first.company,
                partner=partner,
                site=first.site,
                lines=lines,
                date=date,
                carrier=carrier or first.carrier,
                tracking_number=tracking_number,
                by=by,
            )
            for partner, lines in going
        ]
        close_shipped(locked, by=by)
    return shipments


def _lock_packages(lines: Sequence[Shipped]) -> None:
    """Nobody opens a package while it goes out: documents before stock."""
    places = {line.location.pk for line in lines if line.location is not None}
    rows = Package.objects.select_for_update().filter(location__in=places)
    list(rows.order_by("pk").values_list("pk"))


def _by_customer(pick_lists: Sequence[PickList]) -> list[tuple[Partner, list[Shipped]]]:
    lines = {
        line.pk: line
        for line in PickLine.objects.filter(pick_list__in=pick_lists)
        .select_related("expected_move__partner")
        .order_by("pk")
    }
    found: dict[int, tuple[Partner, list[Shipped]]] = {}
    for held in reservations_of(lines.values()):
        line = lines[held.source_id]
        partner = line.expected_move.partner
        if partner is None:
            raise BusinessError(
                "no_partner",
                _("{line} is promised to nobody: it can't be shipped.").format(line=line),
                field="pick_lists",
            )
        _partner, shipped = found.setdefault(partner.pk, (partner, []))
        shipped.append(
            Shipped(
                line.expected_move,
                held.quantity,
                location=held.location,
                lot=held.lot,
                reserved_for=line,
            )
        )
    return [found[key] for key in sorted(found)]
