"""A request for quotation as each supplier gets it, in his own language."""

from __future__ import annotations

import io
from typing import Any

from django.utils.translation import gettext as _
from pypdf import PdfWriter

from apps.core.admin.numbers import number_text
from apps.core.codes import barcode_svg
from apps.core.printouts import in_language, render_pdf
from apps.supply_chain.models import RequestForQuotation, SupplierItem


def request_pdf(request: RequestForQuotation, *, paper: str = "A4") -> bytes:
    """A letter to each supplier that is asked, one behind the other, with his own item codes."""
    lines = list(request.lines.select_related("item", "unit"))
    asked = [one.partner for one in request.suppliers.select_related("partner")]
    codes = _codes(request, [line.item_id for line in lines])
    writer = PdfWriter()
    for partner in asked:
        rows = [(line, codes.get((partner.pk, line.item_id), "")) for line in lines]
        letter = _letter(request, partner, rows, paper)
        writer.append(io.BytesIO(letter), import_outline=False)
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def _codes(request: RequestForQuotation, item_ids: list[int]) -> dict[tuple[int, int], str]:
    rows = SupplierItem.objects.filter(company=request.company, item__in=item_ids)
    return {
        (partner_id, item_id): code
        for partner_id, item_id, code in rows.order_by("valid_from").values_list(
            "partner_id", "item_id", "supplier_code"
        )
    }


def _letter(request: RequestForQuotation, partner: Any, rows: list[Any], paper: str) -> bytes:
    with in_language(partner.language):
        context = {
            "company": request.company,
            "request": request,
            "partner": partner,
            "site": request.site,
            "barcode": barcode_svg(request.number),
            "is_draft": request.status == RequestForQuotation.Status.DRAFT,
            "rows": [(line, code, number_text(line.quantity)) for line, code in rows],
        }
        title = _("Request for quotation {number}").format(number=request.number)
        template = "supply_chain/printouts/request_for_quotation.html"
        return render_pdf(template, context, paper=paper, title=title)
