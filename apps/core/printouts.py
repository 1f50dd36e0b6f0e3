"""PDFs from templates: one style, texts escaped, and nothing fetched from anywhere.

Templates extend ``core/printouts/base.html``; a table above some 300 rows belongs to reportlab.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_supported_language_variant, override
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.pdf import pdf_of
from apps.core.queries.signatures import signatures_of

PAPERS = {"A4": "210mm 297mm", "Letter": "8.5in 11in"}
#: What a printout may load, by name: ``static:logo.svg`` and the like are found in static files.
ASSETS = {
    "font-regular": ("vendor/dejavu/DejaVuSans.ttf", "font/ttf"),
    "font-bold": ("vendor/dejavu/DejaVuSans-Bold.ttf", "font/ttf"),
}


def in_language(code: str) -> override:
    """For a partner's language; one that we have no texts in would only change the figures."""
    try:
        return override(get_supported_language_variant(code))
    except LookupError:
        return override(settings.LANGUAGE_CODE)


def require_paper(name: str) -> str:
    """Return ``name``; raises ``InvalidInput`` for a paper we don't print on."""
    if name not in PAPERS:
        raise InvalidInput(
            "unknown_paper",
            _("Choose one of: {names}.").format(names=", ".join(PAPERS)),
            field="paper",
        )
    return name


@cache
def assets() -> dict[str, tuple[str, str]]:
    """The file and media type of each asset. Raises ``FileNotFoundError`` for one not there."""
    places = {}
    for name, (path, kind) in ASSETS.items():
        found = finders.find(path)
        if not isinstance(found, str):
            raise FileNotFoundError(path)
        places[name] = (found, kind)
    return places


def render_html(
    template: str,
    context: dict[str, Any],
    *,
    paper: str = "A4",
    title: str = "",
    signed: Any = None,
) -> SafeString:
    """The page before it becomes a PDF; texts are escaped by the template engine."""
    return render_to_string(
        template,
        {
            "paper_size": PAPERS[paper],
            "title": title,
            "printed_at": date_format(localtime(), "SHORT_DATETIME_FORMAT"),
            "signatures": signatures_of(signed) if signed is not None else [],
            **context,
        },
    )


def render_pdf(
    template: str,
    context: dict[str, Any],
    *,
    paper: str = "A4",
    title: str = "",
    signed: Any = None,
    variant: str | None = None,
) -> bytes:
    """``template`` as a PDF. ``context`` should hold ``company`` and may hold ``revision``.

    The signatures of the document ``signed`` are printed below: name, UTC, meaning.
    Raises ``KeyError`` for a paper that is neither A4 nor Letter.
    """
    html = render_html(template, context, paper=paper, title=title, signed=signed)
    return pdf_of(html, assets(), variant=variant)


def pdf_response(content: bytes, *, name: str) -> HttpResponse:
    """``content`` shown in the browser, saved as ``name``."""
    response = HttpResponse(content, content_type="application/pdf")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    response["Content-Disposition"] = (
        f'inline; filename="{safe.encode("ascii", "replace").decode()}"'
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
