"""The reports of engineering as plain rows: screen and files are made from the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.models import Company
from apps.core.money import ZERO, round_quantity
from apps.core.queries.currencies import decimal_places
from apps.core.reports import Column, Kind, Report, Row
from apps.engineering.models import BillOfMaterials, CostRollup, EngineeringChange
from apps.engineering.queries.change_impact import change_impact
from apps.engineering.queries.comparison import BomDifference, compare_boms, compare_rollups
from apps.engineering.queries.explosion import where_used
from apps.masterdata.models import Item

KINDS = {
    "added": gettext_lazy("added"),
    "removed": gettext_lazy("removed"),
    "changed": gettext_lazy("changed"),
    "same": gettext_lazy("same"),
}
DIRECTIONS = {"in": gettext_lazy("in"), "out": gettext_lazy("out")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked about. ``old`` and ``new`` are two bills or two roll-ups."""

    company: Company
    on: Date
    item: Item | None = None
    old: Any = None
    new: Any = None
    change: EngineeringChange | None = None


@dataclass(frozen=True, slots=True)
class EngineeringReport:
    """A report with its permission; ``asks`` names the inputs of its page."""

    title: Any
    permission: str
    build: Callable[[Asked], Report | None]
    asks: tuple[str, ...]
    empty: Any
    hint: Any


def _where_used(asked: Asked) -> Report | None:
    if asked.item is None:
        return None
    columns = (
        Column("level", _("Level"), Kind.INTEGER),
        Column("code", _("Used in")),
        Column("name", _("Name")),
        Column("quantity", _("Quantity in one"), Kind.QUANTITY),
        Column("top", _("Top")),
    )
    rows = [
        Row(
            (
                one.level,
                one.code,
                one.name,
                round_quantity(one.quantity_per),
                _("yes") if one.is_top else "",
            ),
            level=one.level,
            links=_link("code", "billofmaterials", one.bom_id),
        )
        for one in where_used(asked.item, on=asked.on)
    ]
    subtitles = (str(asked.item), _("as of {day}").format(day=asked.on.isoformat()))
    return Report(_("Where used"), subtitles, columns, rows)


def _boms(asked: Asked) -> Report | None:
    if not isinstance(asked.old, BillOfMaterials) or not isinstance(asked.new, BillOfMaterials):
        return None
    columns = (
        Column("kind", _("Change")),
        Column("code", _("Component")),
        Column("name", _("Name")),
        Column("unit", _("Unit")),
        Column("old", _("Old quantity"), Kind.QUANTITY),
        Column("new", _("New quantity"), Kind.QUANTITY),
        Column("difference", _("Difference"), Kind.QUANTITY),
        Column("further", _("Further changes")),
        Column("unit_cost", _("Unit cost"), Kind.QUANTITY),
        Column("cost", _("Cost difference"), Kind.QUANTITY),
    )
    found = compare_boms(asked.old, asked.new, on=asked.on)
    rows = [_bom_row(one) for one in found]
    if found:
        total = sum((one.cost_difference for one in found), ZERO)
        nothing = ("", "", "", None, None, None, "", None)
        rows.append(Row((_("Total"), *nothing, total), is_total=True))
    subtitles: tuple[str, ...] = (
        _("{old} → {new}").format(old=asked.old, new=asked.new),
        _("per unit made, scrap included; costs in {currency} as of {day}").format(
            currency=asked.company.currency_id, day=asked.on.isoformat()
        ),
    )
    return Report(_("Comparison of bills"), subtitles, columns, rows)


def _bom_row(one: BomDifference) -> Row:
    return Row(
        (
            str(KINDS[one.kind]),
            one.code,
            one.name,
            one.unit,
            round_quantity(one.old.quantity) if one.old else None,
            round_quantity(one.new.quantity) if one.new else None,
            round_quantity(one.quantity_difference) or None,
            _further(one),
            one.unit_cost,
            one.cost_difference,
        )
    )


def _further(one: BomDifference) -> str:
    if one.old is None or one.new is None:
        return ""
    said = []
    if one.old.scrap_percent != one.new.scrap_percent:
        said.append(
            _("scrap {old} → {new} %").format(
                old=_figure(one.old.scrap_percent), new=_figure(one.new.scrap_percent)
            )
        )
    if one.old.operation_sequence != one.new.operation_sequence:
        said.append(
            _("operation {old} → {new}").format(
                old=one.old.operation_sequence or "–", new=one.new.operation_sequence or "–"
            )
        )
    if one.old.issue_method != one.new.issue_method:
        said.append(
            _("issue {old} → {new}").format(old=one.old.issue_method, new=one.new.issue_method)
        )
    return "; ".join(said)


