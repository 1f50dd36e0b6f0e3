"""The application identifiers as data: what each looks like, and what it comes with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("application_identifiers.txt")
_COMPONENT = re.compile(r"(?P<kind>[NXYZ])(?P<most>\.\.)?(?P<length>\d+)")
_SETS = {"N": "csetnumeric", "X": "cset82", "Y": "cset39", "Z": "cset64"}
_LONGEST_CODE = 4

#: Identifiers, or patterns of them (``31nn``), that must all be there.
Together = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a value: so long, of one character set, with checks of its content."""

    shortest: int
    longest: int
    linters: tuple[str, ...]
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Identifier:
    """An application identifier.

    ``has_known_length``: no separator need follow. ``requires``: of each group one ``Together``
    must be there. ``link_qualifiers``: None when it is no key of a Digital Link, else the
    sequences of qualifiers that may follow it.
    """

    code: str
    title: str
    components: tuple[Component, ...]
    has_known_length: bool = False
    is_link_attribute: bool = False
    requires: tuple[tuple[Together, ...], ...] = ()
    excludes: tuple[str, ...] = ()
    link_qualifiers: tuple[tuple[str, ...], ...] | None = None

    @property
    def shortest(self) -> int:
        return sum(part.shortest for part in self.components if not part.is_optional)

    @property
    def longest(self) -> int:
        return sum(part.longest for part in self.components)


def identifier(code: str) -> Identifier | None:
    """The identifier of ``code``, or None."""
    return _identifiers().get(code)


def identifier_at(data: str) -> Identifier | None:
    """The identifier that ``data`` starts with, or None. No code is the start of another."""
    known = _identifiers()
    for length in range(2, _LONGEST_CODE + 1):
        found = known.get(data[:length])
        if found is not None and len(data) >= length:
            return found
    return None


def unknown_identifier(code: str) -> Identifier:
    """What is read under a code that the dictionary doesn't have: up to 90 of set 82."""
    return Identifier(code, "", (Component(1, 90, ("cset82",)),), is_link_attribute=True)


def matches(code: str, pattern: str) -> bool:
    """Whether ``code`` is ``pattern``, whose ``n`` stand for any digit: 3101 is a 310n, a 31nn."""
    return len(code) == len(pattern) and all(
        wanted in ("n", given) for given, wanted in zip(code, pattern, strict=True)
    )


@cache
def _identifiers() -> dict[str, Identifier]:
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    rows = (line.split(" | ") for line in lines if line and not line.startswith("#"))
    return {one.code: one for row in rows for one in _read(*(cell.strip("-") for cell in row))}


def _read(
    codes: str, flags: str, components: str, attributes: str, title: str
) -> Iterator[Identifier]:
    first, _dash, last = codes.partition("-")
    pairs = [attribute.partition("=") for attribute in attributes.split()]
    keys = [value for name, _is, value in pairs if name == "dlpkey"]
    for number in range(int(first), int(last or first) + 1):
        yield Identifier(
            code=f"{number:0{len(first)}}",
            title=title,
            components=tuple(_component(word) for word in components.split()),
            has_known_length="*" in flags,
            is_link_attribute="?" in flags,
            requires=tuple(
                tuple(tuple(together.split("+")) for together in value.split(","))
                for name, _is, value in pairs
                if name == "req"
            ),
            excludes=tuple(
                code for name, _is, value in pairs if name == "ex" for code in value.split(",")
            ),
            link_qualifiers=tuple(tuple(filter(None, way.split(","))) for way in keys[0].split("|"))
            if keys
            else None,
        )


def _component(word: str) -> Component:
    kind, *linters = word.replace("[", "").replace("]", "").split(",")
    found = _COMPONENT.fullmatch(kind)
    if found is None:
        raise ValueError(word)
    longest = int(found["length"])
    return Component(
        shortest=1 if found["most"] else longest,
        longest=longest,
        linters=(_SETS[found["kind"]], *linters),
        is_optional=word.startswith("["),
    )
