"""Each published case of EN 16931 by its name: verdicts of rules, of documents, and arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.finance.einvoice import cii, cii_reader, ubl, ubl_reader
from apps.finance.einvoice.document import AllowanceCharge, Category
from apps.finance.einvoice.totals import breakdown, line_net, totals
from apps.finance.einvoice.validation import check_rules, ubl_rules, validate
from apps.finance.einvoice.xml import parse
from tests.finance.einvoice.cases import (
    document,
    document_names,
    needs_cases,
    rows,
    unit_documents,
)

D = Decimal
UNIT = rows("unit_expected.csv")
DOCUMENTS = rows("documents_expected.csv")
TOTALS = rows("calc_expected_totals.csv")


def unit_case(row: dict[str, str]) -> Any:
    """A verdict, with the name of the case whose file it is in."""
    case = f"FIN-EINV-UNIT-{row['file'].removesuffix('.xml').replace('/', '-')}"
    return pytest.param(row, marks=pytest.mark.case(case))


@needs_cases
@pytest.mark.parametrize(
    "row",
    [unit_case(row) for row in UNIT],
    ids=lambda row: f"FIN-EINV-UNIT-{row['file']}-{row['test']}-{row['rule']}",
)
def test_a_rule_gives_the_published_verdict(row: dict[str, str]) -> None:
    assert row["rule"] in {rule.id for rule in ubl_rules()}
    content = unit_documents(row["file"])[int(row["test"]) - 1]
    broken = {failure.rule for failure in check_rules(parse(content))}
    assert ("fail" if row["rule"] in broken else "pass") == row["expected"]


@needs_cases
@pytest.mark.case("FIN-EINV-DOC-{row[file]}")
@pytest.mark.parametrize("row", DOCUMENTS, ids=lambda row: f"FIN-EINV-DOC-{row['file']}")
def test_a_document_gets_the_published_verdict(row: dict[str, str]) -> None:
    verdict = validate(document(row["file"]))
    assert verdict.syntax == "ubl"
    assert ("accept" if verdict.is_accepted else "reject") == row["verdict"]
    # the schema speaks beside the published rules
    fatal = [failure.rule for failure in verdict.fatal if failure.rule != "XSD"]
    wanted = [name.partition("x")[0] for name in row["fatal"].split()]
    assert fatal == wanted
    warnings = {failure.rule for failure in verdict.warnings}
    assert warnings == {name.partition("x")[0] for name in row["warnings"].split()}


def optional(text: str) -> Decimal | None:
    return D(text) if text else None


def category(row: dict[str, str]) -> Category:
    return Category(row["vat_category"], optional(row["vat_rate"]))


def allowances_of(name: str) -> list[AllowanceCharge]:
    return [
        AllowanceCharge(row["is_charge"] == "true", D(row["amount"]), category=category(row))
        for row in rows("calc_document_allowances.csv")
        if row["doc"] == name
    ]


@needs_cases
@pytest.mark.parametrize("row", TOTALS, ids=lambda row: f"FIN-EINV-CALC-{row['doc']}")
def test_totals_and_tax_are_the_published_ones(row: dict[str, str]) -> None:
    name = row["doc"]
    lines = [line for line in rows("calc_lines.csv") if line["doc"] == name]
    allowances = allowances_of(name)
    nets = [(category(line), D(line["expected_net"])) for line in lines]
    taxes = breakdown(nets, allowances)
    expected = {
        (line["vat_category"], optional(line["vat_rate"])): (
            D(line["expected_taxable"]),
            D(line["expected_tax"]),
        )
        for line in rows("calc_expected_vat.csv")
        if line["doc"] == name
    }
    got = {(one.category.code, one.category.rate): (one.taxable, one.tax) for one in taxes}
    assert got == expected
    made = totals(
        [net for _category, net in nets],
        taxes,
        allowances,
        prepaid=optional(row["prepaid"]),
        rounding=optional(row["rounding"]),
    )
    assert made.lines == D(row["expected_sum_lines"])
    assert (made.allowances or D(0)) == D(row["allowances"] or 0)
    assert (made.charges or D(0)) == D(row["charges"] or 0)
    assert made.tax_exclusive == D(row["expected_tax_exclusive"])
    assert made.tax == D(row["expected_vat"])
    assert made.tax_inclusive == D(row["expected_tax_inclusive"])
    assert made.payable == D(row["expected_payable"])


@needs_cases
@pytest.mark.parametrize("row", TOTALS, ids=lambda row: f"FIN-EINV-LINES-{row['doc']}")
def test_lines_multiply_as_often_as_published(row: dict[str, str]) -> None:
    """Senders may round a line otherwise: the table says how many follow from their parts."""
    lines = [line for line in rows("calc_lines.csv") if line["doc"] == row["doc"]]
    exact = 0
    for line in lines:
        parts = [
            AllowanceCharge(is_charge, D(line[name] or 0))
            for is_charge, name in ((False, "line_allowance"), (True, "line_charge"))
        ]
        net = line_net(
            D(line["quantity"]),
            D(line["unit_price"]),
            base_quantity=D(line["base_quantity"] or 1),
            allowances=parts,
        )
        exact += net == D(line["expected_net"])
    stated = row["verified"].partition(";")[0].removeprefix("lines ")
    assert f"{exact}/{len(lines)}" == stated


@needs_cases
@pytest.mark.parametrize("name", document_names())
def test_a_document_survives_both_syntaxes(name: str) -> None:
    read = ubl_reader.read(parse(document(name)))
    assert ubl_reader.read(parse(ubl.write(read))) == read
    as_cii = cii_reader.read(parse(cii.write(read)))
    assert (as_cii.totals, as_cii.taxes) == (read.totals, read.taxes)
    assert [line.net for line in as_cii.lines] == [line.net for line in read.lines]
    assert as_cii.seller == read.seller and as_cii.buyer == read.buyer
    accepted = validate(document(name)).is_accepted
    # the schema objects to the one that is rejected; its copy is whole, and so is accepted
    assert validate(cii.write(read)).is_accepted or not accepted
