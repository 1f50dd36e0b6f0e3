"""ISO 20022 cash management: camt.052 (interim), camt.053 (statement), camt.054 (notice).

Read by local names, so every version of the messages is taken. Nothing is fetched and no entity
expanded; a document with a DTD is refused.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from apps.core.money import ZERO
from apps.core.xml import parse_xml
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

KINDS = {
    "BkToCstmrStmt": ("Stmt", StatementKind.STATEMENT),
    "BkToCstmrStmtV01": ("Stmt", StatementKind.STATEMENT),
    "BkToCstmrAcctRpt": ("Rpt", StatementKind.INTERIM),
    "BkToCstmrAcctRptV01": ("Rpt", StatementKind.INTERIM),
    "BkToCstmrDbtCdtNtfctn": ("Ntfctn", StatementKind.NOTICE),
    "BkToCstmrDbtCdtNtfctnV01": ("Ntfctn", StatementKind.NOTICE),
}
#: Booked balances only: available and expected ones are no part of the books.
_OPENING = ("OPBD", "PRCD")
_CLOSING = "CLBD"


def read_camt(content: bytes) -> list[StatementRead]:
    """Statements of a camt message. Raises ``InvalidInput`` for what is no such message."""
    root = parse_xml(content)
    for body in root.iter():
        if isinstance(body.tag, str) and _local(body) in KINDS:
            name, kind = KINDS[_local(body)]
            made = _text(body, "GrpHdr", "CreDtTm")
            return [_statement(node, kind, made) for node in _all(body, name)]
    raise refused(
        "unknown_format", _("This XML is no bank statement: camt.052, 053 or 054 is expected.")
    )


def _statement(node: Any, kind: StatementKind, made: str) -> StatementRead:
    account = _child(node, "Acct")
    name = "" if account is None else _text(account, "Id", "IBAN") or _other_id(account)
    number = _text(node, "Id")
    fallback = _date_text(_text(node, "CreDtTm") or made)
    balances = _balances(node, number)
    opening = next((balances[code] for code in _OPENING if code in balances), None)
    closing = balances.get(_CLOSING)
    entries = [_line(entry, fallback, n) for n, entry in enumerate(_all(node, "Ntry"), start=1)]
    currency = "" if account is None else _text(account, "Ccy")
    if not currency:
        known = [opening, closing, *entries]
        currency = next((one.currency for one in known if one is not None), "")
    return StatementRead(
        kind=kind,
        account=clean(name, 60).replace(" ", ""),
        currency=currency,
        lines=tuple(entries),
        number=clean(number, 60),
        sequence=clean(_text(node, "LglSeqNb") or _text(node, "ElctrncSeqNb"), 40),
        opening=opening if kind is StatementKind.STATEMENT else None,
        closing=closing if kind is StatementKind.STATEMENT else None,
    )


def _balances(node: Any, number: str) -> dict[str, BalanceRead]:
    found: dict[str, BalanceRead] = {}
    for balance in _all(node, "Bal"):
        code = _text(balance, "Tp", "CdOrPrtry", "Cd")
        if code not in (*_OPENING, _CLOSING) or code in found:
            continue
        where = _("Balance {code} of {statement}").format(code=code, statement=number)
        day = _day(_child(balance, "Dt"), where)
        if day is None:
            raise bad_date("", where)
        amount, currency = _signed(balance, where)
        found[code] = BalanceRead(amount, currency, day)
    return found


def _line(entry: Any, fallback: str, place: int) -> LineRead:
    where = _("Entry {n}").format(n=place)
    amount, currency = _signed(entry, where)
    booked_on = _day(_child(entry, "BookgDt"), where)
    value_on = _day(_child(entry, "ValDt"), where)
    details = [tx for group in _all(entry, "NtryDtls") for tx in _all(group, "TxDtls")]
    only = details[0] if len(details) == 1 else None
    status = _child(entry, "Sts")
    state = "" if status is None else clean(status.text) or _text(status, "Cd")
    batch = next((b for g in _all(entry, "NtryDtls") for b in _all(g, "Btch")), None)
    number = "" if batch is None else _text(batch, "NbOfTxs")
    name, iban = ("", "") if only is None else _parties(only, is_credit=amount > 0)
    whole = LineRead(
        date=booked_on or value_on or _fallback_day(fallback, where),
        value_date=value_on,
        amount=amount,
        currency=currency,
        name=name,
        iban=iban,
        end_to_end_id=_end_to_end(only),
        reference=_references(details),
        bank_reference=clean(_bank_reference(entry, only), 60),
        batch_id=clean(_batch_id(batch, details), 60),
        text=_remittance(entry, details),
        code=clean(_code(entry), 40),
        count=int(number) if number.isascii() and number.isdigit() else max(len(details), 1),
        is_reversal=_text(entry, "RvslInd") in ("true", "1"),
        is_booked=state in ("BOOK", ""),
    )
    return replace(whole, parts=_parts(entry, details, whole, where))


def _parts(entry: Any, details: list[Any], whole: LineRead, where: str) -> tuple[LineRead, ...]:
    """The transactions of a batch as lines; none when one has no amount, or they sum to another."""
    if len(details) < 2:
        return ()
    amounts = [_detail_amount(one, whole, where) for one in details]
    if sum(amounts, ZERO) != whole.amount or not all(amounts):
        return ()
    parts = []
    for one, amount in zip(details, amounts, strict=True):
        name, iban = _parties(one, is_credit=amount > 0)
        own = _text(one, "Refs", "AcctSvcrRef") or _text(entry, "AcctSvcrRef")
        part = replace(
            whole,
            amount=amount,
            name=name,
            iban=iban,
            end_to_end_id=_end_to_end(one),
            reference=_references([one]),
            bank_reference=clean(own, 60),
            text=_remittance(entry, [one]),
            count=1,
        )
        parts.append(part)
    return tuple(parts)


def _detail_amount(details: Any, whole: LineRead, where: str) -> Decimal:
    """Signed, in the entry's currency; zero for a transaction that does not say it."""
    paths = ((), ("AmtDtls", "TxAmt"), ("AmtDtls", "InstdAmt"))
    for path in paths:
        node = details
        for name in path:
            node = None if node is None else _child(node, name)
        amount = None if node is None else _child(node, "Amt")
        if amount is not None and clean(amount.get("Ccy"), 3) in ("", whole.currency):
            value = amount_of(amount.text or "", where)
            mark = _text(details, "CdtDbtInd")
            is_credit = mark == "CRDT" if mark in ("CRDT", "DBIT") else whole.amount > 0
            return value if is_credit else -value
    return ZERO


