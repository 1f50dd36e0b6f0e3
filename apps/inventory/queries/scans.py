"""What a scan means: a GS1 symbol, a link, or a code of anything the company has."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.inventory.models import Location, Lot, Package
from apps.inventory.queries.packages import scanned_packages
from apps.masterdata.gs1.elements import Element, check_content, parse_bracketed, parse_scanned
from apps.masterdata.gs1.links import is_link, parse_link
from apps.masterdata.gs1.scans import read_scan
from apps.masterdata.models import Item, ItemBarcode, ItemUnit, Unit
from apps.masterdata.queries.catch_weights import catch_weights

LONGEST_SCAN = 300
#: How many of one code are shown.
MOST = 20
_GTINS = ("01", "02", "03")
_SSCC = "00"
_EXPIRY, _LOT, _SERIAL, _COUNT, _PIECES = "17", "10", "21", "30", "37"
_NET_WEIGHT = "310"


@dataclass(slots=True)
class Scanned:
    """What ``text`` says, and what it is of ours.

    ``quantity`` is in ``unit`` (None: as the symbol says, without a unit of ours). What a symbol
    says that a weighed piece weighs is its ``weight`` in kilograms, and the quantity counts pieces.
    """

    text: str
    symbol: str = ""
    elements: tuple[Element, ...] = ()
    item: Item | None = None
    unit: Unit | None = None
    lot_code: str = ""
    lot: Lot | None = None
    quantity: Decimal | None = None
    weight: Decimal | None = None
    expires_on: Date | None = None
    items: list[Item] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    locations: list[Location] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)

    @property
    def is_expired(self) -> bool:
        expires_on = self.expires_on or (self.lot.expires_on if self.lot else None)
        return expires_on is not None and expires_on < timezone.localdate()


def read_scanned(company: Company, text: str, *, user: User) -> Scanned:
    """What was scanned or typed, of what ``user`` may see. Texts that are nothing have no rows.

    Raises ``InvalidInput`` for a symbol that can't be right (``gs1_content`` for a wrong check
    digit), ``BusinessError`` ``wrong_lot`` for a lot of another item than the symbol says.
    """
    text = text.strip()[:LONGEST_SCAN]
    if not text:
        raise InvalidInput("required", _("Scan or type something."), field="scan")
    symbol, plain, elements = _elements(text)
    found = Scanned(text=plain, symbol=symbol, elements=tuple(elements))
    if elements:
        _read_elements(company, found, user)
    else:
        _read_code(company, found, user)
    return found


def scanned_items(company: Company, code: str) -> list[tuple[Item, Unit | None]]:
    """Items that ``code`` names, by their own code or a barcode, with the unit of the barcode."""
    gtin = code.zfill(14) if code.isascii() and code.isdigit() and len(code) <= 14 else code
    rows: list[tuple[Item, Unit | None]] = [
        (row.item, row.unit)
        for row in ItemBarcode.objects.filter(company=company, code__in={code, gtin})
        .select_related("item__unit", "unit")
        .order_by("pk")[:MOST]
    ]
    rows += [
        (row.item, row.unit)
        for row in ItemUnit.objects.filter(company=company, gtin=gtin)
        .select_related("item__unit", "unit")
        .order_by("pk")[:MOST]
    ]
    own = Item.objects.filter(company=company, code__iexact=code).select_related("unit")
    rows += [(item, None) for item in own.order_by("pk")[:MOST]]
    return list({item.pk: (item, unit) for item, unit in reversed(rows)}.values())[::-1]


def _elements(text: str) -> tuple[str, str, list[Element]]:
    """(symbol, text without what only the scanner says, elements if it has any)."""
    if text.startswith("]"):
        scan = read_scan(text)
        if scan.elements:
            return scan.symbol, scan.text, list(scan.elements)
        text = scan.text
    if text.startswith("(") and text[1:3].isdigit():
        elements = parse_bracketed(text)
        check_content(elements)
        return "", text, elements
    if is_link(text):
        try:
            return "", text, parse_link(text)
        except InvalidInput:  # another address: one of ours carries the code it means
            return "", _code_of_link(text), []
    if "\x1d" in text:
        return "", text, parse_scanned(text)
    return "", text, []


def _code_of_link(address: str) -> str:
    try:
        asked = parse_qs(urlsplit(address).query)
    except ValueError:
        return address
    return next((asked[name][0] for name in ("scan", "asset", "code") if name in asked), address)


def _read_elements(company: Company, found: Scanned, user: User) -> None:
    values = {one.code: one.value for one in found.elements}
    if _SSCC in values:
        found.packages = scanned_packages(company, values[_SSCC], user=user)
    gtin = next((values[code] for code in _GTINS if code in values), "")
    if gtin:
        for item, unit in scanned_items(company, gtin)[:1]:
            found.item, found.unit, found.items = item, unit, [item]
    found.lot_code = values.get(_LOT) or values.get(_SERIAL) or ""
    if _EXPIRY in values:
        found.expires_on = _day(values[_EXPIRY])
    found.weight = _net_weight(values)
    counted = next((Decimal(values[code]) for code in (_COUNT, _PIECES) if code in values), None)
    is_weighed = found.weight is not None and _is_weighed(found.item)
    found.quantity = (counted or Decimal(1)) if is_weighed else (counted or found.weight)
    if found.lot_code:
        lots = _lots(company, found.lot_code)
        found.lots = [lot for lot in lots if found.item is None or lot.item_id == found.item.pk]
        if lots and not found.lots:
            raise BusinessError(
                "wrong_lot",
                _("{lot} is a lot of {other}, not of {item}.").format(
                    lot=found.lot_code,
                    other=lots[0].item.code,
                    item=found.item.code if found.item else "",
                ),
                field="scan",
            )
        found.lot = found.lots[0] if len(found.lots) == 1 else None


def _read_code(company: Company, found: Scanned, user: User) -> None:
    if not found.text.isprintable():
        return
    named = scanned_items(company, found.text)
    found.items = [item for item, _unit in named]
    if len(named) == 1:
        [(found.item, found.unit)] = named
    found.lots = _lots(company, found.text)
    if len(found.lots) == 1:
        [found.lot] = found.lots
        found.lot_code = found.lot.code
        found.item = found.item or found.lot.item
    places = Location.objects.visible_to(user).filter(company=company, code__iexact=found.text)
    found.locations = list(places.filter(package=None).select_related("site")[:MOST])
    found.packages = scanned_packages(company, found.text, user=user)


def _lots(company: Company, code: str) -> list[Lot]:
    rows = Lot.objects.filter(Q(code=code) | Q(supplier_lot=code), company=company)
    return list(rows.select_related("item__unit").order_by("-pk")[:MOST])


def _is_weighed(item: Item | None) -> bool:
    return item is not None and item.pk in catch_weights([item.pk])


def _net_weight(values: dict[str, str]) -> Decimal | None:
    for code, value in values.items():
        if code.startswith(_NET_WEIGHT):  # the last digit says how many decimals
            return Decimal(value).scaleb(-int(code[3]))
    return None


def _day(text: str) -> Date:
    """YYMMDD; a day 00 is the last of its month. Years lie within fifty of today's (GS1 7.12)."""
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    today = timezone.localdate().year
    year += today - today % 100
    year += 100 if year < today - 49 else -100 if year > today + 50 else 0
    return Date(year, month, day or calendar.monthrange(year, month)[1])
