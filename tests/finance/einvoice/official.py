"""The published rules themselves, as the library brings them along, run with XPath 2.0."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import elementpath
from elementpath.xpath2 import XPath2Parser
from lxml import etree

from apps.finance.einvoice.code_lists import library
from apps.finance.einvoice.xml import NAMESPACES

XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def _published() -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Per pattern, in order of priority: a context and its (id, test, is fatal)."""
    tree: Any = etree.parse(library("ubl-2.1", "EN16931-UBL-validation.xslt"))
    templates = []
    for template in tree.getroot().iter(f"{XSL}template"):
        tests = list(_tests(template))
        if tests:
            order = (template.get("mode"), -float(template.get("priority")))
            templates.append((order, template.get("match"), tests))
    return [
        (f"{order[0]} {match}", tests)
        for order, match, tests in sorted(templates, key=lambda row: row[0])
    ]


def published_rules() -> set[str]:
    """The numbers of all of them."""
    return {rule for _match, tests in _published() for rule, _test, _fatal in tests}


def _tests(template: Any) -> Iterator[tuple[str, str, bool]]:
    for choice in template.iter(f"{XSL}choose"):
        failed = choice.find(f".//{SVRL}failed-assert")
        if failed is not None:
            given = {one.get("name"): one.text for one in failed.findall(f"{XSL}attribute")}
            test = choice.find(f"{XSL}when").get("test")
            yield given["id"], test, given["flag"] == "fatal"


@cache
def _parsed(expression: str) -> Any:
    parser = XPath2Parser(namespaces={**NAMESPACES, "xs": "http://www.w3.org/2001/XMLSchema"})
    return parser.parse(expression)


def _anywhere(match: str) -> str:
    """A pattern of a template as a path from the root."""
    parts = [part.strip() for part in match.split("|")]
    return " | ".join(part if part.startswith("/") else f"//{part}" for part in parts)


def fatal_rules(content: bytes) -> set[str]:
    """The fatal rules that the document breaks, by the published tests."""
    tree = etree.ElementTree(etree.fromstring(content))
    root = elementpath.get_node_tree(tree)
    broken = set()
    taken: set[tuple[str, Any]] = set()
    for named, tests in _published():
        mode, _space, match = named.partition(" ")
        context = elementpath.XPathContext(root)
        for node in list(_parsed(_anywhere(match)).select(context)):
            if (mode, id(node)) in taken:
                continue  # of a pattern, only the first rule that matches speaks
            taken.add((mode, id(node)))
            for rule, test, is_fatal in tests:
                if is_fatal and not _holds(root, node, test):
                    broken.add(rule)
    return broken


def _holds(root: Any, node: Any, test: str) -> bool:
    token = _parsed(test)
    try:
        return bool(token.boolean_value(token.evaluate(elementpath.XPathContext(root, item=node))))
    except elementpath.ElementPathError:
        return False
