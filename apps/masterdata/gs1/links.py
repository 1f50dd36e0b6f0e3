"""GS1 Digital Link: element strings as web addresses (GS1 Digital Link URI Syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.masterdata.gs1.dictionary import Identifier, identifier
from apps.masterdata.gs1.elements import Element, make_element

_SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.\-]*)|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_CODE = re.compile(r"\d{2,4}")
#: A GTIN may be written without the zeros before it.
_SHORT_GTINS = (8, 12, 13)
_GTIN_LENGTH = 14
_GTINS = ("01", "02")


def is_link(text: str) -> bool:
    """Whether ``text`` may be meant as a Digital Link: it starts like a web address."""
    return text.lower().startswith(("https://", "http://"))


def parse_link(text: str, *, known_only: bool = True) -> list[Element]:
    """The elements of a Digital Link: key, qualifiers, then attributes, as they come.

    Parameters that are no identifiers are another's business. Raises ``InvalidInput``
    (``gs1_link`` and what ``make_element`` raises).
    """
    scheme = next((one for one in _SCHEMES if text.startswith(one)), None)
    if scheme is None or not _ADDRESS.fullmatch(text):
        raise _refusal()
    body = text[len(scheme) :].partition("#")[0]
    path, _mark, query = body.partition("?")
    host, _slash, path = path.partition("/")
    if not _HOST.fullmatch(host):
        raise _refusal()
    elements = _path_elements(path.split("/"))
    key = elements[0].identifier
    seen = {one.code for one in elements}
    for code, value in _parameters(query):
        if code in seen:
            raise _refusal()
        seen.add(code)
        elements.append(_attribute(code, value, key, known_only))
    return elements


def _path_elements(segments: list[str]) -> list[Element]:
    """The key that stands furthest to the right, and its qualifiers."""
    for start in range(len(segments) - 2, -1, -1):
        key = identifier(segments[start])
        if key is None or key.link_qualifiers is None or (len(segments) - start) % 2:
            continue
        codes, given = segments[start::2], segments[start + 1 :: 2]
        if not _are_in_order(codes[1:], key):
            continue
        return [
            make_element(code, _gtin(code, unquote(value)))
            for code, value in zip(codes, given, strict=True)
        ]
    raise _refusal()


def _are_in_order(codes: list[str], key: Identifier) -> bool:
    """Whether ``codes`` are some of one sequence of the key's qualifiers, in its order."""
    for sequence in key.link_qualifiers or ():
        remaining = iter(sequence)
        if all(code in remaining for code in codes):
            return True
    return not codes


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for part in re.split("[&;]", query):
        code, equals, value = part.partition("=")
        if equals and _CODE.fullmatch(code):
            yield code, unquote_plus(value)


def _attribute(code: str, value: str, key: Identifier, known_only: bool) -> Element:
    element = make_element(code, _gtin(code, value), known_only=known_only)
    qualifiers = {one for sequence in key.link_qualifiers or () for one in sequence}
    if not element.identifier.is_link_attribute or code in qualifiers:
        raise _refusal()
    return element


def _gtin(code: str, value: str) -> str:
    return value.zfill(_GTIN_LENGTH) if code in _GTINS and len(value) in _SHORT_GTINS else value


def _refusal() -> InvalidInput:
    return InvalidInput("gs1_link", _("This is no GS1 Digital Link."), field="scan")
