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
from xml.etree import ElementTree

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


def pdf_of(html: str, assets: Assets, *, variant: str | None = None) -> bytes:
    """``html`` as a PDF. Its first ``<style>`` is the printout's own, the same for many.

    ``variant`` is a kind of PDF that WeasyPrint knows, as ``pdf/a-3b`` for the archive.
    """
    found = _STYLE.search(html)
    styles = []
    if found is not None:
        with _one_at_a_time:
            styles = [_stylesheet(found[1], tuple(sorted(assets.items())))]
        html = html[: found.start()] + html[found.end() :]
    with _one_at_a_time:
        page = _page_class()
    document = page(html, fetcher(assets))
    with _one_at_a_time:
        return document.write_pdf(stylesheets=styles, font_config=_fonts(), pdf_variant=variant)


@lru_cache(maxsize=1)
def _page_class() -> Any:
    """WeasyPrint's ``HTML``, sooner ready. What it overrides is private: a test compares the two.

    Its default rules give each element styles of its own for five kinds of notes, which no
    printout has. And a page that is XML too is parsed in a tenth of the time.
    """
    import weasyprint
    from cssselect2 import ElementWrapper

    rules = (Path(weasyprint.__file__).parent / "css" / "html5_ua.css").read_text("utf-8")
    rules = re.sub(r"^::(?:foot)?note-.*$", "", rules, flags=re.MULTILINE)
    defaults = weasyprint.CSS(string=re.sub(r"^::marker", "li::marker", rules, flags=re.MULTILINE))

    class Page(weasyprint.HTML):
        def __init__(self, text: str, url_fetcher: Any) -> None:
            tree = _as_xml(text)
            if tree is None:
                super().__init__(string=text, base_url="asset:", url_fetcher=url_fetcher)
                return
            self.base_url, self.url_fetcher, self.media_type = "asset:", url_fetcher, "print"
            self.wrapper_element = ElementWrapper.from_html_root(tree, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [defaults]

    return Page


def _as_xml(text: str) -> Any:
    if "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text.replace("<br>", "<br/>"))  # noqa: S314 - no entities
    except ElementTree.ParseError:
        return None


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
