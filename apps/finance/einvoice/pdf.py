"""The invoice for machines inside a PDF for people: Factur-X, ZUGFeRD."""

from __future__ import annotations

from apps.finance.einvoice.xml import NotReadable


def xml_of(content: bytes) -> bytes:
    """The invoice inside a Factur-X or ZUGFeRD file. Raises ``NotReadable`` when there is none."""
    from facturx import get_xml_from_pdf

    try:
        name, xml = get_xml_from_pdf(content, check_xsd=False)
    except Exception as error:  # a hostile PDF fails in many ways
        raise NotReadable(f"the PDF can't be read: {error}") from error
    if not name or not xml:
        raise NotReadable("there is no invoice inside this PDF")
    return bytes(xml)
