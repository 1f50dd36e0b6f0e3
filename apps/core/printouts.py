"""PDFs from templates: one style, texts escaped, and nothing fetched from anywhere.

Templates extend ``core/printouts/base.html``; a table above some 300 rows belongs to reportlab.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.queries.signatures import signatures_of

PAPERS = {"A4": "210mm 297mm", "Letter": "8.5in 11in"}
LARGEST_DATA_URL = 2 * 1024 * 1024
#: What a printout may load, by name: ``static:logo.svg`` and the like are found in static files.
ASSETS = {
    "font-regular": ("vendor/dejavu/DejaVuSans.ttf", "font/ttf"),
    "font-bold": ("vendor/dejavu/DejaVuSans-Bold.ttf", "font/ttf"),
}


def require_paper(name: str) -> str:
    """Return ``name``; raises ``InvalidInput`` for a paper we don't print on."""
    if name not in PAPERS:
        raise InvalidInput(
            "unknown_paper",
            _("Choose one of: {names}.").format(names=", ".join(PAPERS)),
            field="paper",
        )
    return name


class Refused(ValueError):
    """An address that a printout may not load; WeasyPrint goes on without it."""


def fetcher() -> Any:
    """A fetcher that opens no file and no connection: own assets by name, small ``data:`` URLs."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class DenyAll(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("asset:"):
                content, kind = _asset(url.removeprefix("asset:"))
                return URLFetcherResponse(url, io.BytesIO(content), {"Content-Type": kind})
            if url.lower().startswith("data:") and len(url) <= LARGEST_DATA_URL:
                return super().fetch(url, headers)
            raise Refused(f"not loaded: {url[:80]}")

    return DenyAll(allowed_protocols=("data",), allow_redirects=False)


@cache
def _asset(name: str) -> tuple[bytes, str]:
    if name not in ASSETS:
        raise Refused(f"no such asset: {name[:80]}")
    place, kind = ASSETS[name]
    found = finders.find(place)
    if not isinstance(found, str):
        raise Refused(f"missing asset: {place}")
    return Path(found).read_bytes(), kind


@cache
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


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
) -> bytes:
    """``template`` as a PDF. ``context`` should hold ``company`` and may hold ``revision``.

    The signatures of the document ``signed`` are printed below: name, UTC, meaning.
    Raises ``KeyError`` for a paper that is neither A4 nor Letter.
    """
    from weasyprint import HTML

    html = render_html(template, context, paper=paper, title=title, signed=signed)
    document = HTML(string=html, base_url="asset:", url_fetcher=fetcher())
    return document.write_pdf(font_config=_fonts(), optimize_images=True)


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
