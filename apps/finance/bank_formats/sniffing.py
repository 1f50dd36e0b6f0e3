"""Which reader takes a file: told by its content, never by its name."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from apps.core.import_profiles import ImportProfile
from apps.finance.bank_formats.camt import read_camt
from apps.finance.bank_formats.csv import read_csv
from apps.finance.bank_formats.mt940 import read_mt940
from apps.finance.bank_formats.ofx import read_ofx
from apps.finance.bank_formats.statements import StatementRead, refused

LARGEST_FILE = 20 * 1024 * 1024
HEAD = 4096
_SWIFT = re.compile(rb"^(?::(?:20|25|28C?|6[0124][FM]?|86|NS):|\{1:F[0-9]{2}|-:NS:)", re.M)


def sniff(content: bytes) -> str:
    """``camt``, ``mt940``, ``ofx`` or ``csv``; refuses what is empty, too large or neither."""
    if len(content) > LARGEST_FILE:
        error = refused(
            "file_too_large",
            _("The file is larger than {limit} MB.").format(limit=LARGEST_FILE // 1024 // 1024),
        )
        error.status = 413
        raise error
    if not content.strip():
        raise refused("empty_file", _("The file is empty."))
    head = content[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    upper = head.upper()
    if upper.startswith(b"OFXHEADER") or b"<?OFX" in upper or upper.startswith(b"<OFX>"):
        return "ofx"
    if b"<OFX>" in upper and upper.startswith(b"<?XML"):
        return "ofx"
    if head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "camt"
    if _SWIFT.search(head):
        return "mt940"
    if content.startswith(b"PK\x03\x04") or (b"\0" not in head and _is_table(head)):
        return "csv"
    raise refused(
        "unknown_format",
        _("This is no statement that can be read: send camt.052/053/054, MT940, OFX or CSV."),
    )


def _is_table(head: bytes) -> bool:
    first = head.split(b"\n", 1)[0]
    return any(mark in first for mark in (b",", b";", b"\t"))


def read_statements(
    content: bytes, *, profile: ImportProfile | None = None, encoding: str = "utf-8"
) -> tuple[str, list[StatementRead]]:
    """The format of ``content`` and its statements; ``profile`` and ``encoding`` are for CSV."""
    kind = sniff(content)
    if kind == "csv":
        return kind, read_csv(content, profile=profile, encoding=encoding)
    reader = {"camt": read_camt, "mt940": read_mt940, "ofx": read_ofx}[kind]
    found = reader(content)
    if not found:
        raise refused("no_statement", _("The file holds no statement."))
    return kind, found
