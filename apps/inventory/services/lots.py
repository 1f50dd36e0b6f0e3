"""Lots and serial numbers: made at receipt or production, held and released by quality."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company, require_reason, update_all
from apps.core.services.master_data import update_row
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import Lot
from apps.inventory.signals import lot_status_changing
from apps.masterdata.models import Item, Partner

LONGEST_CODE = 60
_FIELDS = (
    "id, version, created_at, updated_at, company_id, item_id, code, status, supplier_id,"
    " supplier_lot, made_on, expires_on, catch_weight"
)
# Known lots are read, the rest are made with their history, all in one statement. A lot that
# somebody else makes at the same time is waited for and returned (DO UPDATE), not made twice.
_FIND_OR_CREATE = f"""
WITH wanted AS (
  SELECT * FROM unnest(%(item)s::bigint[], %(code)s::text[], %(supplier)s::bigint[],
                       %(supplier_lot)s::text[], %(made_on)s::date[], %(expires_on)s::date[],
                       %(weight)s::numeric[])
         AS d(item_id, code, supplier_id, supplier_lot, made_on, expires_on, catch_weight)),
known AS (
  SELECT * FROM inventory_lot
   WHERE company_id = %(company)s AND (item_id, code) IN (SELECT item_id, code FROM wanted)),
made AS (
  INSERT INTO inventory_lot AS l
         (version, created_at, updated_at, status, company_id, item_id, code, supplier_id,
          supplier_lot, made_on, expires_on, catch_weight)
  SELECT 1, %(now)s, %(now)s, 'available', %(company)s, item_id, code, supplier_id,
         supplier_lot, made_on, expires_on, catch_weight
    FROM wanted WHERE (item_id, code) NOT IN (SELECT item_id, code FROM known)
   ORDER BY item_id, code
  ON CONFLICT (company_id, item_id, code) DO UPDATE SET code = l.code
  RETURNING {_FIELDS}, xmax = 0 AS is_new),
history AS (
  INSERT INTO inventory_historicallot
         ({_FIELDS}, history_date, history_type, history_user_id, history_change_reason)
  SELECT {_FIELDS}, updated_at, '+', %(by)s, NULL FROM made WHERE is_new)
SELECT {_FIELDS} FROM known UNION ALL SELECT {_FIELDS} FROM made
"""  # noqa: S608 - only our own column names are put in
_LOCK_BALANCES = """
SELECT id FROM inventory_stockbalance WHERE lot_id = ANY(%s)
 ORDER BY item_id, location_id, lot_id NULLS FIRST FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot or serial number to make, or to find when it is there already."""

    item: Item
    code: str
    supplier: Partner | None = None
    supplier_lot: str = ""
    made_on: Date | None = None
    expires_on: Date | None = None
    catch_weight: Decimal | None = None


def create_lots(company: Company, wanted: Sequence[NewLot], *, by: User) -> list[Lot]:
    """The lots ``wanted``, in order: those there are as they are, the rest made available.

    One statement however many; safe against others who make the same. An item's shelf life
    gives the expiry from ``made_on`` when none is said. Raises ``InvalidInput`` naming the row.
    """
    for row, one in enumerate(wanted):
        _check(company, one, row)
    if not wanted:
        return []
    distinct: dict[tuple[int, str], NewLot] = {}
    for one in wanted:
        distinct.setdefault((one.item.pk, one.code), one)
    with unit_of_work():
        found = _find_or_create(company, list(distinct.values()), by)
    return [found[one.item.pk, one.code] for one in wanted]


def _find_or_create(
    company: Company, wanted: Sequence[NewLot], by: User
) -> dict[tuple[int, str], Lot]:
    parameters = {
        "company": company.pk,
        "now": timezone.now(),
        "by": by.pk,
        "item": [one.item.pk for one in wanted],
        "code": [one.code for one in wanted],
        "supplier": [one.supplier.pk if one.supplier else None for one in wanted],
        "supplier_lot": [one.supplier_lot for one in wanted],
        "made_on": [one.made_on for one in wanted],
        "expires_on": [one.expires_on or _expiry(one) for one in wanted],
        "weight": [one.catch_weight for one in wanted],
    }
    found = {}
    for values in fetch_all(_FIND_OR_CREATE, parameters):
        lot = Lot(**dict(zip(_FIELDS.split(", "), values, strict=True)))
        lot._state.adding, lot._state.db = False, connection.alias
        found[lot.item_id, lot.code] = lot
    return found


def _expiry(one: NewLot) -> Date | None:
    if one.made_on is None or one.item.shelf_life_days is None:
        return None
    return one.made_on + timedelta(days=one.item.shelf_life_days)


def _check(company: Company, one: NewLot, row: int) -> None:
    require_company(company, row=row, item=one.item, supplier=one.supplier)
    if one.item.tracking == Item.Tracking.NONE:
        raise InvalidInput(
            "lot_not_wanted",
            _("{item} is not tracked by lot.").format(item=one.item.code),
            field="lot",
            row=row,
        )
    is_clean = one.code.strip() == one.code != "" and not any(
        unicodedata.category(letter) in ("Cc", "Cf") for letter in one.code
    )
    if not is_clean or len(one.code) > LONGEST_CODE:
        raise InvalidInput(
            "bad_lot_code",
            _("A lot has a code of 1 to {most} characters, without blanks at its ends.").format(
                most=LONGEST_CODE
            ),
            field="lot",
            row=row,
        )
    if one.supplier is not None and one.item.requires_supplier_lot and not one.supplier_lot.strip():
        raise InvalidInput(
            "supplier_lot_required",
            _("{item} needs the supplier's lot.").format(item=one.item.code),
            field="supplier_lot",
            row=row,
        )


def update_lot(
    lot: Lot, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Lot:
    """Change what is known of a lot: its supplier, the supplier's lot, its days."""
    fixed = sorted(set(values) & {"item", "code", "company", "status", "catch_weight"})
    if fixed:
        raise InvalidInput("read_only", _("This field can't be set."), field=fixed[0])
    require_company(lot.company, supplier=values.get("supplier"))
    return update_row(lot, values=values, by=by, version=version, reason=reason)


