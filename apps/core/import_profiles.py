"""Import profiles: the columns of somebody else's file under our names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.tables import Row, Table

LONGEST = 20_000
_PARTS = ("columns", "constants", "values")


@dataclass(frozen=True, slots=True)
class ImportProfile:
    """How a foreign file becomes ours; every name on the left is one of our columns.

    ``columns``: the file's column it comes from. ``constants``: the same text in every row.
    ``values``: what the file's words are called here; other words stay as they are.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def apply(self, table: Table) -> Table:
        """``table`` under our names; columns that nothing names are left out.

        A profile without ``columns`` keeps the file's own. Raises ``InvalidInput`` for a column
        that the file does not have.
        """
        columns = dict(self.columns) or {name: name for name in table.columns}
        for ours, theirs in columns.items():
            if theirs not in table.columns:
                raise _refused(
                    "unmapped_column",
                    _("The file has no column {name} (for {ours}). It has: {known}.").format(
                        name=theirs[:60], ours=ours[:60], known=", ".join(table.columns)[:300]
                    ),
                )
        names = (*columns, *(name for name in self.constants if name not in columns))
        rows = [Row(row.line, self._cells(row, columns)) for row in table.rows]
        return Table(names, rows, table.has_commas)

    def _cells(self, row: Row, columns: Mapping[str, str]) -> dict[str, str]:
        cells = {}
        for ours, theirs in columns.items():
            text = row.cells[theirs]
            cells[ours] = self.values.get(ours, {}).get(text.strip(), text)
        for ours, text in self.constants.items():
            cells.setdefault(ours, text)
        return cells


def read_profile(text: str) -> ImportProfile:
    """The profile in a JSON text; an empty text is the profile that changes nothing.

    Raises ``InvalidInput`` for anything but objects of texts under columns, constants and values.
    """
    if not text.strip():
        return ImportProfile()
    try:
        given = json.loads(text) if len(text) <= LONGEST else None
    except ValueError:
        given = None
    if not isinstance(given, dict) or not set(given) <= set(_PARTS):
        raise _refused(
            "bad_profile",
            _("A profile is a JSON object with {parts}.").format(parts=", ".join(_PARTS)),
        )
    values = given.get("values", {})
    flat = [given.get("columns", {}), given.get("constants", {})]
    flat += list(values.values()) if isinstance(values, dict) else [None]
    if not all(_is_of_texts(part) for part in flat):
        raise _refused("bad_profile", _("Names and values in a profile are texts."))
    return ImportProfile(flat[0], flat[1], values)


def _is_of_texts(part: Any) -> bool:
    return isinstance(part, dict) and all(isinstance(text, str) for text in part.values())


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(code, message, field="profile")
