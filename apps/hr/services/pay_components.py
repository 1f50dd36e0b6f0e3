"""Components, their formulas and the structures they form. Nothing is kept that can't be run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock
from apps.core.transactions import unit_of_work
from apps.hr.formulas import COMPONENT, INPUT
from apps.hr.models import (
    PayComponent,
    PayFormula,
    PayInput,
    PayStructure,
    PayStructureComponent,
    PayTable,
)
from apps.hr.pay_rules import Rule, RuleError, check
from apps.hr.pay_time import BUILT_IN
from apps.hr.queries.pay_rules import rule_of


@dataclass(frozen=True, slots=True)
class NewFormula:
    """How a component is calculated from a day on."""

    effective_from: Date
    formula: str
    base_formula: str = ""


def save_component(
    *,
    company: Company,
    formulas: Sequence[NewFormula],
    by: User,
    reason: str = "",
    **values: Any,
) -> PayComponent:
    """A new component with its formulas. Raises ``InvalidInput`` naming component and reason."""
    return _write_component(PayComponent(company=company), formulas, values, by, reason)


def import_components(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[PayComponent]:
    """New components from rows that each hold one formula; rows of one code are its versions."""
    formulas: dict[str, list[NewFormula]] = {}
    values: dict[str, dict[str, Any]] = {}
    for row in rows:
        given = dict(row)
        formula = NewFormula(
            given.pop("effective_from"), given.pop("formula"), given.pop("base_formula", "")
        )
        formulas.setdefault(given["code"], []).append(formula)
        values[given["code"]] = given
    with unit_of_work():
        return [
            save_component(
                company=company, formulas=formulas[code], by=by, reason=reason, **values[code]
            )
            for code in values
        ]


def change_component(
    row: PayComponent,
    *,
    by: User,
    formulas: Sequence[NewFormula] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> PayComponent:
    """Change a component; ``formulas`` replace the ones it has.

    Every structure that has it must still be sound. Raises ``InvalidInput``.
    """
    with unit_of_work():
        current = lock(row, version=version)
        code = values.get("code", current.code)
        if code != current.code and current.structures.exists():
            raise InvalidInput(
                "code_is_used", _("Formulas know it as {code}.").format(code=current.code),
                field="code",
            )  # fmt: skip
        return _write_component(current, formulas, values, by, reason)


def _write_component(
    row: PayComponent,
    formulas: Sequence[NewFormula] | None,
    values: dict[str, Any],
    by: User,
    reason: str,
) -> PayComponent:
    for name, value in values.items():
        setattr(row, name, value)
    if not COMPONENT.fullmatch(row.code):
        raise InvalidInput(
            "bad_code",
            _("A component is named in capitals, digits and underscores."),
            field="code",
        )
    if formulas is not None and not formulas:
        raise InvalidInput("no_formula", _("A component needs a formula."), field="formulas")
    with unit_of_work():
        row.save_by(by, reason=reason)
        if formulas is not None:
            for old in row.formulas.all():
                old._history_user = by  # type: ignore[attr-defined]
                old.delete()
            insert_all(
                [
                    PayFormula(
                        company_id=row.company_id,
                        component=row,
                        effective_from=new.effective_from,
                        formula=new.formula,
                        base_formula=new.base_formula,
                    )
                    for new in formulas
                ],
                by=by,
                reason=reason,
            )
            _read_formulas(row)
        for link in row.structures.select_related("structure"):
            check_structure(link.structure, field="formulas")
    return row


def _read_formulas(component: PayComponent) -> None:
    for place, formula in enumerate(component.formulas.order_by("effective_from")):
        try:
            rule_of(component, formula)
        except RuleError as error:
            raise _refused(error, field="formulas", row=place) from error


def save_structure(
    *,
    company: Company,
    components: Sequence[PayComponent],
    by: User,
    inputs: Sequence[dict[str, str]] = (),
    reason: str = "",
    **values: Any,
) -> PayStructure:
    """A new structure of components, with the inputs its formulas ask for.

    Raises ``InvalidInput`` for an unknown name, a circle, an input that is no name.
    """
    with unit_of_work():
        structure = PayStructure(company=company, **values).save_by(by, reason=reason)
        return _write_structure(structure, components, inputs)


def change_structure(
    row: PayStructure,
    *,
    by: User,
    components: Sequence[PayComponent] | None = None,
    inputs: Sequence[dict[str, str]] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> PayStructure:
    """Change a structure; ``components`` and ``inputs`` replace the ones it has."""
    with unit_of_work():
        current = lock(row, version=version)
        for name, value in values.items():
            setattr(current, name, value)
        current.save_by(by, reason=reason)
        return _write_structure(current, components, inputs)


def _write_structure(
    structure: PayStructure,
    components: Sequence[PayComponent] | None,
    inputs: Sequence[dict[str, str]] | None,
) -> PayStructure:
    if components is not None:
        if len({component.pk for component in components}) != len(components):
            raise InvalidInput("named_twice", _("A component is named twice."), field="components")
        structure.components.all().delete()
        PayStructureComponent.objects.bulk_create(
            PayStructureComponent(
                company_id=structure.company_id, structure=structure, component=component
            )
            for component in components
        )
    if inputs is not None:
        _write_inputs(structure, inputs)
    check_structure(structure)
    return structure


def _write_inputs(structure: PayStructure, inputs: Sequence[dict[str, str]]) -> None:
    for place, row in enumerate(inputs):
        code = row["code"]
        if not INPUT.fullmatch(code) or code in BUILT_IN or code.startswith("ytd_"):
            raise InvalidInput(
                "bad_code",
                _("{code} can't be the name of an input.").format(code=code),
                field="inputs",
                row=place,
            )
    structure.inputs.all().delete()
    PayInput.objects.bulk_create(
        PayInput(company_id=structure.company_id, structure=structure, **row) for row in inputs
    )


def check_structure(structure: PayStructure, *, field: str = "components") -> None:
    """Raise ``InvalidInput`` at ``field`` when on some day a formula goes round, or knows not what
    it names.
    """
    formulas = list(
        PayFormula.objects.filter(component__structures__structure=structure)
        .select_related("component")
        .order_by("effective_from")
    )
    inputs = [*BUILT_IN, *structure.inputs.values_list("code", flat=True)]
    tables = list(
        PayTable.objects.filter(company=structure.company_id).values_list("code", flat=True)
    )
    codes = {formula.component.code for formula in formulas}
    missing = structure.components.exclude(component__code__in=codes).first()
    if missing is not None:
        raise InvalidInput(
            "no_formula", _("{component} has no formula.").format(component=missing),
            field="components",
        )  # fmt: skip
    try:
        for rules in _versions(formulas):
            check([*rules, *_later(formulas, rules)], inputs=inputs, tables=tables)
    except RuleError as error:
        raise _refused(error, field=field) from error


def _versions(formulas: Sequence[PayFormula]) -> Iterable[list[Rule]]:
    """The rules on each day on which one changes."""
    days = sorted({formula.effective_from for formula in formulas})
    for day in days:
        of_day: dict[int, PayFormula] = {}
        for formula in formulas:
            if formula.effective_from <= day:
                of_day[formula.component_id] = formula
        yield [rule_of(formula.component, formula) for formula in of_day.values()]


def _later(formulas: Sequence[PayFormula], rules: Sequence[Rule]) -> list[Rule]:
    """Components whose first formula is still to come: known, but not run yet."""
    known = {rule.code for rule in rules}
    first: dict[str, PayFormula] = {}
    for formula in formulas:
        if formula.component.code not in known:
            first.setdefault(formula.component.code, formula)
    return [rule_of(formula.component, formula) for formula in first.values()]


def _refused(error: RuleError, *, field: str, row: int | None = None) -> InvalidInput:
    return InvalidInput(
        error.code, str(error), field=field, row=row, details={"component": error.component}
    )
