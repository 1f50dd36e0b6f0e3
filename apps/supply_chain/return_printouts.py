"""The paper that goes with goods back to their supplier, in his language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.codes import barcode_svg
from apps.core.printouts import in_language, render_pdf
from apps.supply_chain.models import SupplierReturn


def return_note_pdf(document: SupplierReturn, *, paper: str = "A4") -> bytes:
    """What goes back and why: items, lots, the receipt and order that brought it."""
    with in_language(document.partner.language):
        lines = document.lines.select_related(
            "item__unit",
            "lot",
            "receipt_line__receipt__order",
            "receipt_line__order_line__supplier_item",
            "disposition__reason",
            "disposition__nonconformance",
        )
        context = {
            "company": document.company,
            "document": document,
            "partner": document.partner,
            "barcode": barcode_svg(document.number),
            "is_draft": document.status == SupplierReturn.Status.DRAFT,
            "is_reversed": document.status == SupplierReturn.Status.REVERSED,
            "lines": list(lines),
        }
        title = _("Return note {number}").format(number=document.number)
        return render_pdf(
            "supply_chain/printouts/return_note.html",
            context,
            paper=paper,
            title=title,
            signed=document,
        )
