"""The business rules of EN 16931 on a UBL invoice or credit note, and who breaks which.

A rule holds at every node that its context selects. Its number and meaning are the standard's
(EN 16931-1, and CEN/TS 16931-3-2 for the syntax); its text is ours. Tests compare the verdicts with
those of the published schematron.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from apps.finance.einvoice.xml import NotReadable, evaluate, find, find_all, path_of, text

FATAL = "fatal"
WARNING = "warning"
MOST_PER_RULE = 20

#: Whether the rule holds at a node.
Holds = Callable[[Any], bool]

DOCUMENT = "/ubl:Invoice | /cn:CreditNote"
LINE = "//cac:InvoiceLine | //cac:CreditNoteLine"
IS_ALLOWANCE = "[normalize-space(cbc:ChargeIndicator)='false' or cbc:ChargeIndicator='0']"
IS_CHARGE = "[normalize-space(cbc:ChargeIndicator)='true' or cbc:ChargeIndicator='1']"
#: Of value added tax, whatever the letters' case.
IS_VAT = "[translate(normalize-space(cac:TaxScheme/cbc:ID),'vat','VAT')='VAT']"
SELLER = "cac:AccountingSupplierParty/cac:Party"
BUYER = "cac:AccountingCustomerParty/cac:Party"


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that does not hold: ``path`` says where, for people."""

    rule: str
    severity: str
    message: str
    path: str

    @property
    def is_fatal(self) -> bool:
        return self.severity == FATAL


@dataclass(frozen=True, slots=True)
class Rule:
    """``message`` says what must be; ``context`` is XPath 1.0 from the root."""

    id: str
    message: str
    context: str
    holds: Holds
    severity: str = FATAL


def broken(rules: Iterable[Rule], root: Any) -> list[Failure]:
    """The rules that do not hold in the document of ``root``, each at its first twenty nodes."""
    failures = []
    selected: dict[str, Any] = {}
    for rule in rules:
        count = 0
        if rule.context not in selected:
            selected[rule.context] = find_all(root, rule.context)
        for node in selected[rule.context]:
            try:
                is_held = rule.holds(node)
            except NotReadable:
                is_held = False  # an amount that is no number keeps no rule about amounts
            if not is_held:
                failures.append(Failure(rule.id, rule.severity, rule.message, path_of(node)))
                count += 1
                if count == MOST_PER_RULE:
                    break
    return failures


def exists(*paths: str) -> Holds:
    """One of ``paths`` selects something."""
    return lambda node: any(find(node, path) is not None for path in paths)


def filled(*paths: str) -> Holds:
    """One of ``paths`` selects something with a text."""
    return lambda node: any(text(node, path) for path in paths)


def at_most(path: str, count: int = 1) -> Holds:
    return lambda node: len(find_all(node, path)) <= count


def test(expression: str) -> Holds:
    """An XPath 1.0 expression that is true."""
    return lambda node: bool(evaluate(node, expression))
