"""Bills of materials as a table: one row for each component."""

from __future__ import annotations

from typing import Any

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.engineering.models import BillOfMaterials, BomLine, WorkInstruction
from apps.engineering.services.boms import Component, NewBom, create_boms, release_boms


class BomResource(LineResource):
    """Rows of one assembly and revision make one bill, released at once when ``release``.

    Its first row says from which day on it is effective.
    """

    model = BomLine
    columns = (
        "assembly",
        "revision",
        "component",
        "quantity",
        "unit",
        "scrap_percent",
        "position",
        "operation_sequence",
        "issue_method",
        "effective_from",
    )
    required = ("assembly", "component", "quantity")

    def __init__(self, *, release: bool = True) -> None:
        header, line = BillOfMaterials._meta, BomLine._meta
        self.fields = {name: line.get_field(name) for name in self.columns[3:-1]}
        self.fields["effective_from"] = header.get_field("effective_from")
        self.fields["assembly"] = header.get_field("item")
        self.fields["revision"] = header.get_field("revision")
        self.fields["component"] = line.get_field("item")
        self.release = release

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        groups: dict[tuple[int, str], list[int]] = {}
        for place, row in enumerate(rows):
            key = (row["assembly"].pk, row.get("revision", "A"))
            groups.setdefault(key, []).append(place)
        order = [place for places in groups.values() for place in places]
        wanted = [
            NewBom(
                item=rows[places[0]]["assembly"],
                revision=revision,
                components=[_component(rows[place]) for place in places],
                note=reason[:200],
                effective_from=rows[places[0]].get("effective_from"),
            )
            for (_item_id, revision), places in groups.items()
        ]
        try:
            boms = create_boms(company, wanted, by=by)
        except Exception as error:
            if getattr(error, "row", None) is not None:  # told in the rows of the file
                error.row = order[error.row]  # type: ignore[attr-defined]
            raise
        if self.release:
            release_boms(boms, by=by, reason=reason)

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['assembly'].code} ← {row['component'].code}"


def _component(row: dict[str, Any]) -> Component:
    given = {
        name: row[name]
        for name in ("unit", "scrap_percent", "position", "operation_sequence", "issue_method")
        if row.get(name) is not None
    }
    return Component(row["component"], row["quantity"], **given)


class WorkInstructionResource(Resource):
    model = WorkInstruction
    columns = ("code", "name", "must_acknowledge", "is_active")
