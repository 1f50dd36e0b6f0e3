"""Meters: read by hand or told by machines; a total never falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.sql import columns, execute, insert_rows
from apps.core.transactions import unit_of_work
from apps.maintenance.models import Asset, Meter, MeterReading, MeterTotal
from apps.masterdata.models import Machine

Kind = MeterReading.Kind
#: How far the clock of whoever reads may be ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)

# A total that another transaction changes is waited for and added to, so nothing is lost.
_TELL = """
WITH told AS (
  SELECT m.id AS meter_id, m.company_id, m.machine_id, w.at,
         CASE m.source WHEN 'machine_hours' THEN w.hours ELSE w.pieces * m.per_count END AS delta
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::timestamptz[])
         AS w(machine_id, pieces, hours, at)
    JOIN maintenance_meter m ON m.machine_id = w.machine_id AND m.company_id = %s
     AND m.is_active AND m.source <> 'manual'),
moved AS (
  INSERT INTO maintenance_metertotal AS t
         (company_id, meter_id, total, reading, added, told, told_most, read_at)
  SELECT company_id, meter_id, greatest(delta, 0), greatest(delta, 0), greatest(delta, 0), delta,
         greatest(delta, 0), at
    FROM told WHERE delta <> 0 ORDER BY meter_id
  ON CONFLICT (meter_id) DO UPDATE
     SET told = t.told + EXCLUDED.told,
         told_most = greatest(t.told_most, t.told + EXCLUDED.told),
         added = greatest(t.told + EXCLUDED.told - t.told_most, 0),
         total = t.total + greatest(t.told + EXCLUDED.told - t.told_most, 0),
         reading = t.total + greatest(t.told + EXCLUDED.told - t.told_most, 0),
         read_at = greatest(t.read_at, EXCLUDED.read_at)
  RETURNING t.meter_id, t.total, t.reading, t.added)
INSERT INTO maintenance_meterreading
       (company_id, source_type_id, source_id, created_at, created_by_id, meter_id, kind, read_at,
        reading, increment, total, note)
SELECT told.company_id, %s, told.machine_id, statement_timestamp(), %s, moved.meter_id, 'machine',
       told.at, moved.reading, moved.added, moved.total, ''
  FROM moved JOIN told ON told.meter_id = moved.meter_id WHERE moved.added > 0