def hold_lots(lots: Sequence[Lot], *, reason: str, by: User) -> list[Lot]:
    """Nobody may issue or ship these lots until they are released."""
    return change_lot_status(lots, Lot.Status.HOLD, reason=reason, by=by)


def quarantine_lots(lots: Sequence[Lot], *, reason: str, by: User) -> list[Lot]:
    """Set these lots apart until they are inspected."""
    return change_lot_status(lots, Lot.Status.QUARANTINE, reason=reason, by=by)


def reject_lots(lots: Sequence[Lot], *, reason: str, by: User) -> list[Lot]:
    """These lots are unfit; they keep their value until they are scrapped or sent back."""
    return change_lot_status(lots, Lot.Status.REJECTED, reason=reason, by=by)


def release_lots(lots: Sequence[Lot], *, reason: str, by: User) -> list[Lot]:
    """These lots may be issued and shipped again."""
    return change_lot_status(lots, Lot.Status.AVAILABLE, reason=reason, by=by)


def change_lot_status(
    lots: Sequence[Lot], status: str, *, reason: str, by: User, authority: Any = None
) -> list[Lot]:
    """Give ``lots`` a status, with the reason in their history; three statements however many.

    Waits for postings of their stock that are under way, and later ones see the status.
    ``authority`` is the document that decides it, None when it is done by hand. Raises
    ``BusinessError`` for a lot that has the status already, or that another document holds.
    """
    reason = require_reason(reason)
    places = {lot.pk: row for row, lot in enumerate(lots)}
    with unit_of_work():
        # no key of a lot changes, and postings' references to it must not wait for us
        rows = list(Lot.objects.select_for_update(no_key=True).filter(pk__in=places).order_by("pk"))
        fetch_all(_LOCK_BALANCES, [sorted(places)])
        for lot in rows:
            if lot.status == status:
                raise BusinessError(
                    "same_status",
                    _("{lot} is {status} already.").format(
                        lot=lot, status=lot.get_status_display()
                    ),
                    field="status",
                    row=places[lot.pk],
                )
        lot_status_changing.send(Lot, lots=rows, status=status, authority=authority, by=by)
        for lot in rows:
            lot.status = status
        update_all(rows, "status", by=by, reason=reason)
    return sorted(rows, key=lambda lot: places[lot.pk])
