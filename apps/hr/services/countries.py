"""Worked countries: components, tables and structures from files, for users to change."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from datetime import date as Date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.transactions import unit_of_work
from apps.hr.models import PayComponent, PayStructure, PayTable
from apps.hr.services.pay_components import NewFormula, save_component, save_structure
from apps.hr.services.pay_tables import save_pay_table

COUNTRIES = Path(__file__).resolve().parent.parent / "fixtures" / "countries"


def country_names() -> list[str]:
    return sorted(path.name for path in COUNTRIES.iterdir() if path.is_dir())


def load_country(company: Company, country: str, *, by: User) -> dict[str, PayStructure]:
    """Give ``company`` the tables, components and structures of ``country``; structures by code.

    Raises ``InvalidInput`` for a country that is not worked out, ``BusinessError`` when the company
    has one of its structures already.
    """
    if country not in country_names():
        raise InvalidInput(
            "unknown_country",
            _("These countries are worked out: {names}.").format(names=", ".join(country_names())),
            field="country",
        )
    folder = COUNTRIES / country
    content = tomllib.loads((folder / "country.toml").read_text(encoding="utf-8"))
    codes = [structure["code"] for structure in content["structures"]]
    known = PayStructure.objects.filter(company=company, code__in=codes).first()
    if known is not None:
        raise BusinessError("has_country", _("{structure} exists.").format(structure=known))
    with unit_of_work():
        for table in content.get("tables", []):
            rows = list(_rows(folder / table["file"], table))
            if not PayTable.objects.filter(company=company, code=table["code"]).exists():
                save_pay_table(
                    company=company, code=table["code"], name=table["name"], rows=rows, by=by
                )
        since = Date.fromisoformat(content["effective_from"])
        for values in content["components"]:
            _component(company, dict(values), since, by)
        return {
            values["code"]: _structure(company, country, dict(values), by)
            for values in content["structures"]
        }


def _rows(path: Path, table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["table"] == table["code"]:
                yield {
                    "effective_from": Date.fromisoformat(row["effective_from"]),
                    "key": row["key"],
                    "above": Decimal(row["above"]),
                    "amount": Decimal(row["amount"]) if row["amount"] else None,
                    "percent": Decimal(row["percent"]),
                }


def _component(company: Company, values: dict[str, Any], since: Date, by: User) -> None:
    """Components that two structures of a company share exist already."""
    if PayComponent.objects.filter(company=company, code=values["code"]).exists():
        return
    formula = NewFormula(since, values.pop("formula"), values.pop("base", ""))
    save_component(company=company, formulas=[formula], by=by, **values)


def _structure(company: Company, country: str, values: dict[str, Any], by: User) -> PayStructure:
    codes = values.pop("components")
    found = {row.code: row for row in PayComponent.objects.filter(company=company, code__in=codes)}
    return save_structure(
        company=company,
        country=country.upper(),
        components=[found[code] for code in codes],
        inputs=values.pop("inputs", []),
        by=by,
        **values,
    )
