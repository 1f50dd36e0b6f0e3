"""Factur-X: a PDF/A-3 for people that carries the invoice for machines."""

from __future__ import annotations

from apps.finance.models import Invoice
from apps.finance.printouts import invoice_pdf
from apps.finance.services.einvoices import export_einvoice

VARIANT = "pdf/a-3b"


def facturx_pdf(invoice: Invoice, *, paper: str = "A4") -> bytes:
    """The printout with its CII inside, in the profile EN 16931. Refuses as ``export_einvoice``."""
    from facturx import generate_from_binary

    xml = export_einvoice(invoice, syntax="cii")
    printed = invoice_pdf(invoice, paper=paper, variant=VARIANT)
    return generate_from_binary(
        printed,
        xml,
        flavor="factur-x",
        level="en16931",
        check_xsd=False,  # done, with all the rules
        check_schematron=False,
        pdf_metadata={
            "author": invoice.company.name,
            "keywords": "Factur-X",
            "title": f"{invoice.company.name}: {invoice.number}",
            "subject": f"{invoice.number}",
        },
        lang=invoice.partner.language,
        afrelationship="alternative",
        xmp_compression=False,
    )
