"""What the warehouse prints: the sheet to count on."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.codes import barcode_image
from apps.core.printouts import render_pdf, require_paper
from apps.inventory.models import StockCount


def count_sheet_pdf(count: StockCount, *, paper: str = "A4") -> bytes:
    """The sheet of a count, place by place, to write on.

    What the books say is on it only when the count isn't blind and has been made. Raises
    ``InvalidInput`` for a paper we don't print on.
    """
    require_paper(paper)
    lines = list(
        count.lines.select_related("item__unit", "location", "lot").order_by(
            "location__code", "item__code", "pk"
        )
    )
    for line in lines:
        line.count = count
    return render_pdf(
        "inventory/printouts/count_sheet.html",
        {
            "company": count.company,
            "count": count,
            "lines": lines,
            "shows_books": not count.hides_books,
            "barcode": barcode_image(count.number, height_mm=10),
        },
        paper=paper,
        title=_("Count sheet {number}").format(number=count.number),
    )