"""


@dataclass(slots=True)
class MachineWork:
    """What a machine did since it last told: pieces, hours it ran (less when a late event says
    so), and the last moment of it."""

    at: datetime
    pieces: Decimal = ZERO
    hours: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class NewReading:
    """What a display shows. After a ``is_reset`` it counts from ``reading``; ``final_reading`` is
    what the old display showed last, when known."""

    meter: Meter
    reading: Decimal
    read_at: datetime
    is_reset: bool = False
    final_reading: Decimal | None = None
    note: str = ""


def record_counts(company: Company, work: Mapping[int, MachineWork], *, by: User) -> int:
    """Pass what machines (by key) did on to their meters; how many meters moved.

    One statement however many machines, and none for nothing. Part of the caller's transaction,
    which holds the machines' locks.
    """
    if not work:
        return 0
    rows = ((machine_id, did.pieces, did.hours, did.at) for machine_id, did in work.items())
    source = ContentType.objects.get_for_model(Machine).pk
    return execute(_TELL, [*columns(rows, 4), company.pk, source, by.pk])


def read_meters(
    company: Company, readings: Sequence[NewReading], *, by: User
) -> list[MeterReading]:
    """Write down what displays show, in order; the rows of the register.

    Raises ``InvalidInput`` naming the row: a meter that goes backwards without a reset or a
    roll-over, a time before the last reading or in the future, a meter that its machine tells.
    Nothing is written then.
    """
    with unit_of_work():
        totals = _lock_totals(company, [one.meter for one in readings])
        rows = [_step(one, totals[one.meter.pk], row, by) for row, one in enumerate(readings)]
        ids = insert_rows(MeterReading, rows, returning="id")
        for total in totals.values():
            total.save(update_fields=("total", "reading", "added", "read_at"))
    made = MeterReading.objects.in_bulk([row_id for (row_id,) in ids])
    return [made[row_id] for (row_id,) in ids]


def read_meter(
    meter: Meter,
    *,
    reading: Decimal,
    read_at: datetime | None = None,
    is_reset: bool = False,
    final_reading: Decimal | None = None,
    note: str = "",
    by: User,
) -> MeterReading:
    """``read_meters`` for one, now unless ``read_at`` says when."""
    one = NewReading(meter, reading, read_at or timezone.now(), is_reset, final_reading, note)
    return read_meters(meter.company, [one], by=by)[0]


def _lock_totals(company: Company, meters: Sequence[Meter]) -> dict[int, MeterTotal]:
    ids = sorted({meter.pk for meter in meters})
    MeterTotal.objects.bulk_create(
        [MeterTotal(company=company, meter_id=meter_id) for meter_id in ids], ignore_conflicts=True
    )
    rows = MeterTotal.objects.select_for_update().filter(meter_id__in=ids).order_by("meter_id")
    return {row.meter_id: row for row in rows}


def _step(one: NewReading, total: MeterTotal, row: int, by: User) -> dict[str, Any]:
    """Move ``total`` on by one reading; the row of the register."""
    _check_reading(one, total, row)
    kind, increment = _increment(one, total, row)
    total.added = increment
    total.total += increment
    total.reading = one.reading
    total.read_at = one.read_at
    return {
        "company_id": total.company_id,
        "source_type_id": ContentType.objects.get_for_model(Meter).pk,
        "source_id": one.meter.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "meter_id": one.meter.pk,
        "kind": kind,
        "read_at": one.read_at,
        "reading": one.reading,
        "increment": increment,
        "total": total.total,
        "note": one.note[:200],
    }


def _check_reading(one: NewReading, total: MeterTotal, row: int) -> None:
    meter = one.meter
    if meter.source != Meter.Source.MANUAL:
        raise BusinessError(
            "told_by_machine",
            _("{meter} is told by its machine.").format(meter=meter.code),
            field="meter",
            row=row,
        )
    for name, value in (("reading", one.reading), ("final_reading", one.final_reading)):
        if value is None:
            continue
        require_decimal(value, field=name, row=row, positive=False)
        if value < 0 or (meter.rolls_over_at is not None and value > meter.rolls_over_at):
            raise InvalidInput(
                "impossible_reading", _("The display can't show this."), field=name, row=row
            )
    if one.read_at.tzinfo is None:
        raise InvalidInput(
            "naive_time", _("Give the time with its zone."), field="read_at", row=row
        )
    if one.read_at > timezone.now() + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is yet to come."), field="read_at", row=row)
    if total.read_at is not None and one.read_at < total.read_at:
        raise InvalidInput(
            "before_last_reading",
            _("The meter was read at {time} already.").format(
                time=f"{total.read_at:%Y-%m-%d %H:%M}"
            ),
            field="read_at",
            row=row,
        )


def _increment(one: NewReading, total: MeterTotal, row: int) -> tuple[str, Decimal]:
    if one.is_reset:
        final = total.reading if one.final_reading is None else one.final_reading
        if final < total.reading:
            raise _backwards(total, row, "final_reading")
        return Kind.RESET, final - total.reading
    if one.final_reading is not None:
        raise InvalidInput(
            "no_reset", _("Only a reset has a final reading."), field="final_reading", row=row
        )
    if one.reading >= total.reading:
        return Kind.READING, one.reading - total.reading
    limit = one.meter.rolls_over_at
    # A roll-over of more than half the display is a slip of the pen.
    if limit is not None and (passed := limit - total.reading + one.reading) <= limit / 2:
        return Kind.ROLL_OVER, passed
    raise _backwards(total, row, "reading")


def _backwards(total: MeterTotal, row: int, field: str) -> InvalidInput:
    return InvalidInput(
        "meter_backwards",
        _("The meter stood at {reading}. If it was exchanged or reset, say so.").format(
            reading=f"{total.reading.normalize():f}"
        ),
        field=field,
        row=row,
    )


def create_meter(*, by: User, reason: str = "", **values: Any) -> Meter:
    """A new meter. Raises ``InvalidInput`` for one that a machine tells without a machine."""
    with unit_of_work():
        meter = Meter(**values)
        check_meters([meter], company=values["company"])
        return create_row(Meter, values=values | {"machine": meter.machine}, by=by, reason=reason)


def update_meter(
    row: Meter, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Meter:
    """Change a meter. What it measures, and where, stays once it was read."""
    with unit_of_work():
        wanted = lock(row, version=version)
        fixed = [n for n in ("asset", "kind") if n in values and values[n] != getattr(wanted, n)]
        if fixed and wanted.readings.exists():
            raise BusinessError(
                "has_readings",
                _("{meter} has readings; this stays.").format(meter=wanted.code),
                field=fixed[0],
            )
        for name, value in values.items():
            setattr(wanted, name, value)
        check_meters([wanted], company=wanted.company)
        values["machine"] = wanted.machine
        return update_row(row, values=values, by=by, reason=reason)


def check_meters(rows: list[Meter], *, company: Company) -> None:
    """Give those told by a machine the machine of their asset; raise for those that have none."""
    above: dict[int, tuple[int | None, int | None]] | None = None
    for place, row in enumerate(rows):
        if row.source == Meter.Source.MANUAL:
            row.machine = None
            continue
        if row.machine_id is not None:
            continue
        if above is None:
            above = {
                pk: (parent_id, machine_id)
                for pk, parent_id, machine_id in Asset.objects.filter(company=company).values_list(
                    "pk", "parent_id", "machine_id"
                )
            }
        row.machine = _machine_above(row.asset_id, above)
        if row.machine is None:
            raise InvalidInput(
                "no_machine",
                _("{asset} is no machine, nor part of one.").format(asset=row.asset.code),
                field="source",
                row=place,
            )


def _machine_above(
    asset_id: int | None, above: Mapping[int, tuple[int | None, int | None]]
) -> Machine | None:
    while asset_id is not None:
        parent_id, machine_id = above[asset_id]
        if machine_id is not None:
            return Machine.objects.get(pk=machine_id)
        asset_id = parent_id
    return None
