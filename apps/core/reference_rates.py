"""Files of the European Central Bank's euro foreign exchange reference rates, in any currency.

The Bank quotes units of a currency for one euro (https://www.ecb.europa.eu/stats/eurofxref/):
``eurofxref-daily.xml`` and ``eurofxref-hist.xml``, and ``eurofxref.csv`` and
``eurofxref-hist.csv``, which it packs in archives. A book keeps the reverse: its own currency for
one unit of the other. From the quotes u of one day that is u(own) / u(other), with u(EUR) = 1,
computed exactly from the quotes and rounded once, half up, to the eight decimals that are kept.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import round_fraction
from apps.core.tables import LARGEST_FILE, MOST_ROWS, Row, Table
from apps.core.xml import parse_xml

BASE = "EUR"
COLUMNS = ("currency", "date", "rate")
PLACES = 8
_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_ISO = re.compile(r"[A-Z]{3}", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})", re.ASCII)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quote:
    """``units`` of ``currency`` for one euro; ``line`` of the file says so."""

    line: int
    date: Date
    currency: str
    units: Decimal


def is_reference_file(content: bytes) -> bool:
    """Whether it is XML, an archive of a CSV, or a CSV whose columns are currencies by day."""
    start = content[:400].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"PK\x03\x04"):
        return _packed(content) is not None
    if start.startswith(b"<"):
        return True
    head = start.split(b"\n", 1)[0].decode("latin-1").split(",")
    names = [cell.strip() for cell in head if cell.strip()]
    return len(names) > 1 and names[0] == "Date" and all(map(_ISO.fullmatch, names[1:]))


def read_reference_rates(content: bytes) -> Iterator[Quote]:
    """Quotes in the order of the file. Raises ``InvalidInput`` naming the line."""
    if len(content) > LARGEST_FILE:
        raise _refused("file_too_large", _("The file is larger than 10 MB."))
    if content.startswith(b"PK\x03\x04"):
        content = _unpacked(content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _quotes_of_xml(parse_xml(content))
    return _quotes_of_csv(content)


def own_rates(
    quotes: Iterator[Quote], *, own: str, wanted: Collection[str], since: Date | None = None
) -> Table:
    """Rates in currency ``own`` of the ``wanted`` ones, from ``since`` on, as rows to import.

    Raises ``InvalidInput`` when a day has no quote of ``own``.
    """
    days: dict[Date, dict[str, Quote]] = {}
    for quote in quotes:
        if since is not None and quote.date < since:
            continue
        if days.setdefault(quote.date, {}).setdefault(quote.currency, quote) is not quote:
            text = _("Line {line}: {currency} has two rates of {date}.")
            raise _refused("named_twice", text.format(**_said(quote)))
    rows = []
    for day, quoted in sorted(days.items()):
        first = next(iter(quoted.values()))
        quoted.setdefault(BASE, Quote(first.line, day, BASE, Decimal(1)))
        if own not in quoted:
            text = _("The file has no rate of {own} on {date}. Name a later first day.")
            raise _refused("no_own_rate", text.format(own=own, date=day))
        for code, quote in sorted(quoted.items()):
            if code == own or code not in wanted:
                continue
            rate = cross_rate(quoted[own].units, quote.units)
            cells = {"currency": code, "date": day.isoformat(), "rate": rate}
            rows.append(Row(quote.line, cells))
            if len(rows) > MOST_ROWS:
                text = _("The file has more than {n} rates. Name a later first day.")
                raise _refused("too_many_rates", text.format(n=MOST_ROWS))
    if not rows:
        raise _refused("empty_file", _("The file has no rate that is wanted here."))
    return Table(COLUMNS, rows)


def cross_rate(own: Decimal, other: Decimal) -> str:
    """Own currency for one unit of the other, from both quotes for one euro, as text.

    Exact in fractions, then rounded half up to eight decimals.
    """
    return f"{round_fraction(Fraction(own) / Fraction(other), PLACES):f}"


def _quotes_of_xml(root: Any) -> Iterator[Quote]:
    day: Date | None = None
    found = False
    for node in root.iter("{*}Cube"):
        line = node.sourceline or 0
        if "time" in node.attrib:
            day, found = _iso_day(node.get("time"), line), True
        elif "currency" in node.attrib:
            if day is None:
                raise _refused(
                    "bad_date", _("Line {line}: a rate without a day.").format(line=line)
                )
            yield _quote(line, day, node.get("currency"), node.get("rate") or "")
    if not found:
        raise _refused("unknown_format", _("This XML has no reference rates."))


def _quotes_of_csv(content: bytes) -> Iterator[Quote]:
    text = content.decode("utf-8-sig", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    names = [cell.strip() for cell in next(reader, [])]
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            day = _any_day(cells[0].strip(), reader.line_num)
            for name, cell in zip(names[1:], cells[1:], strict=False):
                if name and cell.strip() not in ("", "N/A"):
                    yield _quote(reader.line_num, day, name, cell.strip())
    except csv.Error as error:
        text = _("Line {line}: {error}.").format(line=reader.line_num, error=error)
        raise _refused("bad_csv", text) from None


def _quote(line: int, day: Date, currency: str, units: str) -> Quote:
    if not _ISO.fullmatch(currency) or not _RATE.fullmatch(units) or not Decimal(units):
        text = _("Line {line}: “{currency} {units}” is no rate.")
        raise _refused("bad_rate", text.format(line=line, currency=currency[:10], units=units[:40]))
    return Quote(line, day, currency, Decimal(units))


def _iso_day(text: str, line: int) -> Date:
    try:
        return Date.fromisoformat(text)
    except ValueError:
        said = _("Line {line}: “{text}” is no day.").format(line=line, text=text[:40])
        raise _refused("bad_date", said) from None


def _any_day(text: str, line: int) -> Date:
    """2026-01-05, or as the file of one day has it: 05 January 2026."""
    if (found := _DAY.fullmatch(text)) and found[2] in _MONTHS:
        text = f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{found[1]:0>2}"
    return _iso_day(text, line)


def _packed(content: bytes) -> zipfile.ZipInfo | None:
    """The one CSV that an archive holds and nothing else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    is_one = len(members) == 1 and members[0].filename.lower().endswith((".csv", ".xml"))
    return members[0] if is_one else None


def _unpacked(content: bytes) -> bytes:
    member = _packed(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(member) as stream:  # type: ignore[arg-type]
            plain = stream.read(LARGEST_FILE + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused("bad_archive", _("The archive is damaged.")) from error
    if len(plain) > LARGEST_FILE:
        raise _refused("inflates_too_far", _("The file unpacks to too much."))
    return plain


def _said(quote: Quote) -> dict[str, Any]:
    return {"line": quote.line, "currency": quote.currency, "date": quote.date}


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(code, message, field="file")
