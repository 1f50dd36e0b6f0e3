"""OFX: SGML (1.x, without closing tags) and XML (2.x); bank and card statements.

The subset that a statement needs: https://www.ofx.net, sections 3 and 11. Investment positions
are left out, their cash transactions are read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date as Date

from django.utils.translation import gettext as _

from apps.finance.bank_formats.statements import (
    BalanceRead,
    LineRead,
    StatementKind,
    StatementRead,
    amount_of,
    bad_date,
    clean,
    joined,
    refused,
    sane_date,
)

_TAG = re.compile(r"<(/?)([A-Za-z0-9._]+)\s*(/?)>([^<]*)")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_HEADER = re.compile(rb"(?:CHARSET|ENCODING)\s*[:=]\s*\"?([A-Za-z0-9-]+)")
_STATEMENTS = {"STMTRS", "CCSTMTRS", "INVSTMTRS"}
_ACCOUNTS = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
MOST_DEPTH = 50


@dataclass(slots=True)
class Node:
    """An aggregate: its values by tag, and what is inside it."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def find(self, *names: str) -> Node | None:
        return next((child for child in self.children if child.name in names), None)

    def walk(self, *names: str) -> Iterator[Node]:
        """Aggregates of these names below, in the order of the file."""
        for child in self.children:
            if child.name in names:
                yield child
            else:
                yield from child.walk(*names)


def read_ofx(content: bytes) -> list[StatementRead]:
    """Statements of an OFX file. Raises ``InvalidInput`` naming what can't be read."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise refused("dtd", _("The file declares XML entities (DTD); this is refused."))
    root = _tree(_decoded(content))
    found = [_statement(node) for node in root.walk(*_STATEMENTS)]
    if not found:
        raise refused("no_statement", _("The OFX file holds no statement."))
    return found


def _decoded(content: bytes) -> str:
    head = {name.upper() for name in _HEADER.findall(content[:2000])}
    if b"UTF-8" in head or b"UNICODE" in head or content[:3] == b"\xef\xbb\xbf":
        order = ("utf-8-sig", "cp1252")
    else:
        order = ("utf-8-sig", "cp1252") if content.isascii() else ("cp1252", "utf-8-sig")
    for encoding in order:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("iso-8859-1")


def _tree(text: str) -> Node:
    """Aggregates are what is closed or holds tags; a tag with text is a value, closed or not."""
    start = text.upper().find("<OFX>")
    if start < 0:
        raise refused("bad_ofx", _("The file has no <OFX> element."))
    closed = {match[2].upper() for match in _TAG.finditer(text, start) if match[1]}
    if "OFX" not in closed:
        raise refused("truncated", _("The OFX file ends inside <{tag}>.").format(tag="OFX"))
    root = Node("")
    stack = [root]
    for match in _TAG.finditer(text, start):
        closing, name, empty, said = match[1], match[2].upper(), match[3], match[4].strip()
        if closing:
            _close(stack, name)
            continue
        if said or empty:
            stack[-1].values.setdefault(name, clean(html.unescape(said)))
            continue
        if name not in closed or text.startswith(f"</{match[2]}>", match.end()):
            stack[-1].values.setdefault(name, "")  # an empty value, or a list never closed
            continue
        node = Node(name)
        stack[-1].children.append(node)
        stack.append(node)
        if len(stack) > MOST_DEPTH:
            raise refused("bad_ofx", _("The OFX file is nested too deeply."))
    if len(stack) > 1:
        raise refused(
            "truncated", _("The OFX file ends inside <{tag}>.").format(tag=stack[-1].name)
        )
    return root


def _close(stack: list[Node], name: str) -> None:
    """Leave ``name``, and what was never closed inside it."""
    if any(node.name == name for node in stack[1:]):
        while stack.pop().name != name:
            continue


def _statement(node: Node) -> StatementRead:
    account = node.find(*_ACCOUNTS)
    name = "" if account is None else account.values.get("ACCTID", "")
    bank = "" if account is None else account.values.get("BANKID", "")
    currency = node.values.get("CURDEF", "")[:3].upper()
    balance = next(node.walk("LEDGERBAL"), None)
    closing = None
    if balance is not None:
        where = _("Ledger balance of {account}").format(account=name)
        closing = BalanceRead(
            amount_of(_point(balance.values.get("BALAMT", "")), where),
            currency,
            _day(balance.values.get("DTASOF", ""), where),
        )
    lines = tuple(
        _line(entry, currency, place) for place, entry in enumerate(node.walk("STMTTRN"), start=1)
    )
    return StatementRead(
        kind=StatementKind.EXPORT,
        account=clean(f"{bank}/{name}" if bank and node.name == "STMTRS" else name, 60),
        currency=currency,
        lines=lines,
        closing=closing,
    )


def _line(entry: Node, currency: str, place: int) -> LineRead:
    where = _("Transaction {n}").format(n=place)
    values = entry.values
    payee = entry.find("PAYEE")
    other = entry.find("BANKACCTTO", "CCACCTTO")
    foreign = entry.find("CURRENCY")
    return LineRead(
        date=_day(values.get("DTPOSTED", ""), where),
        value_date=_day(values["DTAVAIL"], where) if values.get("DTAVAIL") else None,
        amount=amount_of(_point(values.get("TRNAMT", "")), where),
        currency=(foreign.values.get("CURSYM", "") if foreign else "") or currency,
        name=clean(values.get("NAME") or (payee.values.get("NAME") if payee else ""), 200),
        iban=clean(other.values.get("ACCTID") if other else "", 60).replace(" ", ""),
        reference=clean(values.get("CHECKNUM") or values.get("REFNUM"), 140),
        bank_reference=clean(values.get("FITID"), 60),
        text=joined([values.get("MEMO")]),
        code=clean(values.get("TRNTYPE"), 40),
    )


def _point(text: str) -> str:
    """OFX allows a comma for the decimal point, and never groups digits."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _day(text: str, where: str) -> Date:
    match = _DATE.match(text)
    if match is None:
        raise bad_date(text, where)
    try:
        return sane_date(Date(int(match[1]), int(match[2]), int(match[3])), text, where)
    except ValueError:
        raise bad_date(text, where) from None
