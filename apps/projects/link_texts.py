"""Links of tasks as people write them in a cell: ``A, B SS+2; C FF-1``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

_LINK = re.compile(
    r"(?P<code>[^\s,;:]+?)(?:[\s:]+(?P<kind>FS|SS|FF|SF))?\s*(?P<lag>[+-]\s*\d+(?:\.\d+)?)?",
    re.IGNORECASE,
)


class LinkText(NamedTuple):
    """``predecessor`` is a task's code, ``lag`` working days."""

    predecessor: str
    kind: str
    lag: Decimal


class BadLink(ValueError):
    """A part of the text that says no link."""


def read_links(text: str) -> list[LinkText]:
    """The links that ``text`` names, apart by commas or semicolons; spaces do where nothing more
    than codes is given. Raises ``BadLink`` with the part that can't be read."""
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    if len(parts) == 1 and " " in parts[0] and _LINK.fullmatch(parts[0]) is None:
        parts = parts[0].split()
    found = []
    for part in parts:
        match = _LINK.fullmatch(part)
        if match is None:
            raise BadLink(part)
        lag = (match["lag"] or "0").replace(" ", "")
        found.append(LinkText(match["code"], (match["kind"] or "FS").upper(), Decimal(lag)))
    return found


def link_text(links: Iterable[tuple[str, str, Decimal]]) -> str:
    """What ``read_links`` reads back."""
    texts = []
    for code, kind, lag in links:
        after = "" if kind == "FS" and not lag else f" {kind}"
        texts.append(f"{code}{after}" + (f"{lag.normalize():+f}" if lag else ""))
    return "; ".join(texts)
