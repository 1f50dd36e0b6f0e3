"""The rules, tables and facts that hold on a day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import F, Max, OuterRef, Q, Subquery, Sum

from apps.core.models import Company
from apps.core.money import ZERO
from apps.hr.formulas import Value
from apps.hr.models import (
    PayComponent,
    PayFact,
    PayFormula,
    PayInput,
    PayRun,
    PaySlipLine,
    PayStructure,
    PayTableRow,
)
from apps.hr.pay_rules import Rule, make_rule
from apps.hr.slabs import Bracket, Tables

YTD = "ytd_"
_NUMBER = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A structure on one day."""

    components: dict[str, PayComponent]
    rules: list[Rule]
    tables: Tables
    defaults: dict[str, Value]


def rulebook(structure: PayStructure, day: Date) -> Rulebook:
    """The components, formulas, tables and declared inputs of ``structure`` on ``day``.

    Raises ``RuleError`` for a formula that can't be read.
    """
    formulas = list(
        PayFormula.objects.filter(
            component__structures__structure=structure,
            component__is_active=True,
            effective_from__lte=day,
        )
        .order_by("component_id", "-effective_from")
        .distinct("component_id")
        .select_related("component")
    )
    rules = [rule_of(formula.component, formula) for formula in formulas]
    names = set().union(*(rule.tables for rule in rules)) if rules else set()
    return Rulebook(
        {formula.component.code: formula.component for formula in formulas},
        rules,
        tables_on(structure.company, day, names),
        {row.code: value_of(row.default) for row in PayInput.objects.filter(structure=structure)},
    )


def rule_of(component: PayComponent, formula: PayFormula) -> Rule:
    """Raises ``RuleError``."""
    return make_rule(
        component.code,
        formula.formula,
        base=formula.base_formula,
        sequence=component.sequence,
        places=component.decimal_places,
        rounding=component.rounding,
    )


def tables_on(company: Company, day: Date, codes: Iterable[str]) -> Tables:
    """Of each table the version of ``day``: a new version takes the place of all its rows."""
    latest = (
        PayTableRow.objects.filter(table=OuterRef("table"), effective_from__lte=day)
        .values("table")
        .annotate(latest=Max("effective_from"))
        .values("latest")
    )
    rows = PayTableRow.objects.filter(
        company=company, table__code__in=list(codes), effective_from=Subquery(latest)
    ).values_list("table__code", "key", "above", "percent", "amount")
    return Tables(
        (code, key, Bracket(above, percent, amount)) for code, key, above, percent, amount in rows
    )


def facts_on(employee_ids: Sequence[int], day: Date) -> dict[int, dict[str, Value]]:
    """What holds for each employee on ``day``; ``year_to_date`` reads the openings of the year."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    rows = (
        PayFact.objects.filter(employee__in=employee_ids, effective_from__lte=day)
        .exclude(code__startswith=YTD)
        .order_by("employee", "code", "effective_from")
    )
    for employee_id, code, text in rows.values_list("employee_id", "code", "value"):
        found[employee_id][code] = value_of(text)
    return found


def year_to_date(
    employee_ids: Sequence[int], pay_date: Date, *, before_run: int | None = None
) -> dict[int, dict[str, Decimal]]:
    """Sums by component of the year's earlier slips, and of what other systems paid in it."""
    totals: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    lines = (
        PaySlipLine.objects.filter(
            slip__employee__in=employee_ids,
            slip__status__in=PayRun.VALID,
            slip__pay_date__year=pay_date.year,
            slip__pay_date__lte=pay_date,
        )
        .exclude(slip__run=before_run)
        .filter(Q(slip__pay_date__lt=pay_date) | Q(slip__run__lt=before_run or 2**62))
        .values(employee=F("slip__employee_id"), code=F("component__code"))
        .annotate(total=Sum("amount"))
    )
    for row in lines:
        totals[row["employee"]][row["code"]] += row["total"]
    facts = PayFact.objects.filter(
        employee__in=employee_ids,
        code__startswith=YTD,
        effective_from__year=pay_date.year,
        effective_from__lte=pay_date,
    ).order_by("effective_from")
    opening: dict[tuple[int, str], Decimal] = {}
    for employee_id, code, text in facts.values_list("employee_id", "code", "value"):
        opening[employee_id, code.removeprefix(YTD)] = Decimal(text)
    for (employee_id, code), amount in opening.items():
        totals[employee_id][code] += amount
    return totals


def value_of(text: str) -> Value:
    """A number when it looks like one, else the text."""
    return Decimal(text) if _NUMBER.fullmatch(text) else text
