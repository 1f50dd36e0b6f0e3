"""Finds every text that people read: in Python by its syntax tree, in templates by Django's lexer.

Needs no gettext tools, so that any machine can tell whether a catalogue is complete.
"""

import ast
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.extract import extract
from django.utils.translation.template import templatize

#: What marks a text, and which of its arguments are: context, text, plural.
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
FUNCTIONS |= {f"{name}_lazy": places for name, places in FUNCTIONS.items()}
BABEL_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)

Key = tuple[str | None, str]


@dataclass(slots=True)
class Text:
    """A text to translate. ``places`` are the files that hold it, as POSIX paths."""

    message: str
    plural: str | None = None
    context: str | None = None
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return (self.context, self.message)


def texts_of(root: Path, folders: tuple[str, ...]) -> dict[Key, Text]:
    """The texts below ``folders`` of ``root`` by context and message, in the order of the files."""
    found: dict[Key, Text] = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix == ".py" and "migrations" not in path.parts:
                texts = texts_of_python(path.read_text(encoding="utf-8"))
            elif path.suffix in (".html", ".txt", ".xml") and "templates" in path.parts:
                texts = texts_of_template(path.read_text(encoding="utf-8"), str(path))
            else:
                continue
            for text in texts:
                known = found.setdefault(text.key, text)
                known.plural = known.plural or text.plural
                known.places.add(path.relative_to(root).as_posix())
    return found


def texts_of_python(source: str) -> Iterator[Text]:
    """Raises ``ValueError`` where a text is not a literal: nobody could translate it."""
    if "gettext" not in source:
        return
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: FUNCTIONS[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in FUNCTIONS
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in names:
            continue
        context, message, plural = names[node.func.id]
        text = _literal(node, message)
        if text is None:
            continue  # a text marked where it is defined
        yield Text(
            text,
            None if plural is None else _literal(node, plural),
            None if context is None else _literal(node, context),
        )


def _literal(call: ast.Call, place: int) -> str | None:
    if len(call.args) <= place:
        return None
    value = call.args[place]
    if isinstance(value, ast.JoinedStr):
        raise ValueError(f"line {call.lineno}: an f-string can't be translated")
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def texts_of_template(source: str, name: str) -> Iterator[Text]:
    code = _INDENT.sub("", templatize(source, origin=name))
    for _line, message, _notes, context in extract(
        "python", io.BytesIO(code.encode()), keywords=BABEL_KEYWORDS
    ):
        if isinstance(message, tuple):
            yield Text(message[0], message[1], context)
        else:
            yield Text(message, None, context)
