"""Published cases of EN 16931: they lie beside the checkout, for their licence is not ours."""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(os.environ.get("MES_ERP_CASES", ROOT.parent / "shared" / "cases"))
FOLDER = CASES / "03-finance" / "einvoice"
needs_cases = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the case's tables; none where the cases are not here."""
    path = FOLDER / name
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def unit_documents(name: str) -> list[bytes]:
    """The invoices and credit notes inside a file of unit tests, in their order."""
    tree: Any = etree.parse(FOLDER / "unit" / name)
    kinds = ("Invoice", "CreditNote")
    return [
        etree.tostring(found)
        for found in tree.getroot().iter()
        if isinstance(found.tag, str) and etree.QName(found).localname in kinds
    ]


def document(name: str) -> bytes:
    return (FOLDER / "documents" / name).read_bytes()


def document_names() -> list[str]:
    return [row["file"] for row in rows("documents_expected.csv")]
