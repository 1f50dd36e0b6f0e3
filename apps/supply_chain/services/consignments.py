"""Consignments: shipments of one customer that a carrier takes at once, until they are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.attachments import add_attachment
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Partner
from apps.supply_chain.models import (
    CarrierService,
    Consignment,
    ConsignmentShipment,
    DeliveryException,
    ProofOfDelivery,
    Shipment,
    ShipmentLine,
)
from apps.supply_chain.queries.freight import estimated_freight, gross_weight, package_count

SERIES = "supply_chain_consignment_series"
PREFIX = "CS"
CHANGEABLE = frozenset(
    {
        "date",
        "carrier",
        "service",
        "tracking_number",
        "country",
        "incoterm",
        "incoterm_place",
        "gross_weight",
        "package_count",
        "charge_amount",
    }
)
Status = Consignment.Status


@dataclass(frozen=True, slots=True)
class Found:
    """What was wrong with a line at delivery: ``quantity`` in stock units."""

    shipment_line: ShipmentLine
    kind: str
    quantity: Decimal
    note: str = ""


def plan_consignment(
    company: Company,
    *,
    shipments: Sequence[Shipment],
    date: Date,
    by: User,
    carrier: Partner | None = None,
    service: CarrierService | None = None,
    **values: Any,
) -> Consignment:
    """Put shipments of one customer together, weigh them, estimate the freight.

    Without a gross weight that of the packages, else of the goods. Raises ``InvalidInput`` or
    ``BusinessError`` naming the row: another customer or site, a shipment that goes with another
    consignment or is reversed.
    """
    if not shipments:
        raise InvalidInput("no_lines", _("Say what goes out."), field="shipments")
    for row, one in enumerate(shipments):
        require_company(company, row=row, shipment=one)
    with unit_of_work():
        rows = _locked(shipments)
        first = rows[0]
        for place, one in enumerate(rows):
            _check_shipment(first, one, place)
        values.setdefault("country", first.partner.country)
        consignment = Consignment(
            company=company,
            partner=first.partner,
            site=first.site,
            date=date,
            carrier=carrier or (service.carrier if service else first.carrier),
            service=service,
            created_by=by,
            **_known(values),
        )
        if consignment.gross_weight is None:
            consignment.gross_weight = gross_weight(rows) or None
        if consignment.package_count is None:
            consignment.package_count = package_count(rows) or None
        _check(consignment)
        _estimate(consignment)
        consignment.number = next_number(SERIES, PREFIX)
        insert_all([consignment], by=by)
        ConsignmentShipment.objects.bulk_create(
            ConsignmentShipment(company_id=company.pk, consignment=consignment, shipment=one)
            for one in rows
        )
    return consignment


def update_consignment(
    consignment: Consignment, *, by: User, version: int | None = None, **values: Any
) -> Consignment:
    """Change what is planned; the freight is estimated anew."""
    with unit_of_work():
        consignment = lock(consignment, version=version)
        require_status(consignment, Status.PLANNED)
        for name, value in _known(values).items():
            setattr(consignment, name, value)
        _check(consignment)
        _estimate(consignment)
        fields = ("freight_estimate", "freight_currency", *sorted(values))
        return update_all([consignment], *fields, by=by)[0]


def dispatch_consignment(
    consignment: Consignment,
    *,
    by: User,
    date: Date | None = None,
    tracking_number: str = "",
    version: int | None = None,
) -> Consignment:
    """The carrier has taken it; its shipments carry his name and number from now on.

    Raises ``BusinessError`` without a carrier.
    """
    with unit_of_work():
        consignment = lock(consignment, version=version)
        consignment.transition_to(Status.DISPATCHED)
        if consignment.carrier is None:
            raise BusinessError("no_carrier", _("Say who takes it."), field="carrier")
        consignment.date = date or consignment.date
        consignment.tracking_number = tracking_number.strip() or consignment.tracking_number
        shipments = _locked([part.shipment for part in consignment.parts.all()])
        for place, one in enumerate(shipments):
            _require_posted(one, place)
            one.carrier = consignment.carrier
            one.tracking_number = consignment.tracking_number or one.tracking_number
        update_all(shipments, "carrier", "tracking_number", by=by)
        return update_all([consignment], "status", "date", "tracking_number", by=by)[0]


def cancel_consignment(
    consignment: Consignment, *, reason: str, by: User, version: int | None = None
) -> Consignment:
    """It does not go like this: its shipments may go with another."""
    reason = require_reason(reason)
    with unit_of_work():
        consignment = lock(consignment, version=version)
        consignment.transition_to(Status.CANCELLED)
        consignment.parts.update(is_active=False)
        return update_all([consignment], "status", by=by, reason=reason)[0]


def deliver_consignment(
    consignment: Consignment,
    *,
    received_by: str,
    by: User,
    delivered_at: datetime | None = None,
    note: str = "",
    exceptions: Sequence[Found] = (),
    signature: File | None = None,
    version: int | None = None,
) -> ProofOfDelivery:
    """Keep the proof of delivery: who took it in, when, what was wrong; the signature as a file.

    Raises ``InvalidInput`` naming the row: nobody named, before it left or in the future, a line
    of another consignment, more than was shipped.
    """
    delivered_at = delivered_at or timezone.now()
    if not received_by.strip():
        raise InvalidInput("required", _("Say who took it in."), field="received_by")
    with unit_of_work():
        consignment = lock(consignment, version=version)
        consignment.transition_to(Status.DELIVERED)
        day = delivered_at.astimezone(consignment.site.zone).date()
        if day < consignment.date or delivered_at > timezone.now():
            raise InvalidInput(
                "bad_time",
                _("It can't be there before it left, or later than now."),
                field="delivered_at",
            )
        _check_exceptions(consignment, exceptions)
        file = None
        if signature is not None:
            file = add_attachment(consignment, name=signature.name or "", file=signature, by=by)
        proof = _write_proof(
            consignment,
            by,
            delivered_at=delivered_at,
            received_by=received_by.strip()[:100],
            note=note.strip(),
            signature_sha256=file.sha256 if file else "",
        )
        _write_exceptions(proof, exceptions, by)
        update_all([consignment], "status", by=by)
    return proof


def _known(values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a consignment: {sorted(unknown)}")
    return values


def _locked(shipments: Sequence[Shipment]) -> list[Shipment]:
    rows = Shipment.objects.select_for_update(of=("self",)).select_related(
        "partner", "site", "carrier"
    )
    return list(rows.filter(pk__in=[one.pk for one in shipments]).order_by("pk"))


def _check_shipment(first: Shipment, one: Shipment, place: int) -> None:
    _require_posted(one, place)
    if one.partner_id != first.partner_id or one.site_id != first.site_id:
        raise InvalidInput(
            "other_partner",
            _("{shipment} goes to another customer or from another site.").format(shipment=one),
            field="shipments",
            row=place,
        )
    if one.consignments.filter(is_active=True).exists():
        raise BusinessError(
            "consigned_before",
            _("{shipment} goes with another consignment.").format(shipment=one),
            field="shipments",
            row=place,
        )


def _require_posted(one: Shipment, place: int) -> None:
    if one.status != Shipment.Status.POSTED:
        raise BusinessError(
            "reversed",
            _("{shipment} is reversed.").format(shipment=one),
            field="shipments",
            row=place,
        )


def _check(consignment: Consignment) -> None:
    require_company(consignment.company, carrier=consignment.carrier, service=consignment.service)
    carrier, service = consignment.carrier, consignment.service
    if carrier is not None and not carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner", _("{partner} is no carrier.").format(partner=carrier), field="carrier"
        )
    if service is not None and (carrier is None or service.carrier_id != carrier.pk):
        raise InvalidInput(
            "other_carrier",
            _("{service} is another carrier's.").format(service=service.code),
            field="service",
        )
    country = consignment.country
    if country and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise InvalidInput(
            "bad_country", _("Two capital letters (ISO 3166), such as DE."), field="country"
        )
    for name in ("gross_weight", "charge_amount"):
        value = getattr(consignment, name)
        if value is not None:
            places = 4 if name == "charge_amount" else 6
            require_decimal(value, field=name, decimal_places=places)


def _estimate(consignment: Consignment) -> None:
    service, weight = consignment.service, consignment.gross_weight
    estimate = None
    if service is not None and weight is not None:
        estimate = estimated_freight(
            service, weight, country=consignment.country, day=consignment.date
        )
    consignment.freight_estimate = estimate
    consignment.freight_currency = None if estimate is None or service is None else service.currency


def _check_exceptions(consignment: Consignment, exceptions: Sequence[Found]) -> None:
    lines = {
        line.pk: line
        for line in ShipmentLine.objects.filter(
            shipment__consignments__consignment=consignment
        ).select_related("item")
    }
    wrong: dict[int, Decimal] = {}
    for row, one in enumerate(exceptions):
        require_decimal(one.quantity, field="quantity", row=row)
        if one.kind not in DeliveryException.Kind.values:
            raise InvalidInput(
                "unknown_kind", _("There is no such decision."), field="kind", row=row
            )
        line = lines.get(one.shipment_line.pk)
        if line is None:
            raise InvalidInput(
                "wrong_line",
                _("This line is not of {document}.").format(document=consignment),
                field="shipment_line",
                row=row,
            )
        wrong[line.pk] = wrong.get(line.pk, ZERO) + one.quantity
        if wrong[line.pk] > line.quantity:
            raise InvalidInput(
                "more_than_shipped",
                _("{item}: {quantity} were shipped.").format(
                    item=line.item.code, quantity=f"{line.quantity.normalize():f}"
                ),
                field="quantity",
                row=row,
            )


def _write_proof(consignment: Consignment, by: User, **values: Any) -> ProofOfDelivery:
    row = {
        "company_id": consignment.company_id,
        "source_type_id": ContentType.objects.get_for_model(Consignment).pk,
        "source_id": consignment.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "consignment_id": consignment.pk,
        **values,
    }
    [[key]] = insert_rows(ProofOfDelivery, [row], returning="id")
    return ProofOfDelivery.objects.get(pk=key)


def _write_exceptions(proof: ProofOfDelivery, exceptions: Sequence[Found], by: User) -> None:
    common = {
        "company_id": proof.company_id,
        "source_type_id": proof.source_type_id,
        "source_id": proof.source_id,
        "created_at": proof.created_at,
        "created_by_id": by.pk,
        "proof_id": proof.pk,
    }
    insert_rows(
        DeliveryException,
        [
            {
                **common,
                "shipment_line_id": one.shipment_line.pk,
                "kind": one.kind,
                "quantity": one.quantity,
                "note": one.note.strip(),
            }
            for one in exceptions
        ],
    )
