"""What comes in: a received invoice becomes a draft bill, or says why not; nothing else is kept."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import BusinessError
from apps.core.models import Attachment
from apps.finance.einvoice import cii, ubl
from apps.finance.einvoice.document import (
    Address,
    AllowanceCharge,
    Category,
    Document,
    Identifier,
    Line,
    Party,
    Preceding,
    Price,
)
from apps.finance.einvoice.totals import breakdown, totals
from apps.finance.facturx import facturx_pdf
from apps.finance.models import Invoice, TaxCode
from apps.finance.services.credit_allocations import allocate_credit_note
from apps.finance.services.einvoice_imports import import_einvoice, validate_einvoice
from apps.finance.services.invoices import (
    BillingLine,
    cancel_invoice,
    change_invoice,
    post_invoice,
)
from apps.finance.services.settlement import Allocation
from apps.masterdata.models import Partner
from tests.factories import Books
from tests.finance.einvoice.conftest import DAY, billed
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
S20, S10 = Category("S", D(20)), Category("S", D(10))


UTF_16 = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")


def document(**values: Any) -> Document:
    """An invoice of a steel merchant to the company of ``seller``."""
    lines = values.pop("lines", None) or (
        Line("1", D(3), "KGM", D("33.33"), Price(D("11.11")), "Wire", S20, buyers_id="BRK-1"),
        Line("2", D(-1), "C62", D("-4.00"), Price(D("4.00")), "Returned reel", S20),
        Line("3", D(10), "MTR", D("2.00"), Price(D(20), D(100), "MTR"), "Tape", S10),
    )
    allowances = values.pop(
        "allowances", (AllowanceCharge(True, D("7.50"), "Freight", category=S20),)
    )
    taxes = breakdown([(line.category, line.net) for line in lines], allowances)
    made = Document(
        number="R-100", date=DAY, due_date=DAY, type_code="380", currency="EUR",
        seller=Party("Steel AG", vat_id="AT12345678", endpoint=Identifier("9012", "0088"),
                     address=Address("AT", "Ring 1")),
        buyer=Party("Us", vat_id="DE123456789", address=Address("DE")),
        totals=totals(lines, taxes, allowances), taxes=taxes, lines=lines, allowances=allowances,
    )  # fmt: skip
    return replace(made, **values)


@pytest.fixture
def supplier(seller: Books) -> Partner:
    return seller.partner("S-1", is_customer=False, tax_number="AT12345678")


def enter(books: Books, content: bytes, name: str = "bill.xml") -> Invoice:
    return import_einvoice(
        books.company, name=name, content=content, by=books.by, account=books.account("6110")
    )


def refused(books: Books, content: bytes) -> BusinessError:
    with pytest.raises(BusinessError) as refusal:
        enter(books, content)
    return refusal.value


@pytest.mark.parametrize("writer", [ubl, cii], ids=["ubl", "cii"])
def test_it_becomes_a_draft_that_posts(seller: Books, supplier: Partner, writer: Any) -> None:
    item = seller.item("BRK-1")
    content = writer.write(document())
    bill = enter(seller, content)
    assert (bill.kind, bill.status, bill.partner) == ("supplier", "draft", supplier)
    assert (bill.reference, bill.date, bill.due_date) == ("R-100", DAY, DAY)
    lines = list(bill.lines.all())
    assert [line.amount for line in lines] == [D("33.33"), D("-4"), D("2"), D("7.5")]
    assert [line.unit_price for line in lines] == [D("11.11"), D("-4"), D("0.2"), D("7.5")]
    assert [line.description for line in lines] == ["Wire", "Returned reel", "Tape", "Freight"]
    assert lines[0].item == item and lines[1].item is None
    assert [line.tax_code.code for line in lines] == ["STD", "STD", "RED", "STD"]
    assert sum(line.tax_amount for line in lines) == D("7.57")
    assert bill.total == document().totals.payable == D("46.40")
    kept = Attachment.objects.get(target_id=bill.pk)
    assert (kept.name, kept.file.open().read()) == ("bill.xml", content)
    post_invoice(bill, by=seller.by)
    assert_reconciled()


def test_tax_is_what_the_sender_says_to_the_cent(seller: Books, supplier: Partner) -> None:
    """Rounded per line or per rate: the bill is paid as it is stated."""
    made = document()
    [first, second] = made.taxes
    taxes = (replace(first, tax=first.tax + D("0.02")), second)
    stated = replace(made, taxes=taxes, totals=totals(made.lines, taxes, made.allowances))
    assert enter(seller, ubl.write(stated)).total == made.totals.payable + D("0.02")


def test_rounding_is_a_line_and_prepayment_is_not(seller: Books, supplier: Partner) -> None:
    made = document()
    sums = totals(
        made.lines, made.taxes, made.allowances, prepaid=D(10), rounding=D("-0.40")
    )  # fmt: skip
    bill = enter(seller, ubl.write(replace(made, totals=sums)))
    assert bill.total == D("46.00")
    assert bill.lines.last().amount == D("-0.40")


def test_a_factur_x_file_comes_in_as_it_went_out(seller: Books, customer: Partner) -> None:
    content = facturx_pdf(billed(seller, customer))
    company = seller.company
    company.tax_number = "FR40303265045"
    company.save_by(seller.by)
    us = seller.partner("US", is_customer=False, tax_number="DE123456789")
    bill = enter(seller, content, "invoice.pdf")
    assert (bill.partner, bill.total) == (us, D("163.98"))
    assert Attachment.objects.get(target_id=bill.pk).content_type == "application/pdf"


def test_suppliers_are_known_by_number_address_or_name(seller: Books) -> None:
    content = ubl.write(document())
    error = refused(seller, content)
    assert (error.code, error.field) == ("unknown_supplier", "partner")
    assert error.details == {
        "tax_number": "AT12345678",
        "electronic_address": "9012",
        "electronic_address_scheme": "0088",
        "name": "Steel AG",
    }
    assert not Invoice.objects.exists() and not Attachment.objects.exists()
    named = seller.partner("S-2", is_customer=False)
    named.name = "STEEL AG"
    named.save_by(seller.by)
    bill = enter(seller, content)
    assert bill.partner == named
    cancel_invoice(bill, by=seller.by)
    addressed = seller.partner(
        "S-3", electronic_address="9012", electronic_address_scheme="0088"
    )  # fmt: skip
    assert enter(seller, content).partner == addressed


def test_a_bill_comes_in_once(seller: Books, supplier: Partner) -> None:
    content = ubl.write(document())
    enter(seller, content)
    error = refused(seller, content)
    assert (error.code, error.field) == ("entered_before", "reference")
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"number": ""}, "BR-02"),
        ({"lines": ()}, "BR-16"),
        ({"currency": "EUX"}, "BR-CL-04"),
    ],
)
def test_a_broken_rule_refuses_it(
    seller: Books, supplier: Partner, changes: dict[str, Any], rule: str
) -> None:
    error = refused(seller, ubl.write(replace(document(), **changes)))
    assert error.code == "not_valid"
    assert rule in {row["rule"] for row in error.details["rules"]}
    assert not Invoice.objects.exists()


def test_sums_that_do_not_add_up_are_refused(seller: Books, supplier: Partner) -> None:
    made = document()
    wrong = replace(made.totals, payable=D("40.00"), tax_inclusive=D("40.00"))
    error = refused(seller, ubl.write(replace(made, totals=wrong)))
    assert "BR-CO-15" in {row["rule"] for row in error.details["rules"]}
    assert not Invoice.objects.exists()


def test_what_no_bill_holds_is_refused(seller: Books, supplier: Partner) -> None:
    error = refused(seller, ubl.write(document(number="R" * 61)))
    assert (error.code, error.field) == ("too_long", "reference")
    huge = Line("1", D(1), "C62", D(10) ** 15, Price(D(10) ** 15), "Wire", Category("Z", D(0)))
    error = refused(seller, ubl.write(document(lines=(huge,), allowances=())))
    assert (error.code, error.field) == ("too_large", "total")
    assert not Invoice.objects.exists()


def credit_of(number: str, *lines: Line) -> Document:
    """A credit note of the merchant over an invoice of his."""
    preceding = (Preceding(number, DAY),)
    values = {"type_code": "381", "due_date": None, "number": "G-7", "preceding": preceding}
    return document(lines=lines, allowances=(), **values)


@pytest.mark.parametrize("writer", [ubl, cii], ids=["ubl", "cii"])
def test_a_credit_note_becomes_one_of_the_bills_lines(
    seller: Books, supplier: Partner, writer: Any
) -> None:
    """Units at the bill's price, a lower price of the others, and what no line of it is."""
    seller.item("BRK-1")
    bill = post_invoice(enter(seller, ubl.write(document())), by=seller.by)
    wire, tape = bill.lines.get(description="Wire"), bill.lines.get(description="Tape")
    made = credit_of(
        "R-100",
        Line("1", D(2), "KGM", D("22.22"), Price(D("11.11")), "W", S20, buyers_id="BRK-1"),
        Line("2", D(10), "MTR", D("0.50"), Price(D("0.05")), "Tape", S10),
        Line("3", D(1), "C62", D("3.00"), Price(D("3.00")), "Bonus", S20),
    )
    note = enter(seller, writer.write(made), "credit.xml")
    assert (note.kind, note.status, note.credits, note.reference) == (
        "bill_credit", "draft", bill, "G-7",
    )  # fmt: skip
    assert note.total == made.totals.payable
    rows = list(note.lines.order_by("pk"))
    assert [row.source for row in rows] == [wire, tape, None]
    assert [row.credits_price for row in rows] == [False, True, False]
    assert refused(seller, writer.write(made)).code == "entered_before"
    lines = [
        BillingLine(
            row.quantity, row.unit_price, item=row.item, description=row.description,
            tax_code=row.tax_code, account=row.account,
        )
        for row in rows
    ]  # fmt: skip
    note = change_invoice(note, lines=lines, by=seller.by)
    assert [row.source for row in note.lines.order_by("pk")][:2] == [wire, tape]
    note = post_invoice(note, by=seller.by)
    assert_reconciled()
    allocate_credit_note(note, allocations=[Allocation(bill, note.total)], date=DAY, by=seller.by)
    assert_reconciled()


