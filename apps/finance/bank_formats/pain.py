"""ISO 20022 payment initiation: the customer credit transfer, pain.001.001.09.

Two kinds of batch. *SEPA*: euro between accounts with an IBAN of the area, service level SEPA,
charges as the scheme says (SLEV). Any other: no service level, charges shared (SHAR), the
creditor's account by IBAN or by number and BIC. Every file is checked against the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree
from sepaxml.validation import ValidationError as WrongFile
from sepaxml.validation import try_valid_xml
from text_unidecode import unidecode

from apps.core.errors import BusinessError
from apps.core.money import ZERO

SCHEMA = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
#: Countries of accounts within the scheme (EPC409-09; Jersey, Guernsey and Man are GB).
_SEPA = (
    "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK "
    "MT NL NO PL PT RO RS SE SI SK SM VA"
)
SEPA_COUNTRIES = frozenset(_SEPA.split())
# What every bank takes: the characters of EPC217-08 and of SWIFT's set X.
_OUTSIDE = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Party:
    """Whose account: an IBAN, or a number at the bank of ``bic``; ``country`` ISO 3166 or empty."""

    name: str
    iban: str = ""
    number: str = ""
    bic: str = ""
    country: str = ""

    @property
    def is_in_sepa(self) -> bool:
        return self.iban[:2] in SEPA_COUNTRIES


@dataclass(frozen=True, slots=True)
class Order:
    """``amount`` in the currency of the debtor's account, with as many decimals as that has."""

    end_to_end: str
    creditor: Party
    amount: Decimal
    text: str


def credit_transfer(
    *, message: str, debtor: Party, currency: str, date: Date, orders: Sequence[Order]
) -> bytes:
    """The file: one batch for each kind of payment. Raises ``BusinessError`` ``bad_file``."""
    sepa = [o for o in orders if _is_sepa(debtor, o.creditor, currency)]
    rest = [o for o in orders if not _is_sepa(debtor, o.creditor, currency)]
    head = {
        "MsgId": message[:35],
        "CreDtTm": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_sums(orders),
        "InitgPty": {"Nm": plain(debtor.name, 70)},
    }
    batches = [(True, sepa), (False, rest)]
    parts = [
        _batch(f"{message[:33]}-{number}", debtor, currency, date, own, is_sepa=is_sepa)
        for number, (is_sepa, own) in enumerate((b for b in batches if b[1]), start=1)
    ]
    root = _element("Document", {"CstmrCdtTrfInitn": {"GrpHdr": head, "PmtInf": parts}})
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    try:
        try_valid_xml(content, SCHEMA)
    except WrongFile as error:
        reason = str(error.__cause__ or error).partition("\n")[0].rstrip(":.")[:300]
        raise BusinessError(
            "bad_file", _("The file for the bank would not be valid: {e}.").format(e=reason)
        ) from error
    return content


def plain(text: str, longest: int) -> str:
    """``text`` in the characters that every bank takes."""
    return " ".join(_OUTSIDE.sub(" ", unidecode(text)).split())[:longest].strip() or "-"


def _is_sepa(debtor: Party, creditor: Party, currency: str) -> bool:
    return currency == "EUR" and debtor.is_in_sepa and creditor.is_in_sepa


def _sums(orders: Sequence[Order]) -> dict[str, str]:
    total = sum((order.amount for order in orders), ZERO)
    return {"NbOfTxs": str(len(orders)), "CtrlSum": f"{total:f}"}


def _batch(
    key: str, debtor: Party, currency: str, date: Date, orders: Sequence[Order], *, is_sepa: bool
) -> dict[str, Any]:
    return {
        "PmtInfId": key,
        "PmtMtd": "TRF",
        "BtchBookg": "true",
        **_sums(orders),
        **({"PmtTpInf": {"SvcLvl": {"Cd": "SEPA"}}} if is_sepa else {}),
        "ReqdExctnDt": {"Dt": date.isoformat()},
        "Dbtr": _named(debtor),
        "DbtrAcct": {"Id": _account(debtor), "Ccy": currency},
        "DbtrAgt": _agent(debtor) or {"FinInstnId": {"Othr": {"Id": "NOTPROVIDED"}}},
        "ChrgBr": "SLEV" if is_sepa else "SHAR",
        "CdtTrfTxInf": [_transaction(order, currency) for order in orders],
    }


def _transaction(order: Order, currency: str) -> dict[str, Any]:
    return {
        "PmtId": {"EndToEndId": order.end_to_end[:35]},
        "Amt": {"InstdAmt": (f"{order.amount:f}", {"Ccy": currency})},
        "CdtrAgt": _agent(order.creditor),
        "Cdtr": _named(order.creditor),
        "CdtrAcct": {"Id": _account(order.creditor)},
        "RmtInf": {"Ustrd": plain(order.text, 140)},
    }


def _named(party: Party) -> dict[str, Any]:
    is_known = _COUNTRY.fullmatch(party.country)
    address = {"PstlAdr": {"Ctry": party.country}} if is_known else {}
    return {"Nm": plain(party.name, 70), **address}


def _account(party: Party) -> dict[str, Any]:
    return {"IBAN": party.iban} if party.iban else {"Othr": {"Id": party.number}}


def _agent(party: Party) -> dict[str, Any] | None:
    return {"FinInstnId": {"BICFI": party.bic}} if party.bic else None


def _element(name: str, value: Any) -> Any:
    """A text, a text with attributes, or an element's children in order; lists repeat it."""
    text, attributes = value if isinstance(value, tuple) else (value, {})
    made = etree.Element(f"{{{NAMESPACE}}}{name}", attributes, nsmap={None: NAMESPACE})
    if not isinstance(text, Mapping):
        made.text = text
        return made
    for child, given in text.items():
        for one in given if isinstance(given, list) else [given]:
            if one is not None:
                made.append(_element(child, one))
    return made
