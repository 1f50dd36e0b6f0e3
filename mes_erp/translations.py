"""Compiles `*.po` to `*.mo` with Babel: no gettext tools needed."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def catalogs() -> Iterator[Path]:
    yield from ROOT.glob("locale/*/LC_MESSAGES/*.po")
    yield from ROOT.glob("apps/*/locale/*/LC_MESSAGES/*.po")


def compile_changed() -> int:
    """Compile the catalogs that are newer than their result; how many there were."""
    count = 0
    for source in catalogs():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po, locale=source.parent.parent.name))
        count += 1
    return count
