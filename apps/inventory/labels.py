"""Labels of items, lots, places and packages: one content, as PDF and as ZPL.

What a symbol carries is checked as a scanner would check it, before it is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.codes import barcode_svg
from apps.core.errors import InvalidInput
from apps.core.pdf import pdf_of
from apps.core.printouts import assets, render_html
from apps.inventory.models import KanbanCard, Location, Lot, Package, StockBalance
from apps.inventory.queries.packages import contents_of
from apps.masterdata.gs1.elements import (
    SEPARATOR,
    Element,
    bracketed,
    check_elements,
    make_element,
    written,
)
from apps.masterdata.models import Item, ItemBarcode, Unit

#: Name → width and height in millimetres.
SIZES = {"100x60": (100, 60), "100x150": (100, 150), "70x35": (70, 35)}
MOST_LABELS = 500
#: Dots per millimetre of a printer of 203 dpi.
_DOTS = 8
_PLAIN_LENGTH = 40
#: Millimetres: the margin of a label; heights below and above which it is drawn otherwise.
_MARGIN, _SMALL, _LARGE = 3, 50, 100
_MOST_CONTENTS = 3
_NET_WEIGHT_END = 1_000_000
_MOST_ADDRESS = 6


@dataclass(frozen=True, slots=True)
class Label:
    """``title`` in large letters, ``lines`` below; a GS1 symbol of ``elements``, else ``code``."""

    company: str
    title: str
    lines: tuple[str, ...]
    code: str
    elements: tuple[Element, ...] = ()
    #: GS1-128 below the texts instead of a DataMatrix beside them: what logistics scan from afar.
    is_linear: bool = False

    @property
    def text(self) -> str:
        """What is printed below the symbol."""
        return bracketed(self.elements) if self.elements else self.code


def item_label(item: Item, *, unit: Unit | None = None) -> Label:
    """The label of an item, or of a ``unit`` of it that has a GTIN of its own."""
    gtin = _gtin(item, unit)
    elements = (make_element("01", gtin),) if gtin else ()
    lines = (item.name, (unit or item.unit).code)
    return _checked(Label(item.company.name, item.code, lines, item.code, elements))


def lot_label(lot: Lot, *, quantity: Decimal | None = None) -> Label:
    """The label of a lot or serial number, and of ``quantity`` pieces of it.

    Its GS1 symbol needs a GTIN of the item; without one it is the lot's own code.
    """
    item = lot.item
    is_serial = item.tracking == Item.Tracking.SERIAL
    lines = [f"{item.code} {item.name}"]
    if lot.expires_on:
        day = date_format(lot.expires_on, "SHORT_DATE_FORMAT")
        lines.append(_("expires on {day}").format(day=day))
    if quantity is not None:
        lines.append(f"{quantity.normalize():f} {item.unit.code}")
    unit = _weighed_in(lot)
    if unit is not None and lot.catch_weight is not None:
        lines.append(f"{lot.catch_weight.normalize():f} {unit.code}")
    gtin = _gtin(item, None)
    elements: list[Element] = []
    if gtin:
        elements.append(make_element("01", gtin))
        if unit is not None and unit.dimension == Unit.Dimension.MASS and lot.catch_weight:
            elements.append(_net_weight(lot.catch_weight, unit))
        if lot.expires_on:
            elements.append(make_element("17", f"{lot.expires_on:%y%m%d}"))
        if quantity is not None and quantity == quantity.to_integral_value():
            elements.append(make_element("30", f"{quantity.normalize():f}"))
        elements.append(make_element("21" if is_serial else "10", lot.code))
    label = Label(item.company.name, lot.code, tuple(lines), lot.code, tuple(elements))
    return _checked(label)


def _weighed_in(lot: Lot) -> Unit | None:
    """The unit that a weighed piece was weighed in."""
    if lot.catch_weight is None:
        return None
    row = lot.item.units.select_related("unit").filter(is_catch_weight=True).first()
    return None if row is None else row.unit


def _net_weight(weight: Decimal, unit: Unit) -> Element:
    """The net weight in kilograms: AI 310n, six digits, as many decimals as they leave room for."""
    kilograms = weight * unit.numerator / unit.denominator
    for places in (3, 2, 1, 0):
        digits = int(kilograms.scaleb(places).to_integral_value(ROUND_HALF_EVEN))
        if digits < _NET_WEIGHT_END:
            return make_element(f"310{places}", f"{digits:06d}")
    raise InvalidInput("too_heavy", _("A label has room for 999,999 kg."), field="lot")


def place_label(place: Location) -> Label:
    """The label of a place: its code, to be scanned."""
    site = place.site.name if place.site else ""
    return _checked(Label(place.company.name, place.code, (place.name, site), place.code))


def package_label(package: Package) -> Label:
    """The label of a package: its SSCC as GS1-128, or its number where it has none."""
    contents = contents_of([package])
    lines = [str(package.get_kind_display())]
    lines += [_content(row) for row in contents[:_MOST_CONTENTS]]
    if len(contents) > _MOST_CONTENTS:
        lines.append("…")
    if package.gross_weight is not None:
        lines.append(f"{package.gross_weight.normalize():f} kg")
    elements = (make_element("00", package.sscc),) if package.sscc else ()
    label = Label(package.company.name, package.plate, tuple(lines), package.plate, elements)
    return _checked(replace(label, is_linear=True))


def kanban_label(card: KanbanCard) -> Label:
    """The card of a kanban loop."""
    loop = card.loop
    lines = (
        f"{loop.quantity.normalize():f} {loop.item.unit.code}  {loop.item.name}",
        f"{loop.supply.code} → {loop.line.code}",
    )
    return _checked(Label(card.company.name, loop.item.code, lines, card.number))


def shipping_label(package: Package, *, to: str, reference: str = "", carrier: str = "") -> Label:
    """The label on what leaves the house: where it goes (lines of text), what for, its SSCC.

    Raises ``InvalidInput`` (``no_sscc``) for a package that has none.
    """
    if not package.sscc:
        raise InvalidInput(
            "no_sscc", _("{package} has no SSCC.").format(package=package.plate), field="package"
        )
    address = [line.strip() for line in to.splitlines() if line.strip()][:_MOST_ADDRESS]
    lines = [*address, *(text for text in (reference, carrier) if text)]
    elements = (make_element("00", package.sscc),)
    label = Label(package.company.name, "", tuple(lines), package.sscc, elements)
    return _checked(replace(label, is_linear=True))


def labels_pdf(labels: Sequence[Label], *, size: str = "100x60") -> bytes:
    """A page of that size for each label. Raises ``InvalidInput`` for an unknown size."""
    width, height = _size(size)
    _require_some(labels)
    context = {
        "width": width,
        "height": height,
        "inner": height - 2 * _MARGIN,
        "is_large": height > _LARGE,
        "labels": [
            (label, label.lines[: _lines_that_fit(label, height)], _symbol(label, height))
            for label in labels
        ],
    }
    html = render_html("inventory/printouts/labels.html", context, title=_("Labels"))
    return pdf_of(html, assets())


def labels_zpl(labels: Sequence[Label], *, size: str = "100x60") -> str:
    """The labels in the language of Zebra printers, UTF-8, 203 dpi."""
    width, height = _size(size)
    _require_some(labels)
    return "".join(_zpl(label, width * _DOTS, height * _DOTS) for label in labels)


def _content(row: StockBalance) -> str:
    lot = f" / {row.lot.code}" if row.lot else ""
    return f"{row.quantity.normalize():f} {row.item.unit.code} {row.item.code}{lot}"


def _gtin(item: Item, unit: Unit | None) -> str:
    wanted = None if unit is None or unit.pk == item.unit_id else unit.pk
    rows = ItemBarcode.objects.filter(item=item, kind=ItemBarcode.Kind.GTIN)
    found = {row.unit_id: row.code for row in rows.order_by("-pk")}
    if wanted is None:
        return found.get(None) or found.get(item.unit_id) or ""
    own = item.units.filter(unit=wanted).exclude(gtin="").values_list("gtin", flat=True).first()
    return found.get(wanted) or own or ""


def _checked(label: Label) -> Label:
    if label.elements:
        check_elements(label.elements)
    elif not label.code.isascii() or len(label.code) > _PLAIN_LENGTH:
        raise InvalidInput(
            "not_encodable",
            _("{text} can't be printed as a barcode.").format(text=label.code),
            field="code",
        )
    return label


def _bars(label: Label, height: int) -> int:
    """How tall bars are on a label of that height, in millimetres; 0 for a square symbol."""
    if label.elements and not label.is_linear:
        return 0
    if height < _SMALL:
        return 10
    return 30 if height > _LARGE else 18 if label.is_linear else 14


def _lines_that_fit(label: Label, height: int) -> int:
    """Texts above bars end where those begin: margins, company, title, what is read below."""
    bars = _bars(label, height)
    taken = 2 * _MARGIN + 3 + (8 if label.title else 0) + bars + 6
    each = 7 if height > _LARGE else 4
    return len(label.lines) if not bars else max(0, (height - taken) // each)


def _symbol(label: Label, height: int) -> str:
    if not label.elements:
        return barcode_svg(label.code, height_mm=_bars(label, height))
    text = "".join(f"[{one.code}]{one.value}" for one in label.elements)
    if label.is_linear:
        return barcode_svg(text, "gs1-128", module_mm=0.375, height_mm=_bars(label, height))
    return barcode_svg(text, "gs1-datamatrix", module_mm=0.5)


def _size(name: str) -> tuple[int, int]:
    if name not in SIZES:
        raise InvalidInput(
            "unknown_size",
            _("Choose one of: {names}.").format(names=", ".join(SIZES)),
            field="size",
        )
    return SIZES[name]


def _require_some(labels: Sequence[Label]) -> None:
    if not 0 < len(labels) <= MOST_LABELS:
        raise InvalidInput(
            "out_of_range", _("Between 1 and {most}.").format(most=MOST_LABELS), field="copies"
        )


def _zpl(label: Label, width: int, height: int) -> str:
    """One label: texts on the left, the symbol on the right or below."""
    fields = [f"^XA^CI28^PW{width}^LL{height}", _field(20, 20, 24, label.company)]
    fields.append(_field(20, 56, 60, label.title))
    bars = _bars(label, height // _DOTS) * _DOTS
    top = height - bars - 60 if bars else height - 60
    fields += [
        _field(20, 130 + 36 * n, 28, line)
        for n, line in enumerate(label.lines)
        if 130 + 36 * n + 28 <= top
    ]
    if label.is_linear and label.elements:
        data = f">;>8{written(label.elements)}"
        fields.append(f"^FO20,{top}^BY3^BCN,{bars},N,N,N,N^FD{data}^FS")
    elif label.elements:
        data = f"_1{_escaped(written(label.elements).replace('_', '__'))}".replace(SEPARATOR, "_1")
        fields.append(f"^FO{width - 220},{60}^BXN,6,200,,,,_^FH\\^FD{data}^FS")
    else:
        code = _escaped(label.code)
        fields.append(f"^FO20,{top}^BY2^BCN,{bars},N,N,N,A^FH\\^FD{code}^FS")
    fields.append(_field(20, height - 40, 22, label.text))
    return "".join([*fields, "^XZ\n"])


def _field(x: int, y: int, size: int, text: str) -> str:
    return f"^FO{x},{y}^A0N,{size},{size}^FH\\^FD{_escaped(text)}^FS"


def _escaped(text: str) -> str:
    r"""What would be a command is written by its number: ``^``, ``~`` and ``\`` itself."""
    plain = "".join(
        character for character in text if character.isprintable() or character == SEPARATOR
    )
    return "".join(f"\\{ord(c):02X}" if c in "^~\\" else c for c in plain)


def copies_of(label: Label, copies: int) -> list[Label]:
    """``label`` so many times."""
    if not 0 < copies <= MOST_LABELS:
        raise InvalidInput(
            "out_of_range", _("Between 1 and {most}.").format(most=MOST_LABELS), field="copies"
        )
    return [label] * copies
