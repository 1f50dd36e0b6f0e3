"""What the shop floor prints: the traveler that goes with a work order."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from pypdf import PdfWriter

from apps.core.codes import barcode_image, qr_image
from apps.core.pdf import pdf_of
from apps.core.pdf_pool import cores, pdfs_of
from apps.core.printouts import assets, render_html, require_paper
from apps.core.services.documents import require_status
from apps.engineering.models import InstructionRevision
from apps.execution.models import WorkOrder, WorkOrderOperation
from apps.execution.queries.travelers import Traveler, travelers

#: Where the paper has something to go with: what is to make is fixed by the release.
PRINTABLE = tuple(
    status for status in WorkOrder.Status.values if status not in ("draft", "cancelled")
)
#: Lines to write on under each operation.
WRITING_LINES = 3
#: Below so many travelers a process of its own takes longer to start than it saves.
FEWEST_FOR_A_PROCESS = 4
#: The printed width inside the margins, in millimetres.
WIDTHS = {"A4": 176.0, "Letter": 181.9}
Progress = Callable[[int, int], None]


def traveler_pdf(order: WorkOrder, *, paper: str = "A4") -> bytes:
    """The traveler of one order.

    Raises ``InvalidInput`` for a paper we don't print on, and ``BusinessError`` for a draft, whose
    material and operations are not fixed yet, and for an order that was given up.
    """
    require_paper(paper)
    require_status(order, *PRINTABLE)
    return pdf_of(_page(travelers([order.pk])[0], paper), assets())


def travelers_pdf(
    order_ids: Sequence[int], *, paper: str = "A4", progress: Progress | None = None
) -> bytes:
    """Travelers of many orders in one file, each with its own page numbers, made on all cores."""
    require_paper(paper)
    writer = PdfWriter()
    processes = min(cores(), len(order_ids) // FEWEST_FOR_A_PROCESS)
    pages = (_page(traveler, paper) for traveler in travelers(order_ids))
    for done, made in enumerate(pdfs_of(pages, assets(), processes=processes), start=1):
        writer.append(io.BytesIO(made), import_outline=False)
        if progress is not None:
            progress(done, len(order_ids))
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def scan_link(text: str) -> str:
    """What a QR code holds: opens the terminal at ``text``, from a telephone too."""
    public = getattr(settings, "PUBLIC_URL", "")
    return f"{public}{reverse('shop')}?scan={quote(text, safe='')}"


def _page(traveler: Traveler, paper: str) -> str:
    """The traveler as HTML."""
    order = traveler.order
    return render_html(
        "execution/printouts/traveler.html",
        {
            "company": order.company,
            "revision": order.item.revision,
            "order": order,
            "item": order.item,
            "unit": order.item.unit.code,
            "order_barcode": barcode_image(order.number, height_mm=11),
            "order_qr": qr_image(scan_link(order.number), module_mm=0.55),
            "operations": [
                _operation(order, one, traveler.instructions) for one in traveler.operations
            ],
            "components": traveler.components,
            "operation_grid": writing_grid(
                [
                    _("Date"),
                    _("Good"),
                    _("Scrap"),
                    _("Reason"),
                    _("Minutes"),
                    _("Operator"),
                    _("Inspected by"),
                ],
                width_mm=WIDTHS[paper] - 0.8,
                rows=WRITING_LINES,
                row_mm=8.5,
            ),
            "final_grid": writing_grid(
                [
                    _("Good in all"),
                    _("Scrap in all"),
                    _("Lot or serial numbers"),
                    _("Finished by, on"),
                    _("Checked by, on"),
                ],
                width_mm=WIDTHS[paper],
                rows=1,
                row_mm=12,
            ),
            "signatures": traveler.signatures,
            "is_held": order.status == WorkOrder.Status.HELD,
        },
        paper=paper,
        title=_("Traveler {number}").format(number=order.number),
    )


def writing_grid(
    headings: Sequence[str], *, width_mm: float, rows: int, row_mm: float
) -> SafeString:
    """Boxes to write in: a line of headings at tab stops over a drawing of the lines.

    A table of empty cells would cost WeasyPrint as much as all the rest of the page.
    """
    step, height = width_mm / len(headings), rows * row_mm
    lines = "".join(f"M0 {n * row_mm:g}h{width_mm:g}" for n in range(rows + 1))
    lines += "".join(f"M{n * step:.2f} 0v{height:g}" for n in range(len(headings) + 1))
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_mm:g} {height:g}">'
        f'<path d="{lines}" fill="none" stroke="#777" stroke-width=".2"/></svg>'
    )
    return format_html(
        '<div class="heads" style="tab-size:{}mm">{}</div>'
        '<img class="grid" alt="" src="data:image/svg+xml,{}" style="width:{}mm;height:{}mm">',
        f"{step:.3f}",
        "\t".join(headings),
        quote(drawing),
        f"{width_mm:g}",
        f"{height:g}",
    )


def _operation(
    order: WorkOrder,
    operation: WorkOrderOperation,
    instructions: Mapping[int, InstructionRevision],
) -> dict[str, Any]:
    text = f"{order.number}/{operation.sequence}"
    return {
        "row": operation,
        "instruction": instructions.get(operation.instruction_revision_id or 0),
        "text": text,
        "barcode": barcode_image(text, height_mm=9),
        "qr": qr_image(scan_link(text), module_mm=0.45),
        "total_minutes": operation.setup_minutes + operation.run_minutes * order.quantity,
    }