def _parties(details: Any, *, is_credit: bool) -> tuple[str, str]:
    """Name and account of the debtor of money received, of the creditor of money paid."""
    parties = _child(details, "RltdPties")
    if parties is None:
        return "", ""
    sides = ("Dbtr", "Cdtr") if is_credit else ("Cdtr", "Dbtr")
    side = next((s for s in sides if _child(parties, s) is not None), sides[0])
    person, account = _child(parties, side), _child(parties, f"{side}Acct")
    name = "" if person is None else _text(person, "Nm") or _text(person, "Pty", "Nm")
    iban = "" if account is None else _text(account, "Id", "IBAN") or _other_id(account)
    return clean(name, 200), clean(iban, 60).replace(" ", "")


def _end_to_end(details: Any) -> str:
    found = "" if details is None else clean(_text(details, "Refs", "EndToEndId"), 60)
    return "" if found in ("NOTPROVIDED", "NONREF") else found


def _references(details: list[Any]) -> str:
    paths = [
        _text(structured, "CdtrRefInf", "Ref") or _text(structured, "CdtrRefInf", "CdtrRef")
        for one in details
        for info in _all(one, "RmtInf")
        for structured in _all(info, "Strd")
    ]
    return joined(paths, 140)


def _bank_reference(entry: Any, details: Any) -> str:
    inner = "" if details is None else _text(details, "Refs", "AcctSvcrRef")
    return _text(entry, "AcctSvcrRef") or inner


def _batch_id(batch: Any, details: list[Any]) -> str:
    if batch is not None and (found := _text(batch, "PmtInfId") or _text(batch, "MsgId")):
        return found
    named = {_text(one, "Refs", "PmtInfId") or _text(one, "Refs", "MsgId") for one in details}
    return named.pop() if len(named) == 1 else ""


def _remittance(entry: Any, details: list[Any]) -> str:
    said = [
        part.text for one in details for info in _all(one, "RmtInf") for part in _all(info, "Ustrd")
    ]
    if len(details) > 1:
        said += [_text(one, "Refs", "EndToEndId") for one in details]
    if not any(said):
        said = [_text(one, "AddtlTxInf") for one in details]
    return joined([*said, _text(entry, "AddtlNtryInf")])


def _code(entry: Any) -> str:
    code = _child(entry, "BkTxCd")
    if code is None:
        return ""
    family = [
        _text(code, "Domn", *path) for path in (("Cd",), ("Fmly", "Cd"), ("Fmly", "SubFmlyCd"))
    ]
    return "-".join(filter(None, family)) or _text(code, "Prtry", "Cd")


def _signed(node: Any, where: str) -> tuple[Decimal, str]:
    amount = _child(node, "Amt")
    if amount is None:
        raise refused("bad_amount", _("{where} has no amount.").format(where=where))
    value = amount_of(amount.text or "", where)
    mark = _text(node, "CdtDbtInd")
    if mark not in ("CRDT", "DBIT"):
        raise refused("bad_sign", _("{where} says neither CRDT nor DBIT.").format(where=where))
    return value if mark == "CRDT" else -value, clean(amount.get("Ccy"), 3)


def _day(node: Any, where: str) -> Date | None:
    if node is None:
        return None
    text = _date_text(_text(node, "Dt") or _text(node, "DtTm"))
    if not text:
        return None
    return _fallback_day(text, where)


def _fallback_day(text: str, where: str) -> Date:
    try:
        return sane_date(Date.fromisoformat(text), text, where)
    except ValueError:
        raise bad_date(text, where) from None


def _date_text(text: str) -> str:
    """The day as the bank wrote it, without time and offset."""
    return text.strip()[:10]


def _other_id(account: Any) -> str:
    return _text(account, "Id", "Othr", "Id") or _text(account, "Id", "PrtryAcct", "Id")


def _local(node: Any) -> str:
    return str(etree.QName(node).localname)


def _all(node: Any, name: str) -> list[Any]:
    return [child for child in node.iterchildren("{*}" + name)]


def _child(node: Any, name: str) -> Any:
    return next(node.iterchildren("{*}" + name), None)


def _text(node: Any, *path: str) -> str:
    for name in path:
        node = next(node.iterchildren("{*}" + name), None)
        if node is None:
            return ""
    return (node.text or "").strip()
