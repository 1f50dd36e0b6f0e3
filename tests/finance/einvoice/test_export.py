"""What goes out: UBL, CII and Factur-X of posted invoices, by the rules that recipients apply."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal

import pypdf
import pytest
from django.test import Client
from lxml import etree

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.einvoice import cii_reader, ubl_reader
from apps.finance.einvoice.document import Category
from apps.finance.einvoice.pdf import xml_of
from apps.finance.einvoice.validation import validate
from apps.finance.einvoice.xml import parse
from apps.finance.facturx import facturx_pdf
from apps.finance.models import Invoice, TaxCode
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.einvoices import export_einvoice
from apps.finance.services.invoices import BillingLine
from apps.masterdata.models import Partner
from tests.factories import Books
from tests.finance.einvoice.conftest import DAY, IBAN, billed
from tests.finance.einvoice.official import fatal_rules
from tests.finance.receivables.acts import terms
from tests.support.faces import ApiClient, codes

D = Decimal


def test_an_invoice_in_ubl_keeps_every_published_rule(seller: Books, customer: Partner) -> None:
    invoice = billed(seller, customer)
    content = export_einvoice(invoice)
    assert fatal_rules(content) == set()
    verdict = validate(content)
    assert (verdict.syntax, verdict.failures) == ("ubl", ())
    read = ubl_reader.read(parse(content))
    assert (read.number, read.date, read.type_code) == (invoice.number, DAY, "380")
    assert (read.seller.vat_id, read.buyer.vat_id) == ("DE123456789", "FR40303265045")
    assert (read.buyer_reference, read.due_date) == ("PO 4711", invoice.due_date)
    assert read.payments[0].accounts[0].number == IBAN
    assert [line.net for line in read.lines] == [D("49.98"), D("100"), D("-5")]
    assert [line.unit for line in read.lines] == ["EA", "C62", "C62"]
    # a price is never below zero: the quantity is
    assert (read.lines[2].quantity, read.lines[2].price.net) == (D(-1), D(5))
    assert [(row.category.code, row.category.rate, row.taxable, row.tax) for row in read.taxes] == [
        ("S", D(20), D("44.98"), D("9.00")),
        ("S", D(10), D("100"), D("10")),
    ]
    assert read.totals.payable == invoice.total == D("163.98")


def test_the_same_invoice_in_cii_says_the_same(seller: Books, customer: Partner) -> None:
    invoice = billed(seller, customer)
    content = export_einvoice(invoice, syntax="cii")
    assert validate(content).failures == ()
    as_cii = cii_reader.read(parse(content))
    as_ubl = ubl_reader.read(parse(export_einvoice(invoice)))
    assert as_cii == as_ubl


def test_a_credit_note_names_the_invoice_that_it_takes_back(
    seller: Books, customer: Partner
) -> None:
    lines = [BillingLine(D(2), D("50"), None, "Bracket", seller.tax_codes["STD"])]
    invoice = billed(seller, customer, lines=lines)
    note = credit_invoice(invoice, date=DAY, by=seller.by)
    content = export_einvoice(note)
    assert etree.QName(parse(content)).localname == "CreditNote"
    assert fatal_rules(content) == set()
    read = ubl_reader.read(parse(content))
    assert (read.type_code, read.preceding[0].number) == ("381", invoice.number)
    assert read.totals.tax_inclusive == D("120")
    assert validate(export_einvoice(note, syntax="cii")).is_accepted


@pytest.mark.parametrize("currency", ["USD", "GBP"])
def test_another_currency_is_named_with_every_amount(
    seller: Books, customer: Partner, currency: str
) -> None:
    rate = seller.rate(currency, DAY, "0.9")
    content = export_einvoice(billed(seller, customer, currency=rate.currency))
    assert fatal_rules(content) == set()
    assert ubl_reader.read(parse(content)).currency == currency


def test_without_tax_the_reason_is_said(seller: Books, customer: Partner) -> None:
    free = TaxCode(
        company=seller.company, code="FREE", name="Exempt, article 132", rate=0,
        sales_account=seller.account("2100"), purchase_account=seller.account("2100"),
    ).save_by(seller.by)  # fmt: skip
    content = export_einvoice(
        billed(seller, customer, lines=[BillingLine(D(1), D(100), None, "Course", free)])
    )
    assert fatal_rules(content) == set()
    [row] = ubl_reader.read(parse(content)).taxes
    assert (row.category.code, row.tax, row.exemption_reason) == ("E", 0, "Exempt, article 132")


@pytest.mark.parametrize("category", ["AE", "K", "G", "Z"])
def test_each_category_has_what_its_rules_ask(
    seller: Books, customer: Partner, category: str
) -> None:
    treatment = "reverse_charge" if category in ("AE", "K") else "normal"
    code = TaxCode(
        company=seller.company, code="OWN", name="Own", category=category, treatment=treatment,
        rate=20 if treatment == "reverse_charge" else 0,
        exemption_reason="" if category == "Z" else "Because",
        sales_account=seller.account("2100"), purchase_account=seller.account("2100"),
    ).save_by(seller.by)  # fmt: skip
    lines = [BillingLine(D(1), D(100), None, "Steel", code)]
    content = export_einvoice(billed(seller, customer, lines=lines))
    assert fatal_rules(content) == set()
    read = ubl_reader.read(parse(content))
    [row] = read.taxes
    assert (row.category, row.tax) == (Category(category, D(0)), 0)
    assert row.exemption_reason == code.exemption_reason
    assert (read.delivery is not None) == (category == "K")


def test_gross_prices_and_what_is_withheld(seller: Books, customer: Partner) -> None:
    kept = TaxCode(
        company=seller.company, code="KEPT", name="Withheld", rate=15, treatment="withheld",
        sales_account=seller.account("2100"), purchase_account=seller.account("2100"),
    ).save_by(seller.by)  # fmt: skip
    gross = BillingLine(
        D(2), D("60"), None, "Advice", seller.tax_codes["STD"], price_includes_tax=True,
        withholding=kept,
    )  # fmt: skip
    content = export_einvoice(billed(seller, customer, lines=[gross]))
    assert fatal_rules(content) == set()
    read = ubl_reader.read(parse(content))
    assert (read.lines[0].price.net, read.lines[0].net) == (D(50), D(100))
    sums = read.totals
    assert (sums.tax_inclusive, sums.prepaid, sums.payable) == (D(120), D(15), D(105))


def test_what_is_missing_is_told_by_rule_and_nothing_leaves(
    books: Books, seller: Books, customer: Partner
) -> None:
    invoice = billed(seller, customer)
    customer.country = customer.address = ""
    customer.save_by(books.by)
    seller.company.tax_number = ""
    seller.company.save_by(books.by)
    fresh = Invoice.objects.get(pk=invoice.pk)
    with pytest.raises(BusinessError) as refusal:
        export_einvoice(fresh)
    assert refusal.value.code == "not_valid"
    rules = {row["rule"] for row in refusal.value.details["rules"]}
    assert {"BR-10", "BR-S-02"} <= rules
    assert "BR-10" in refusal.value.message


def test_only_what_is_posted_and_ours_goes_out(seller: Books, customer: Partner) -> None:
    draft = seller.invoice("customer", customer, DAY, "10")
    with pytest.raises((BusinessError, InvalidTransition)):
        export_einvoice(draft)
    bill = seller.posted_invoice("supplier", customer, DAY, "10", reference="B-1")
    with pytest.raises(BusinessError) as refusal:
        export_einvoice(bill)
    assert refusal.value.code == "not_ours"
    with pytest.raises(InvalidInput) as wrong:
        export_einvoice(billed(seller, customer), syntax="edifact")
    assert (wrong.value.field, wrong.value.code) == ("syntax", "invalid_choice")


def test_factur_x_is_an_archive_file_with_the_invoice_inside(
    seller: Books, customer: Partner
) -> None:
    invoice = billed(seller, customer)
    content = facturx_pdf(invoice)
    assert xml_of(content) == export_einvoice(invoice, syntax="cii")
    pdf = pypdf.PdfReader(io.BytesIO(content))
    root = pdf.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    tree = etree.fromstring(metadata[metadata.index("<x:xmpmeta") :].partition("<?xpacket")[0])
    said = {
        etree.QName(node).localname: (node.text or "").strip()
        for node in tree.iter()
        if isinstance(node.tag, str)
    } | {
        etree.QName(name).localname: value
        for node in tree.iter()
        if isinstance(node.tag, str)
        for name, value in node.attrib.items()
    }
    assert (said["part"], said["conformance"]) == ("3", "B")
    assert (said["DocumentFileName"], said["ConformanceLevel"]) == ("factur-x.xml", "EN 16931")
    [intent] = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    [attached] = root["/AF"]
    assert attached.get_object()["/AFRelationship"] == "/Alternative"
    assert "/ID" in pdf.trailer and not pdf.is_encrypted
    fonts = [
        font.get_object()
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
    ]  # fmt: skip
    assert fonts and all("/DescendantFonts" in font for font in fonts), "fonts are embedded"


def test_characters_that_xml_has_no_place_for_are_marked(seller: Books, customer: Partner) -> None:
    lines = [BillingLine(D(1), D(10), None, "a\x08b \U0001f600", seller.tax_codes["STD"])]
    invoice = billed(seller, customer, lines=lines)
    for syntax, reader in (("ubl", ubl_reader), ("cii", cii_reader)):
        read = reader.read(parse(export_einvoice(invoice, syntax=syntax)))
        assert read.lines[0].name == "a\N{REPLACEMENT CHARACTER}b \U0001f600"


def test_the_api_hands_them_out(seller: Books, customer: Partner) -> None:
    invoice = billed(seller, customer)
    api = ApiClient(seller.by)
    for syntax in ("ubl", "cii"):
        answer = api.get(f"/finance/invoices/{invoice.pk}/einvoice/?syntax={syntax}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml")
        assert validate(answer.content).syntax == syntax
    assert api.get(f"/finance/invoices/{invoice.pk}/facturx/").content.startswith(b"%PDF")
    refused = api.get(f"/finance/invoices/{invoice.pk}/einvoice/?syntax=x")
    assert (refused.status_code, codes(refused)) == (422, [("syntax", "invalid_choice")])
    draft = seller.invoice("customer", customer, DAY, "10")
    assert api.get(f"/finance/invoices/{draft.pk}/einvoice/").status_code == 409


def test_the_page_of_an_invoice_offers_them(seller: Books, customer: Partner) -> None:
    client = Client()
    client.force_login(seller.by)
    invoice = billed(seller, customer)
    bill = seller.posted_invoice("supplier", customer, DAY, "10", reference="B-1")
    page = f"/admin/finance/invoice/{invoice.pk}"
    shown = client.get(f"{page}/change/").content.decode()
    hidden = client.get(f"/admin/finance/invoice/{bill.pk}/change/").content.decode()
    for name, kind in (("facturx", "pdf"), ("ubl", "xml"), ("cii", "xml")):
        assert f"/print/{name}/" in shown and f"/print/{name}/" not in hidden
        answer = client.get(f"{page}/print/{name}/")
        assert answer["Content-Type"] == f"application/{kind}"
    customer.country = customer.address = ""
    customer.save_by(seller.by)
    refused = client.get(f"{page}/print/ubl/", follow=True)
    assert "BR-10" in refused.content.decode()


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
@pytest.mark.parametrize(
    ("country", "language", "expected"),
    [
        ("FR", "en", "2.5 % discount for payment until 2026-03-13, otherwise due on 2026-04-02."),
        (
            "DE",
            "de",
            "2,5 % Skonto bei Zahlung bis 13.03.2026, sonst fällig am 02.04.2026."
            "\n#SKONTO#TAGE=10#PROZENT=2.50#\n",
        ),
    ],
)
def test_a_discount_for_paying_early_is_said(
    seller: Books, customer: Partner, syntax: str, country: str, language: str, expected: str
) -> None:
    """BT-20; the German form is checked as the published test of BR-DE-18 does."""
    customer.country, customer.language = country, language
    customer.payment_terms = terms(seller, discount_percent="2.5", discount_days=10)
    customer.save_by(seller.by)
    content = export_einvoice(billed(seller, customer), syntax=syntax)
    assert validate(content).failures == ()
    tree = parse(content)
    if syntax == "ubl":
        assert fatal_rules(content) == set()
        [said] = tree.xpath("//*[local-name()='PaymentTerms']/*[local-name()='Note']/text()")
    else:
        [said] = tree.xpath(
            "//*[local-name()='SpecifiedTradePaymentTerms']/*[local-name()='Description']/text()"
        )
    assert said == expected
    form = r"#(SKONTO)#TAGE=([0-9]+#PROZENT=[0-9]+\.[0-9]{2})(#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#$"
    lines = [line for line in re.split(r"\r?\n", said) if line.strip().startswith("#")]
    assert len(lines) == (country == "DE")
    for line in lines:
        assert re.match(form, line)
        assert re.match(r"\s*\n", re.split("#.+#", said)[-1])


def test_without_a_discount_no_terms_are_said(seller: Books, customer: Partner) -> None:
    customer.payment_terms = terms(seller)
    customer.save_by(seller.by)
    read = ubl_reader.read(parse(export_einvoice(billed(seller, customer))))
    assert (read.payment_terms, read.due_date) == ("", date(2026, 4, 2))
