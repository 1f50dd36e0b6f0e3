"""Element strings: identifiers with their values, as printed in brackets and as scanned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.masterdata.gs1.dictionary import (
    Identifier,
    identifier,
    identifier_at,
    matches,
    unknown_identifier,
)
from apps.masterdata.gs1.linters import LINTERS

#: What a scanner sends where the symbol has FNC1 as a separator.
SEPARATOR = "\x1d"
_BRACKETED = re.compile(r"\((\d{2,4})\)((?:\\\(|[^(])+)")
_LONGEST_MESSAGE = 8191


@dataclass(frozen=True, slots=True)
class Element:
    """An application identifier and its value."""

    identifier: Identifier
    value: str

    @property
    def code(self) -> str:
        return self.identifier.code

    def __str__(self) -> str:
        escaped = self.value.replace("(", r"\(")
        return f"({self.code}){escaped}"


def parse_bracketed(text: str, *, known_only: bool = True) -> list[Element]:
    r"""The elements of ``(01)09501101530003(10)AB``; a bracket in a value is written ``\(``.

    Looks at lengths and characters only. Raises ``InvalidInput`` (``gs1_syntax``,
    ``gs1_identifier``, ``gs1_length``, ``gs1_content``), also for an identifier that the
    dictionary doesn't have, unless ``known_only`` is False.
    """
    elements = []
    position = 0
    while position < len(text):
        found = _BRACKETED.match(text, position)
        if found is None:
            raise _refusal("gs1_syntax", _("This is no GS1 element string."), text)
        elements.append(_element(found[1], found[2].replace(r"\(", "("), known_only))
        position = found.end()
    if not elements:
        raise _refusal("gs1_syntax", _("This is no GS1 element string."), text)
    return elements


def parse_scanned(data: str) -> list[Element]:
    """The elements of ``data`` as a scanner sends it, without symbology identifier.

    ``SEPARATOR`` ends a value whose length isn't known; it may follow any, and the last. Raises
    like ``parse_bracketed``, and for content that its identifier doesn't allow.
    """
    if not data or len(data) > _LONGEST_MESSAGE:
        raise _refusal("gs1_syntax", _("This is no GS1 element string."), data[:40])
    elements = []
    rest = data
    while rest:
        known = identifier_at(rest)
        if known is None:
            raise _refusal(
                "gs1_identifier", _("There is no GS1 application identifier here."), rest[:40]
            )
        rest = rest[len(known.code) :]
        if known.has_known_length:
            value, rest = rest[: known.longest], rest[known.longest :].removeprefix(SEPARATOR)
        else:
            value, _separator, rest = rest.partition(SEPARATOR)
        elements.append(Element(known, value))
        _check_characters(elements[-1])
    check_content(elements)
    return elements


def written(elements: Sequence[Element], *, separator: str = SEPARATOR) -> str:
    """``elements`` as a symbol carries them: a separator only where it is needed."""
    last = len(elements) - 1
    return "".join(
        f"{one.code}{one.value}{'' if one.identifier.has_known_length or n == last else separator}"
        for n, one in enumerate(elements)
    )


def bracketed(elements: Iterable[Element]) -> str:
    """``elements`` as they are printed below a symbol."""
    return "".join(str(one) for one in elements)


def values(elements: Iterable[Element]) -> dict[str, str]:
    """Code → value."""
    return {one.code: one.value for one in elements}


def check_elements(elements: Sequence[Element]) -> None:
    """All that an element string on one thing must keep. Raises ``InvalidInput``."""
    check_content(elements)
    check_repeats(elements)
    check_exclusions(elements)
    check_requirements(elements)
    check_signature(elements)


def check_content(elements: Iterable[Element]) -> None:
    """Check digits, dates, codes. Raises ``InvalidInput`` (``gs1_content``)."""
    for one in elements:
        for part, linters in _parts(one):
            for linter in linters:
                fault = LINTERS[linter](part)
                if fault:
                    raise _content_refusal(one, fault)


def check_repeats(elements: Iterable[Element]) -> None:
    """One identifier, one value. Raises ``InvalidInput`` (``gs1_repeat``)."""
    seen: dict[str, str] = {}
    for one in elements:
        if seen.setdefault(one.code, one.value) != one.value:
            raise _refusal("gs1_repeat", _("({code}) has two values."), code=one.code)


def check_exclusions(elements: Iterable[Element]) -> None:
    """What may not come together. Raises ``InvalidInput`` (``gs1_exclusion``)."""
    found = {one.code: one for one in elements}
    for one in found.values():
        for pattern in one.identifier.excludes:
            for other in found:
                if other != one.code and matches(other, pattern):
                    raise _refusal(
                        "gs1_exclusion",
                        _("({code}) and ({other}) exclude each other."),
                        code=one.code,
                        other=other,
                    )


def check_requirements(elements: Iterable[Element]) -> None:
    """What must come with what. Raises ``InvalidInput`` (``gs1_requirement``)."""
    found = {one.code: one for one in elements}
    for one in found.values():
        for ways in one.identifier.requires:
            if not any(
                all(any(matches(code, pattern) for code in found) for pattern in together)
                for together in ways
            ):
                wanted = ", ".join("+".join(together) for together in ways)
                raise _refusal(
                    "gs1_requirement",
                    _("({code}) needs one of {wanted}."),
                    code=one.code,
                    wanted=wanted,
                )


def check_signature(elements: Iterable[Element]) -> None:
    """A digital signature (8030) is of one thing: its key has a serial part.

    Raises ``InvalidInput`` (``gs1_signature``).
    """
    found = {one.code: one.value for one in elements}
    if "8030" not in found:
        return
    for code, without_serial in (("253", 13), ("255", 13), ("8003", 14)):
        if code in found and len(found[code]) <= without_serial:
            raise _refusal("gs1_signature", _("({code}) needs a serial part."), code=code)


def make_element(code: str, value: str, *, known_only: bool = True) -> Element:
    """One element whose content is right. Raises ``InvalidInput``."""
    element = _element(code, value, known_only)
    check_content([element])
    return element


def _element(code: str, value: str, known_only: bool) -> Element:
    known = identifier(code)
    if known is None:
        if known_only:
            raise _refusal(
                "gs1_identifier",
                _("There is no GS1 application identifier {code}."),
                code=code,
            )
        known = unknown_identifier(code)
    element = Element(known, value)
    _check_characters(element)
    return element


def _check_characters(element: Element) -> None:
    for part, linters in _parts(element):
        fault = LINTERS[linters[0]](part)
        if fault:
            raise _content_refusal(element, fault)


def _parts(element: Element) -> list[tuple[str, tuple[str, ...]]]:
    """(text, its checks) per component. Raises ``InvalidInput`` (``gs1_length``)."""
    rest = element.value
    parts = []
    for component in element.identifier.components:
        if not rest and component.is_optional:
            break
        text, rest = rest[: component.longest], rest[component.longest :]
        if len(text) < component.shortest:
            raise _length_refusal(element)
        parts.append((text, component.linters))
    if rest:
        raise _length_refusal(element)
    return parts


def _length_refusal(element: Element) -> InvalidInput:
    return _refusal(
        "gs1_length",
        _("({code}) can't be {length} characters long."),
        code=element.code,
        length=len(element.value),
    )


def _content_refusal(element: Element, fault: str) -> InvalidInput:
    return _refusal(
        "gs1_content",
        _("({code}) can't be {value}: {fault}."),
        code=element.code,
        value=element.value,
        fault=fault.replace("_", " ").lower(),
    )


def _refusal(kind: str, message: str, scanned: str = "", /, **given: object) -> InvalidInput:
    return InvalidInput(
        kind, message.format(**given) if given else message, field="scan", details={"scan": scanned}
    )
