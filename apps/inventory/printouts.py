"""What the warehouse prints: sheets to count on and to pick by, labels of packages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.codes import barcode_image
from apps.core.printouts import render_pdf, require_paper
from apps.inventory.labels import kanban_label, labels_pdf, package_label
from apps.inventory.models import KanbanCard, Package, PickList, StockCount


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


def pick_sheet_pdf(pick_list: PickList, *, paper: str = "A4") -> bytes:
    """What to take from where, in walking order, to tick off. Raises like ``count_sheet_pdf``."""
    require_paper(paper)
    lines = pick_list.lines.select_related(
        "item__unit", "location", "lot", "expected_move__partner"
    ).order_by("position", "pk")
    return render_pdf(
        "inventory/printouts/pick_sheet.html",
        {
            "company": pick_list.company,
            "pick_list": pick_list,
            "lines": list(lines),
            "barcode": barcode_image(pick_list.number, height_mm=10),
        },
        paper=paper,
        title=_("Pick list {number}").format(number=pick_list.number),
    )


def package_label_pdf(package: Package) -> bytes:
    """The label of a package, with its SSCC where it has one."""
    return labels_pdf([package_label(package)])


def kanban_card_pdf(card: KanbanCard) -> bytes:
    """The card itself: what, how much, from where to where, and its number to be scanned."""
    return labels_pdf([kanban_label(card)])
