"""SAF-T 2.0 as XML, element by element: nothing of the ledger stands in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from lxml import etree

from apps.finance.einvoice.xml import clean

NAMESPACE = "urn:StandardAuditFile-Taxation:2.00"
VERSION = "2.00"

#: A value, a group of values in order, or several groups of the same name.
Value = Any
Group = Mapping[str, Value]


class AuditFile:
    """Writes to ``out``. Use as a context; then section after section, in the schema's order."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def __enter__(self) -> AuditFile:
        self._stack = etree.xmlfile(self._out, encoding="UTF-8")
        self._xml = self._stack.__enter__()
        self._xml.write_declaration()
        self._root = self._xml.element(_name("AuditFile"), nsmap={None: NAMESPACE})
        self._root.__enter__()
        self._break()
        return self

    def __exit__(self, *error: Any) -> None:
        self._root.__exit__(*error)
        self._stack.__exit__(*error)

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """An open element, for what is written within."""
        with self._xml.element(_name(name)):
            yield
        self._break()

    def write(self, name: str, group: Value) -> None:
        """One element with its children; an empty value makes none."""
        made = element(name, group)
        if made is not None:
            self._xml.write(made)
            self._break()

    def write_all(self, name: str, groups: Iterable[Group]) -> int:
        """An element per group; how many."""
        count = 0
        for group in groups:
            self.write(name, group)
            count += 1
        return count

    def _break(self) -> None:
        self._xml.write("\n")


def element(name: str, value: Value) -> Any:
    """An element for a value, or for a mapping of its children; None for what is empty."""
    if value is None or value == "":
        return None
    made = etree.Element(_name(name))
    if isinstance(value, Mapping):
        for child, given in value.items():
            for one in given if isinstance(given, list) else [given]:
                part = element(child, one)
                if part is not None:
                    made.append(part)
    else:
        made.text = text_of(value)
    return made


def text_of(value: Value) -> str:
    """A value as the schema writes it; characters that XML has no place for become a mark."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, Date):
        return value.isoformat()
    return clean(str(value))


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
