"""What the shop floor prints: the traveler that goes with a work order."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from PIL import Image
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
    return format_html(
        '<div class="heads" style="tab-size:{}mm">{}</div>'
        '<img class="grid" alt="" src="data:image/png;base64,{}" '
        'style="width:{}mm;height:{}mm;image-rendering:pixelated"/>',
        f"{width_mm / len(headings):.3f}",
        "\t".join(headings),
        _grid_image(len(headings), width_mm, rows, row_mm),
        f"{width_mm:g}",
        f"{rows * row_mm:g}",
    )


@lru_cache(maxsize=32)
def _grid_image(columns: int, width_mm: float, rows: int, row_mm: float) -> str:
    """A PNG of grey lines, four points to the millimetre."""
    width, height = round(width_mm * 4), round(rows * row_mm * 4)
    picture = Image.new("P", (width, height), 0)
    picture.putpalette([255, 255, 255, 119, 119, 119])
    for row in range(rows + 1):
        top = min(round(row * row_mm * 4), height - 1)
        picture.paste(1, (0, top, width, top + 1))
    for column in range(columns + 1):
        left = min(round(column * width / columns), width - 1)
        picture.paste(1, (left, 0, left + 1, height))
    content = io.BytesIO()
    picture.save(content, "PNG", bits=1)
    return base64.b64encode(content.getvalue()).decode()


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