def test_a_credit_note_of_nothing_we_know_is_a_draft_by_itself(
    seller: Books, supplier: Partner
) -> None:
    line = Line("1", D(1), "C62", D("30"), Price(D("30")), "Bonus", S20)
    note = enter(seller, ubl.write(credit_of("OLD-1", line)))
    assert (note.kind, note.credits, note.total) == ("bill_credit", None, 36)
    post_invoice(note, by=seller.by)
    assert_reconciled()


def test_others_invoices_and_what_is_below_zero_are_not_bills(
    seller: Books, supplier: Partner
) -> None:
    made = document()
    below = Line("1", D(-1), "C62", D("-4.00"), Price(D("4.00")), "Returned reel", S20)
    error = refused(seller, ubl.write(document(lines=(below,), allowances=())))
    assert error.code == "no_bill"
    other = replace(made.buyer, vat_id="FR40303265045")
    assert refused(seller, ubl.write(replace(made, buyer=other))).code == "other_recipient"


def test_a_rate_without_a_tax_code_is_refused(seller: Books, supplier: Partner) -> None:
    line = Line("1", D(1), "C62", D(100), Price(D(100)), "Wire", Category("S", D(7)))
    error = refused(seller, ubl.write(document(lines=(line,), allowances=())))
    assert (error.code, error.field) == ("unknown_tax", "tax_code")
    owed = Line("1", D(1), "C62", D(100), Price(D(100)), "Wire", Category("AE", D(0)))
    made = document(lines=(owed,), allowances=())
    taxes = tuple(replace(row, exemption_reason="Reverse charge") for row in made.taxes)
    content = ubl.write(replace(made, taxes=taxes))
    code = TaxCode.objects.get(company=seller.company, category="AE")
    code.is_active = False
    code.save_by(seller.by)
    assert refused(seller, content).code == "unknown_tax"
    code.is_active = True
    code.save_by(seller.by)
    bill = enter(seller, content)
    [line] = bill.lines.all()
    assert (line.tax_code, line.tax_amount, bill.total) == (code, 0, D(100))
    post_invoice(bill, by=seller.by)
    assert_reconciled()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        UTF_16,
        b"%PDF-1.7 broken",
        b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>",
        b"<a>" * 400 + b"</a>" * 400,
    ],
    ids=["empty", "text", "other", "entity", "utf-16", "pdf", "bare", "deep"],
)  # fmt: skip
def test_what_is_no_invoice_is_refused_and_harmless(seller: Books, content: bytes) -> None:
    assert refused(seller, content).code in {"file_size", "not_valid", "no_einvoice"}
    assert not Invoice.objects.exists() and not Attachment.objects.exists()


