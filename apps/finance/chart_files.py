"""Charts of accounts that others send: a table of headings and accounts, or a LedgerSMB chart.

Both become the same ``Table``, so both are checked and written by the same service.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.tables import LARGEST_FILE, MOST_ROWS, Row, Table, read_table
from apps.finance.einvoice.xml import NotReadable, parse
from apps.finance.models import Account, PostingRole

COLUMNS = ("type", "code", "name", "parent", "kind", "control", "activity", "roles", "tax_rate")
HEADING, ACCOUNT = "heading", "account"
_NAMESPACE = "{http://ledgersmb.org/xml-schemas/configuration}"
#: Links of a LedgerSMB account, the telling ones first.
_CONTROLS = (
    ("AR", Account.Control.RECEIVABLE),
    ("AP", Account.Control.PAYABLE),
    ("IC", Account.Control.INVENTORY),
    ("Fixed_Asset", Account.Control.FIXED_ASSET),
    ("Asset_Dep", Account.Control.FIXED_ASSET),
)
_PAID = frozenset({"AR_paid", "AP_paid"})
_ROLES = {
    "inventory_accno_id": PostingRole.INVENTORY,
    "income_accno_id": PostingRole.REVENUE,
    "expense_accno_id": PostingRole.COGS,
    "fxgain_accno_id": PostingRole.EXCHANGE_DIFFERENCE,
    "earn_id": PostingRole.RETAINED_EARNINGS,
}


def read_chart(name: str, content: bytes, *, encoding: str = "utf-8") -> Table:
    """CSV, XLSX or LedgerSMB XML by its first bytes. Raises ``InvalidInput`` for anything else."""
    if len(content) > LARGEST_FILE:
        raise _refused("file_too_large", _("The file is larger than 10 MB."))
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return read_ledgersmb(content)
    return read_table(name, content, encoding=encoding)


def read_ledgersmb(content: bytes) -> Table:
    """A chart as LedgerSMB exports it. No DTD, no entities, nothing fetched."""
    try:
        root = parse(content)
    except NotReadable as error:
        raise _refused("not_xml", _("This XML can't be read: {why}.").format(why=error)) from error
    chart = root.find(f"{_NAMESPACE}coa")
    if root.tag != f"{_NAMESPACE}configuration" or chart is None:
        raise _refused("unknown_format", _("This XML is no LedgerSMB chart of accounts."))
    roles: dict[str, list[str]] = {}
    for setting in root.iterfind(f"{_NAMESPACE}settings/{_NAMESPACE}setting"):
        role = _ROLES.get(setting.get("name", ""))
        if role is not None:
            roles.setdefault(setting.get("accno", ""), []).append(role)
    rows = list(_rows(chart, "", roles))
    if len(rows) > MOST_ROWS:
        raise _refused("too_many_rows", _("The file has more than {n} rows.").format(n=MOST_ROWS))
    return Table(COLUMNS, rows)


def _rows(parent: Any, code: str, roles: dict[str, list[str]]) -> Iterator[Row]:
    for node in parent:
        if node.tag == f"{_NAMESPACE}account-heading":
            own = node.get("code", "")
            yield _row(node, HEADING, parent=code)
            yield from _rows(node, own, roles)
        elif node.tag == f"{_NAMESPACE}account":
            yield _account(node, code, roles)


def _account(node: Any, heading: str, roles: dict[str, list[str]]) -> Row:
    links = {link.get("code", "") for link in node.iterfind(f"{_NAMESPACE}link")}
    tax = node.find(f"{_NAMESPACE}tax")
    kind = node.get("category", "").lower()
    control = next((control for link, control in _CONTROLS if link in links), "")
    if not control and tax is not None:
        control = Account.Control.TAX
    elif not control and kind == Account.Kind.ASSET and links & _PAID:
        control = Account.Control.CASH
    own = list(roles.get(node.get("code", ""), ()))
    own += {
        Account.Control.RECEIVABLE: [PostingRole.RECEIVABLE],
        Account.Control.PAYABLE: [PostingRole.PAYABLE],
    }.get(control, [])  # type: ignore[call-overload]
    rate = None if tax is None else tax.find(f"{_NAMESPACE}rate")
    return _row(
        node,
        ACCOUNT,
        parent=heading,
        kind=kind,
        control=control,
        roles=" ".join(own),
        tax_rate="" if rate is None else _percent(rate.get("value", "")),
    )


def _row(node: Any, kind_of_row: str, **cells: str) -> Row:
    known = {"type": kind_of_row, "code": node.get("code", ""), "name": node.get("description", "")}
    return Row(node.sourceline or 0, {**dict.fromkeys(COLUMNS, ""), **known, **cells})


def _percent(text: str) -> str:
    """``0.19`` as ``19``; what is no number stays as it is, to be refused with its row."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return text
    is_share = found.is_finite() and 0 <= found <= 1 and len(text) < 20 and "e" not in text.lower()
    return f"{(found * 100).normalize():f}" if is_share else text


def _refused(code: str, text: str) -> InvalidInput:
    return InvalidInput(code, text, field="file")
