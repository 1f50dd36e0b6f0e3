"""Catalogues of the interface: extracted, checked and compiled with Babel alone, no gettext tools.

``locale/<language>/LC_MESSAGES/django.po`` is edited by people; `*.mo` is compiled where it runs.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from mes_erp.extraction import Key, Text, texts_of

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de", "es")
OURS = ("apps", "mes_erp")
#: Texts of packages that come without these languages: the theme of the admin, the history.
VENDORED = ROOT / "locale" / "vendored.txt"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|(?<!%)%[sdf]|\{\w*(?:![rsa])?(?::[^}]*)?\}|</?\w+[^>]*>")


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
        with source.open("rb") as po:
            catalog = read_po(po, locale=source.parent.parent.name)
        partial = target.with_suffix(f".{os.getpid()}.part")  # others may be reading the old one
        with partial.open("wb") as mo:
            write_mo(mo, catalog)
        partial.replace(target)
        count += 1
    return count


def path_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def read_catalog(language: str) -> Catalog:
    """The catalogue as it lies in the repository; an empty one where there is none."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as po:
        return read_po(po, locale=language)


def wanted() -> dict[Key, Text]:
    """All texts the catalogues must have: ours, and those of packages without translations."""
    found = texts_of(ROOT, OURS)
    for line in VENDORED.read_text(encoding="utf-8").splitlines():
        message = line.encode().decode("unicode_escape") if "\\" in line else line
        if message and (None, message) not in found:
            found[None, message] = Text(message, places={"locale/vendored.txt"})
    return found


def update(language: str) -> list[str]:
    """Rewrite the catalogue for the texts of the code; which of them have no translation yet."""
    old, new = read_catalog(language), Catalog(locale=language, fuzzy=False)
    new.header_comment = f"# MES-ERP, {language}. `manage.py messages` adds and drops texts."
    missing = []
    for text in wanted().values():
        known = old.get(text.message, text.context)
        string = known.string if known else ""
        if text.plural and not isinstance(string, tuple):
            string = ("",) * new.num_plurals
        elif not text.plural and isinstance(string, tuple):
            string = string[0]
        if not all(string if isinstance(string, tuple) else (string,)):
            missing.append(text.message)
        new.add(
            (text.message, text.plural) if text.plural else text.message,
            string,
            locations=[(place, 1) for place in sorted(text.places)[:1]],
            context=text.context,
        )
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as po:
        write_po(po, new, width=0, include_lineno=False, omit_header=False)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not _is_stamp(line)), encoding="utf-8")
    return missing


def _is_stamp(line: str) -> bool:
    """Header lines that change with every run and tell nothing."""
    return line.startswith(
        ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Report-Msgid', '"Gener')
    )


def untranslated(language: str) -> list[Text]:
    """The texts that the catalogue has not translated, with the files that say them."""
    catalog = read_catalog(language)
    found = []
    for text in wanted().values():
        message = catalog.get(text.message, text.context)
        string = message.string if message else ""
        if not all(string if isinstance(string, tuple) else (string,)):
            found.append(text)
    return found


def faults(language: str) -> list[str]:
    """What is wrong with a catalogue beyond texts without translation, one line each."""
    catalog, texts = read_catalog(language), wanted()
    present: dict[Key, Message] = {(one.context, _single(one)): one for one in catalog if one.id}
    found = [f"not in the catalogue: {key[1]!r}" for key in texts if key not in present]
    found += [f"no longer in the code: {key[1]!r}" for key in present if key not in texts]
    for key, message in present.items():
        if message.fuzzy:
            found.append(f"fuzzy: {key[1]!r}")
        if key in texts and bool(texts[key].plural) != isinstance(message.id, tuple):
            found.append(f"plural in code and catalogue differ: {key[1]!r}")
        found += _faults_of(message, catalog.num_plurals)
    return found


def _faults_of(message: Message, num_plurals: int) -> Iterator[str]:
    name = repr(_single(message))
    ids, strings = _forms(message.id), _forms(message.string)
    if not all(strings):
        return  # see untranslated()
    if len(ids) > 1 and len(strings) != num_plurals:
        yield f"needs {num_plurals} plural forms: {name}"
    allowed = [placeholders(one) for one in ids]
    for string in strings:
        if placeholders(string) not in allowed:
            yield f"other placeholders or tags: {name} → {string!r}"
        if edges(string) != edges(ids[0]):
            yield f"other spaces at its ends: {name} → {string!r}"


def placeholders(text: str) -> Counter[str]:
    """``%(x)s``, ``%s``, ``{x}`` and tags, with how often each of them comes."""
    return Counter(_PLACEHOLDER.findall(text))


def edges(text: str) -> tuple[str, str]:
    """The white space around a text."""
    body = text.strip()
    start = text.index(body)
    return text[:start], text[start + len(body) :]


def _single(message: Message) -> str:
    return _forms(message.id)[0]


def _forms(text: Any) -> tuple[str, ...]:
    """Singular and plurals; a text without plurals has one form."""
    return tuple(text) if isinstance(text, tuple | list) else (text or "",)