def test_the_api_checks_and_imports(seller: Books, supplier: Partner) -> None:
    api = ApiClient(seller.by)
    content = ubl.write(document())

    def sent(where: str, body: bytes, **values: str) -> Any:
        file = SimpleUploadedFile("bill.xml", body, "application/xml")
        return api.upload(f"/finance/einvoices/{where}/", file=file, **values)

    checked = sent("check", content)
    assert (checked.status_code, checked.json()["is_accepted"]) == (200, True)
    broken = sent("check", ubl.write(document(number="")))
    assert "BR-02" in {row["rule"] for row in broken.json()["failures"]}
    given = {"company": seller.company.code, "account": "6110"}
    made = sent("import", content, **given)
    assert made.status_code == 201, made.content
    assert Invoice.objects.get(pk=made.json()["invoice"]).reference == "R-100"
    answer = sent("import", content, **given)
    assert (answer.status_code, codes(answer)) == (409, [("reference", "entered_before")])


def test_the_page_enters_or_says_why_not(seller: Books, supplier: Partner) -> None:
    client = Client()
    client.force_login(seller.by)
    page = "/reports/finance/einvoices/"
    assert client.get(page).status_code == 200
    content = ubl.write(document())

    def send(body: bytes, **values: Any) -> Any:
        file = SimpleUploadedFile("bill.xml", body, "application/xml")
        given = {"company": seller.company.pk, "account": seller.account("6110").pk, "file": file}
        return client.post(page, {**given, **values})

    checked = send(content, check="1")
    assert checked.status_code == 200 and not Invoice.objects.exists()
    broken = send(ubl.write(document(number="")))
    assert "BR-02" in broken.content.decode() and not Invoice.objects.exists()
    entered = send(content)
    bill = Invoice.objects.get()
    assert entered.status_code == 302 and str(bill.pk) in entered["Location"]
    change_invoice(bill, reference="R-101", by=seller.by)
    cancel_invoice(bill, by=seller.by)


def test_checking_needs_nothing_of_ours() -> None:
    verdict = validate_einvoice(ubl.write(document()))
    assert verdict.is_accepted and not verdict.warnings
