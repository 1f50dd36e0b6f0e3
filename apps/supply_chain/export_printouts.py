"""Export papers as files: the commercial invoice with its packing list, as PDF and CSV."""

from __future__ import annotations

from dataclasses import asdict, fields

from django.utils.translation import gettext as _

from apps.core.codes import barcode_svg
from apps.core.printouts import in_language, render_pdf
from apps.core.tables import write_csv
from apps.finance.printouts import figure
from apps.supply_chain.models import Consignment
from apps.supply_chain.queries.export_papers import ExportLine, export_papers


def commercial_invoice_pdf(consignment: Consignment, *, paper: str = "A4") -> bytes:
    """What customs read: parties, Incoterm, tariff numbers, origin, values, weights, packages.

    Raises ``BusinessError`` for what is missing.
    """
    with in_language(consignment.partner.language):
        papers = export_papers(consignment)
        context = {
            "company": consignment.company,
            "papers": papers,
            "barcode": barcode_svg(papers.number),
            "lines": [
                (line, figure(line.unit_value, 2), figure(line.value, 2)) for line in papers.lines
            ],
            "total": figure(papers.total_value, 2),
        }
        title = _("Commercial invoice {number}").format(number=papers.number)
        return render_pdf(
            "supply_chain/printouts/commercial_invoice.html", context, paper=paper, title=title
        )


def export_csv(consignment: Consignment) -> bytes:
    """The lines with what holds for all of them, a row each; names of columns as in the API."""
    papers = export_papers(consignment)
    common = {
        "number": papers.number,
        "date": papers.date.isoformat(),
        "destination_country": papers.destination_country,
        "incoterm": papers.incoterm,
        "incoterm_place": papers.incoterm_place,
        "currency": papers.currency,
    }
    names = [*common, *(one.name for one in fields(ExportLine))]
    rows = ([*common.values(), *asdict(line).values()] for line in papers.lines)
    return write_csv(names, rows)
