"""The rules are the published ones: the same numbers, and the same verdicts on broken documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from apps.finance.einvoice import ubl
from apps.finance.einvoice.code_lists import codes, left_out
from apps.finance.einvoice.document import AllowanceCharge, Delivery, Document, Payment, Period
from apps.finance.einvoice.rules import FATAL
from apps.finance.einvoice.validation import check_rules, ubl_rules, validate
from apps.finance.einvoice.xml import NotReadable, parse, to_decimal
from tests.finance.einvoice.official import fatal_rules, published_rules
from tests.finance.einvoice.test_import import document

D = Decimal
#: Always true in the published rules too, or conditions that this suite has no use for.
NOT_HERE = {"BR-CO-05", "BR-CO-06", "BR-CO-07", "BR-CO-08", "UBL-CR-002", "UBL-CR-412"}
#: Withdrawn from the youngest published rules, but asked by those that many still run.
BEYOND = {"BR-CO-25"}


def test_every_published_rule_is_here() -> None:
    ours = [rule.id for rule in ubl_rules()]
    assert len(ours) == len(set(ours))
    assert published_rules() - set(ours) == NOT_HERE
    assert set(ours) - published_rules() == BEYOND


def test_code_lists_come_from_the_library() -> None:
    assert {"EA", "KGM", "C62"} <= codes("BR-CL-23")
    assert {"S", "AE", "K"} <= codes("BR-CL-17")
    assert len(left_out()) > 600


def full() -> Document:
    """An invoice with most terms filled."""
    made = document()
    line = replace(
        made.lines[0],
        note="Note",
        order_line="1",
        period=Period(date(2026, 1, 1), date(2026, 1, 31)),
        allowances=(AllowanceCharge(False, D("1"), "Rebate"), AllowanceCharge(True, D(1), "Box")),
        description="Long",
        attributes=(("Colour", "Black"),),
    )
    return replace(
        made,
        lines=(line, *made.lines[1:]),
        notes=("#AAI#Note",),
        order="O-1",
        contract="C-1",
        delivery=Delivery(date(2026, 3, 1), address=made.seller.address),
        payments=(Payment("30", remittance="R-100", accounts=()),),
        payment_terms="Now",
        period=Period(date(2026, 1, 1), date(2026, 1, 31)),
    )


def mutants(content: bytes, *, step: int) -> list[bytes]:
    """Copies without one element each, and with one text emptied or changed each."""
    root = etree.fromstring(content)
    count = len(list(root.iter()))
    made = []
    for place in range(1, count, step):
        for change in ("drop", "empty", "other"):
            copy = etree.fromstring(content)
            node: Any = list(copy.iter())[place]
            if change == "drop":
                node.getparent().remove(node)
            elif len(node):
                continue
            else:
                node.text = "" if change == "empty" else "7"
            made.append(etree.tostring(copy))
    return made


@pytest.mark.slow
def test_broken_documents_get_the_published_verdict() -> None:
    content = ubl.write(full())
    for mutant in mutants(content, step=23):
        ours = {one.rule for one in check_rules(parse(mutant)) if one.severity == FATAL}
        theirs = fatal_rules(mutant)
        assert ours - BEYOND == theirs, mutant.decode()


def test_a_failure_says_where() -> None:
    made = document()
    lines = (made.lines[0], replace(made.lines[1], name=""), made.lines[2])
    [failure] = validate(ubl.write(replace(made, lines=lines))).fatal[-1:]
    assert (failure.rule, failure.path) == ("BR-25", "Invoice/InvoiceLine[2]")
    assert failure.message == "A line names its item (BT-153)."


@pytest.mark.parametrize("text", ["1E9", "NaN", "Infinity", "1_0", "\u0661", "", "1" * 41, "1,5"])
def test_what_is_no_decimal_is_not_read(text: str) -> None:
    with pytest.raises(NotReadable):
        to_decimal(text)


def test_many_faults_are_told_soon() -> None:
    line = replace(document().lines[0], name="")
    found = validate(ubl.write(document(lines=(line,) * 3000)))
    assert [one.rule for one in found.fatal].count("BR-25") == 20


def test_what_is_no_number_breaks_the_rules_on_numbers() -> None:
    root = parse(ubl.write(document()).replace(b">46.4<", b">much<"))
    assert {"BR-CO-15", "BR-CO-16"} <= {failure.rule for failure in check_rules(root)}


@pytest.mark.parametrize("content", [b"<a>&lt;", b"\x00", b"<?xml version='1.0'?>"])
def test_what_is_no_xml_is_not_read(content: bytes) -> None:
    with pytest.raises(NotReadable):
        parse(content)
