"""Barcodes and QR codes as inline SVG, sized by the module so that scanners read them."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

#: Below this a label printer of 203 dpi blurs the bars.
SMALLEST_MODULE_MM = 0.25
QUIET_MODULES = 10
#: Kind → (name in the encoder, whether the text is GS1 application identifiers).
KINDS = {
    "code128": ("CODE128", False),
    "gs1-128": ("GS1_128", True),
    "gs1-datamatrix": ("DATAMATRIX", True),
    "datamatrix": ("DATAMATRIX", False),
    "ean13": ("EANX", False),
    "qr": ("QRCODE", False),
}
#: Quiet zone of the square ones, in modules on each side.
QUIET_AROUND = {"DATAMATRIX": 2, "QRCODE": 4}
QR_CORRECTION_M = 2
_encoder = threading.Lock()


def barcode_svg(
    text: str, kind: str = "code128", *, module_mm: float = 0.33, height_mm: float = 12
) -> SafeString:
    """``text`` as a barcode. GS1 texts are written ``[01]09501101530003[10]AB-123``.

    ``module_mm`` is the width of the narrowest bar, at least 0.25 mm. Raises ``InvalidInput`` for
    a text that the symbology can't carry or whose check digit is wrong.
    """
    if module_mm < SMALLEST_MODULE_MM:
        raise InvalidInput("module_too_small", _("Bars below 0.25 mm can't be scanned."))
    vector, modules = _encoded(text, kind)
    scale = vector.width / modules
    width_mm = modules * module_mm
    is_square = kind == "qr" or kind.endswith("datamatrix")
    tall = vector.height / scale * module_mm if is_square else height_mm
    path = "".join(
        f"M{bar.x:g} {bar.y:g}h{bar.width:g}v{bar.height:g}h-{bar.width:g}z"
        for bar in vector.rectangles
    )
    return format_html(
        '<svg class="barcode" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}"'
        ' width="{}mm" height="{}mm" viewBox="0 0 {} {}" preserveAspectRatio="none"'
        ' shape-rendering="crispEdges"><path d="{}"/></svg>',
        text,
        f"{width_mm:.3f}",
        f"{tall:.3f}",
        f"{vector.width:g}",
        f"{vector.height:g}",
        mark_safe(path),  # noqa: S308 - numbers and letters made above
    )


def _encoded(text: str, kind: str) -> tuple[Any, float]:
    """(drawing, modules across with quiet zones)."""
    import zint

    if kind not in KINDS:
        raise InvalidInput("unknown_barcode", _("There is no barcode {kind}.").format(kind=kind))
    name, is_gs1 = KINDS[kind]
    symbol = zint.Symbol()
    symbol.symbology = getattr(zint.Symbology, name)
    symbol.input_mode = zint.InputMode.GS1 if is_gs1 else zint.InputMode.UNICODE
    symbol.warn_level = zint.WarningLevel.FAIL_ALL
    symbol.show_text = False
    symbol.whitespace_width = QUIET_AROUND.get(name, QUIET_MODULES)
    symbol.whitespace_height = QUIET_AROUND.get(name, 0)
    if name == "QRCODE":
        symbol.option_1 = QR_CORRECTION_M
    try:
        with _encoder:
            symbol.encode(text)
            symbol.buffer_vector()
    except Exception as error:
        raise InvalidInput(
            "not_encodable",
            _("{text} can't be printed as {kind}: {error}").format(
                text=text, kind=kind, error=error
            ),
        ) from error
    vector = symbol.vector
    return vector, symbol.width + 2 * symbol.whitespace_width


def qr_svg(text: str, *, module_mm: float = 0.5) -> SafeString:
    """``text`` as a QR code with error correction M and its quiet zone."""
    import segno

    if module_mm < SMALLEST_MODULE_MM:
        raise InvalidInput("module_too_small", _("Modules below 0.25 mm can't be scanned."))
    code = segno.make(text, error="m", micro=False)
    return mark_safe(  # noqa: S308 - drawn by segno, the text is only in the modules
        code.svg_inline(scale=module_mm, border=4, unit="mm", omitsize=False, svgclass="qr")
    )


def barcode_image(text: str, *, module_mm: float = 0.33, height_mm: float = 12) -> SafeString:
    """``text`` in Code 128 as a picture of one pixel per module. Raises like ``barcode_svg``."""
    from PIL import Image

    if module_mm < SMALLEST_MODULE_MM:
        raise InvalidInput("module_too_small", _("Bars below 0.25 mm can't be scanned."))
    vector, modules = _encoded(text, "code128")
    scale = vector.width / modules
    picture = Image.new("1", (round(modules), 1), 1)
    for bar in vector.rectangles:
        first = round(bar.x / scale)
        for column in range(first, first + round(bar.width / scale)):
            picture.putpixel((column, 0), 0)
    content = io.BytesIO()
    picture.save(content, "PNG")
    return _image(content.getvalue(), "barcode", text, modules * module_mm, height_mm)


def qr_image(text: str, *, module_mm: float = 0.5) -> SafeString:
    """``text`` as a QR code (correction M, with quiet zone): a picture of one pixel per module."""
    from PIL import Image

    if module_mm < SMALLEST_MODULE_MM:
        raise InvalidInput("module_too_small", _("Modules below 0.25 mm can't be scanned."))
    vector, modules = _encoded(text, "qr")
    side, scale = round(modules), vector.width / modules
    picture = Image.new("1", (side, side), 1)
    for bar in vector.rectangles:
        left, top = round(bar.x / scale), round(bar.y / scale)
        right, bottom = round((bar.x + bar.width) / scale), round((bar.y + bar.height) / scale)
        picture.paste(0, (left, top, right, bottom))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return _image(content.getvalue(), "qr", text, side * module_mm, side * module_mm)


def _image(content: bytes, kind: str, text: str, width_mm: float, height_mm: float) -> SafeString:
    return format_html(
        '<img class="{}" alt="{}" src="data:image/png;base64,{}" style="width:{}mm;height:{}mm;'
        'image-rendering:pixelated"/>',
        kind,
        text,
        base64.b64encode(content).decode(),
        f"{width_mm:.3f}",
        f"{height_mm:.3f}",
    )
