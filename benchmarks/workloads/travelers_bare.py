"""The same traveler drawn by hand: coordinates, lines and texts, and nothing laid out."""

from __future__ import annotations

import io
from typing import Any

from django.contrib.staticfiles import finders
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from apps.core.printouts import ASSETS
from apps.execution.models import WorkOrder
from apps.execution.printouts import scan_link
from apps.execution.queries.travelers import travelers

LEFT, TOP, WIDTH = 18 * mm, 270 * mm, 176 * mm
OPERATIONS_ON_A_PAGE = 2


def draw_traveler(order: WorkOrder) -> bytes:
    """Three pages for up to four operations."""
    _register_fonts()
    traveler = travelers([order.pk])[0]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    _head(canvas, order, 1)
    canvas.setFont("bare-bold", 17)
    canvas.drawString(LEFT, TOP - 10 * mm, f"Work order {order.number}")
    _codes(canvas, order.number, TOP - 30 * mm)
    y = TOP - 50 * mm
    for one in traveler.components:
        canvas.setFont("bare", 9)
        item = one.component.item
        for x, text in (
            (0, str(one.component.position)),
            (15, f"{item.code} {item.name}"),
            (80, f"{one.per_piece.normalize():f}"),
            (100, f"{one.component.quantity.normalize():f}"),
            (120, item.unit.code),
        ):
            canvas.drawString(LEFT + x * mm, y, text)
        canvas.line(LEFT, y - 2 * mm, LEFT + WIDTH, y - 2 * mm)
        y -= 8 * mm
    for place, operation in enumerate(traveler.operations):
        if place % OPERATIONS_ON_A_PAGE == 0:
            canvas.showPage()
            _head(canvas, order, 2 + place // OPERATIONS_ON_A_PAGE)
        _operation(canvas, order, operation, TOP - place % OPERATIONS_ON_A_PAGE * 110 * mm)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, order: WorkOrder, page: int) -> None:
    canvas.setFont("bare-bold", 11)
    canvas.drawString(LEFT, TOP + 8 * mm, order.company.name)
    canvas.setFont("bare", 7.5)
    canvas.drawString(LEFT, 10 * mm, f"Traveler {order.number}")
    canvas.drawRightString(LEFT + WIDTH, 10 * mm, f"Page {page} of 3")


def _operation(canvas: Canvas, order: WorkOrder, operation: Any, y: float) -> None:
    canvas.rect(LEFT, y - 75 * mm, WIDTH, 75 * mm)
    canvas.setFont("bare-bold", 12)
    canvas.drawString(LEFT + 2 * mm, y - 7 * mm, f"{operation.sequence} {operation.name}")
    canvas.setFont("bare", 9)
    lines = [
        f"{operation.work_centre.code} {operation.work_centre.name}",
        f"Set-up {operation.setup_minutes:f} min, run {operation.run_minutes:f} min per piece",
        *operation.instructions.splitlines(),
        f"Inspect: {operation.inspection}",
    ]
    for number, line in enumerate(lines):
        canvas.drawString(LEFT + 2 * mm, y - (14 + 5 * number) * mm, line)
    _codes(canvas, f"{order.number}/{operation.sequence}", y - 20 * mm)
    for row in range(4):
        canvas.line(LEFT, y - (49 + 8.5 * row) * mm, LEFT + WIDTH, y - (49 + 8.5 * row) * mm)
    for column in range(1, 7):
        x = LEFT + WIDTH * column / 7
        canvas.line(x, y - 49 * mm, x, y - 74.5 * mm)


def _codes(canvas: Canvas, text: str, y: float) -> None:
    import segno

    Code128(text, barWidth=0.33 * mm, barHeight=9 * mm).drawOn(canvas, LEFT + 85 * mm, y)
    code = segno.make(scan_link(text), error="m", micro=False)
    for row, modules in enumerate(code.matrix):
        for column, is_dark in enumerate(modules):
            if is_dark:
                x = LEFT + 150 * mm + column * 0.5 * mm
                canvas.rect(x, y + 12 * mm - row * 0.5 * mm, 0.5 * mm, 0.5 * mm, 0, 1)


def _register_fonts() -> None:
    for name, asset in (("bare", "font-regular"), ("bare-bold", "font-bold")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, finders.find(ASSETS[asset][0])))