def _costs(asked: Asked) -> Report | None:
    if not isinstance(asked.old, CostRollup) or not isinstance(asked.new, CostRollup):
        return None
    columns = (
        Column("kind", _("Change")),
        Column("code", _("Item")),
        Column("name", _("Name")),
        Column("old", _("Old cost"), Kind.QUANTITY),
        Column("new", _("New cost"), Kind.QUANTITY),
        Column("material", _("Material"), Kind.QUANTITY),
        Column("labour", _("Labour"), Kind.QUANTITY),
        Column("machine", _("Machine"), Kind.QUANTITY),
        Column("total", _("Difference"), Kind.QUANTITY),
        Column("on_hand", _("On hand at standard"), Kind.QUANTITY),
        Column("revaluation", _("Revaluation"), Kind.MONEY),
    )
    found = compare_rollups(asked.old, asked.new)
    rows = [
        Row(
            (
                str(KINDS[one.kind]),
                one.code,
                one.name,
                one.old_total,
                one.new_total,
                one.material,
                one.labour,
                one.machine,
                one.total,
                one.on_hand,
                one.revaluation,
            )
        )
        for one in found
    ]
    if found:
        total = sum((one.revaluation for one in found), ZERO)
        rows.append(Row((_("Total"), "", "", *[None] * 7, total), is_total=True))
    places = decimal_places(asked.company.currency_id)
    subtitles: tuple[str, ...] = (
        _("{old} → {new}").format(old=_version(asked.old), new=_version(asked.new)),
        _("per stock unit in {currency}; the elements are differences").format(
            currency=asked.company.currency_id
        ),
    )
    return Report(_("Comparison of cost roll-ups"), subtitles, columns, rows, places)


def _impact(asked: Asked) -> Report | None:
    if asked.change is None:
        return None
    columns = (
        Column("what", _("What")),
        Column("code", _("Item")),
        Column("name", _("Name")),
        Column("document", _("Document")),
        Column("direction", _("Direction")),
        Column("site", _("Site")),
        Column("due", _("Due"), Kind.DATE),
        Column("quantity", _("Open or on hand"), Kind.QUANTITY),
        Column("value", _("Value"), Kind.MONEY),
        Column("disposition", _("Disposition")),
        Column("line", _("Because of")),
    )
    found = change_impact(asked.change)
    roles = {"output": _("output"), "component": _("component taken less of")}
    rows = [
        Row(
            (
                roles[one.role],
                one.code,
                one.name,
                f"{one.kind} {one.document}",
                str(DIRECTIONS[one.direction]),
                one.site,
                one.due_date,
                one.quantity,
                None,
                one.disposition,
                one.line,
            )
        )
        for one in found.orders
    ]
    rows += [
        Row(
            (
                _("stock taken less of"),
                one.code,
                one.name,
                _("on hand"),
                "",
                one.site,
                None,
                one.quantity,
                one.value,
                one.disposition,
                "",
            )
        )
        for one in found.stock
    ]
    places = decimal_places(asked.company.currency_id)
    subtitles: tuple[str, ...] = (
        f"{asked.change} · {asked.change.title} · {asked.change.get_status_display()}",
        _("released orders keep the design they were released with"),
    )
    if not found.is_complete:
        subtitles += (_("The first 1,000 open documents are shown."),)
    return Report(_("What a change touches"), subtitles, columns, rows, places)


REPORTS: dict[str, EngineeringReport] = {
    "where-used": EngineeringReport(
        gettext_lazy("Where used"),
        "engineering.view_billofmaterials",
        _where_used,
        ("item", "on"),
        gettext_lazy("No bill in force uses this item."),
        gettext_lazy("Give an item to see all bills above it, to the top."),
    ),
    "bills": EngineeringReport(
        gettext_lazy("Compare bills"),
        "engineering.view_billofmaterials",
        _boms,
        ("item", "boms", "on"),
        gettext_lazy("Neither bill has a component."),
        gettext_lazy("Give an item that has two revisions, then choose them."),
    ),
    "costs": EngineeringReport(
        gettext_lazy("Compare cost roll-ups"),
        "engineering.view_costrollup",
        _costs,
        ("rollups",),
        gettext_lazy("The two roll-ups say the same of every item."),
        gettext_lazy("There must be two roll-ups to compare."),
    ),
    "change": EngineeringReport(
        gettext_lazy("What a change touches"),
        "engineering.view_engineeringchange",
        _impact,
        ("change",),
        gettext_lazy("No open order and no stock is touched."),
        gettext_lazy("There is no engineering change yet."),
    ),
}


def _version(rollup: CostRollup) -> str:
    status = rollup.get_status_display()
    return f"{rollup} ({rollup.date.isoformat()}, {status})"


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _link(column: str, model: str, key: int) -> dict[str, str]:
    try:
        return {column: reverse(f"admin:engineering_{model}_change", args=[key])}
    except NoReverseMatch:
        return {}
