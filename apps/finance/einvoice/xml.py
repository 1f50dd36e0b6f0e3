"""Reading XML that strangers sent: no DTD, no entities, no network, no huge trees, a size limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lxml import etree

LARGEST_FILE = 20 * 1024 * 1024
MOST_DIGITS = 40
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
NAMESPACES = {
    "ubl": INVOICE,
    "cn": CREDIT_NOTE,
    "cac": CAC,
    "cbc": CBC,
    "ext": EXT,
    "rsm": CII,
    "ram": RAM,
    "udt": UDT,
    "qdt": QDT,
}


class NotReadable(ValueError):
    """The bytes are no XML that we read; the text says why."""


def parse(content: bytes) -> Any:
    """The root element of ``content``. Raises ``NotReadable``."""
    if len(content) > LARGEST_FILE:
        raise NotReadable(f"larger than {LARGEST_FILE // 1024 // 1024} MB")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise NotReadable("a document type is not allowed")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable(str(error)) from error
    if root.getroottree().docinfo.doctype:  # in another encoding than ASCII's
        raise NotReadable("a document type is not allowed")
    return root


@lru_cache(maxsize=2048)
def _compiled(path: str) -> Any:
    return etree.XPath(path, namespaces=NAMESPACES)


def find_all(node: Any, path: str) -> Sequence[Any]:
    """What the XPath 1.0 ``path`` selects from ``node``; prefixes are those of ``NAMESPACES``."""
    return _compiled(path)(node)


def find(node: Any, path: str) -> Any | None:
    """The first that ``path`` selects."""
    found = find_all(node, path)
    return found[0] if found else None


def evaluate(node: Any, path: str) -> Any:
    """The value of an XPath 1.0 expression: nodes, text, number or truth."""
    return _compiled(path)(node)


def text(node: Any, path: str = ".") -> str:
    """The text of the first that ``path`` selects, white space collapsed; empty without one."""
    found = find(node, path)
    if found is None:
        return ""
    value = found if isinstance(found, str) else (found.text or "")
    return " ".join(value.split())


def number(node: Any, path: str) -> Decimal | None:
    """The decimal of the first that ``path`` selects. Raises ``NotReadable`` for other texts."""
    found = find(node, path)
    return None if found is None else to_decimal(found if isinstance(found, str) else found.text)


def numbers(node: Any, path: str) -> list[Decimal]:
    """The decimals of all that ``path`` selects."""
    return [to_decimal(found.text) for found in find_all(node, path)]


def to_decimal(value: str | None) -> Decimal:
    """A decimal as XML Schema has it: no exponent, no infinity; digits within reason."""
    text = (value or "").strip()
    if len(text) > MOST_DIGITS or not _DECIMAL.fullmatch(text):
        raise NotReadable(f"{text[:MOST_DIGITS]!r} is no decimal")
    return Decimal(text)


def clean(text: str) -> str:
    """``text`` with a mark for each character that XML has no place for."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def path_of(node: Any) -> str:
    """Where ``node`` is, for people: ``Invoice/InvoiceLine[2]/Price``."""
    steps: list[str] = []
    while node is not None and isinstance(node.tag, str):
        name = etree.QName(node).localname
        parent = node.getparent()
        same = [] if parent is None else list(parent.iterchildren(node.tag))
        steps.append(f"{name}[{same.index(node) + 1}]" if len(same) > 1 else name)
        node = parent
    return "/".join(reversed(steps))
