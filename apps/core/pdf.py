"""HTML to PDF, and nothing else: no Django, so that a process made for it starts at once.

A stylesheet is parsed, and its fonts are loaded, once per process: printouts share them.
"""

from __future__ import annotations

import atexit
import io
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

LARGEST_DATA_URL = 2 * 1024 * 1024
# Fonts and parsed styles are shared, and the libraries that lay text out bear one thread at a time.
_one_at_a_time = Lock()
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)

#: Name → (file, media type) of what a printout may load.
Assets = Mapping[str, tuple[str, str]]


class Refused(ValueError):
    """An address that a printout may not load; WeasyPrint goes on without it."""


def fetcher(assets: Assets) -> Any:
    """A fetcher that opens no file and no connection: own assets by name, small ``data:`` URLs."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class DenyAll(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("asset:"):
                name = url.removeprefix("asset:")
                if name not in assets:
                    raise Refused(f"no such asset: {name[:80]}")
                place, kind = assets[name]
                content = Path(place).read_bytes()
                return URLFetcherResponse(url, io.BytesIO(content), {"Content-Type": kind})
            if url.lower().startswith("data:") and len(url) <= LARGEST_DATA_URL:
                return super().fetch(url, headers)
            raise Refused(f"not loaded: {url[:80]}")

    return DenyAll(allowed_protocols=("data",), allow_redirects=False)


def pdf_of(html: str, assets: Assets) -> bytes:
    """``html`` as a PDF. Its first ``<style>`` is the printout's own, the same for many."""
    from weasyprint import HTML

    found = _STYLE.search(html)
    styles = []
    if found is not None:
        with _one_at_a_time:
            styles = [_stylesheet(found[1], tuple(sorted(assets.items())))]
        html = html[: found.start()] + html[found.end() :]
    document = HTML(string=html, base_url="asset:", url_fetcher=fetcher(assets))
    with _one_at_a_time:
        return document.write_pdf(stylesheets=styles, font_config=_fonts())


@lru_cache(maxsize=1)
def _fonts() -> Any:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache(maxsize=64)
def _stylesheet(text: str, assets: tuple[tuple[str, tuple[str, str]], ...]) -> Any:
    from weasyprint import CSS

    return CSS(
        string=text, base_url="asset:", url_fetcher=fetcher(dict(assets)), font_config=_fonts()
    )


@atexit.register
def _forget() -> None:
    """Fonts go while the modules that free them are still there."""
    _stylesheet.cache_clear()
    _fonts.cache_clear()
