"""Reading XML that strangers sent: nothing is fetched, no entity expanded, a DTD is refused."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from apps.core.errors import InvalidInput


def parse_xml(content: bytes) -> Any:
    """The root element; refuses a DTD, entities, huge trees and what is not well-formed."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise _dtd()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidInput(
            "malformed_xml",
            _("Line {line}: the XML is not well-formed ({reason}).").format(
                line=error.lineno or 1, reason=" ".join(str(error.msg).split())[:120]
            ),
            field="file",
        ) from None
    if root.getroottree().docinfo.doctype:
        raise _dtd()
    return root


def _dtd() -> InvalidInput:
    return InvalidInput(
        "dtd", _("The file declares XML entities (DTD); this is refused."), field="file"
    )
