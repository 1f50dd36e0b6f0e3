"""What a scanner sends: a symbology identifier (ISO/IEC 15424), then the data of the symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.masterdata.gs1.check_digits import is_checked, is_digits, with_check_digit
from apps.masterdata.gs1.elements import Element, make_element, parse_scanned, written

#: GS1 element strings.
ELEMENT_SYMBOLS = {
    "]C1": "GS1-128",
    "]e0": "GS1 DataBar",
    "]d2": "GS1 DataMatrix",
    "]Q3": "GS1 QR Code",
    "]J1": "GS1 DotCode",
}
#: Any text.
PLAIN_SYMBOLS = {"]d1": "DataMatrix", "]Q1": "QR Code", "]J0": "DotCode", "]C0": "Code 128"}
#: Identifier → (name, digits).
RETAIL_SYMBOLS = {"]E0": ("EAN-13", 13), "]E4": ("EAN-8", 8)}
_COMPOSITE = "|]e0"
_GTIN_LENGTH = 14


@dataclass(frozen=True, slots=True)
class Scan:
    """``elements`` where the symbol has any (a GTIN of a retail symbol too), else ``text``.

    ``symbol`` is "" where the scanner does not tell it.
    """

    symbol: str
    text: str
    elements: tuple[Element, ...] = ()


def read_scan(data: str) -> Scan:
    """What ``data`` of a scanner says; without a symbology identifier it is plain text.

    Raises ``InvalidInput`` (``unknown_symbol``, ``gs1_…``): a wrong check digit is not passed on.
    """
    if not data.startswith("]"):
        return Scan("", data)
    kind, rest = data[:3], data[3:]
    if kind in PLAIN_SYMBOLS:
        return Scan(PLAIN_SYMBOLS[kind], rest)
    if kind in ELEMENT_SYMBOLS:
        return Scan(ELEMENT_SYMBOLS[kind], rest, tuple(parse_scanned(rest)))
    if kind in RETAIL_SYMBOLS:
        return _retail(kind, rest)
    raise InvalidInput(
        "unknown_symbol",
        _("This kind of symbol is not read: {kind}.").format(kind=kind),
        field="scan",
    )


def scanned(kind: str, elements: Sequence[Element]) -> str:
    """What a scanner sends for a symbol of ``kind`` (``]C1``, ``]d2``…) with ``elements``."""
    if kind not in ELEMENT_SYMBOLS:
        raise InvalidInput(
            "unknown_symbol", _("This kind of symbol is not read: {kind}.").format(kind=kind)
        )
    return kind + written(elements)


def scanned_retail(kind: str, digits: str, composite: Sequence[Element] = ()) -> str:
    """What a scanner sends for a retail symbol; a missing check digit is added.

    Raises ``InvalidInput`` (``gs1_content``).
    """
    _name, length = RETAIL_SYMBOLS[kind]
    if len(digits) == length - 1 and is_digits(digits):
        digits = with_check_digit(digits)
    _require_checked(digits, length)
    return kind + digits + (_COMPOSITE + written(composite) if composite else "")


def _retail(kind: str, rest: str) -> Scan:
    name, length = RETAIL_SYMBOLS[kind]
    digits, composite, more = rest.partition(_COMPOSITE)
    _require_checked(digits, length)
    elements = [make_element("01", digits.zfill(_GTIN_LENGTH))]
    if composite:
        elements += parse_scanned(more)
    return Scan(name, digits, tuple(elements))


def _require_checked(digits: str, length: int) -> None:
    if len(digits) != length or not is_checked(digits):
        raise InvalidInput(
            "gs1_content",
            _("{digits} is no number of {length} digits with its check digit.").format(
                digits=digits, length=length
            ),
            field="scan",
        )
