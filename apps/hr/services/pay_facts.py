"""What formulas are told about an employee: answers of tax forms, instalments, openings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.hr.formulas import COMPONENT, INPUT, Value
from apps.hr.models import PayFact
from apps.hr.pay_time import BUILT_IN
from apps.hr.queries.pay_rules import YTD, value_of


def create_pay_fact(*, company: Company, by: User, reason: str = "", **values: Any) -> PayFact:
    """State a fact. Raises ``InvalidInput`` for a name that formulas can't have."""
    [made] = set_pay_facts(company, [values], by=by, reason=reason)
    return made


def set_pay_facts(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[PayFact]:
    """State many facts, all or none; the same employee, name and day again changes the value."""
    made = []
    with unit_of_work():
        for place, values in enumerate(rows):
            row = place if len(rows) > 1 else None
            require_company(company, row=row, employee=values["employee"])
            _check(values["code"], values["value"], row)
            known = PayFact.objects.filter(
                employee=values["employee"],
                code=values["code"],
                effective_from=values["effective_from"],
            ).first()
            fact = known or PayFact(company=company, **values)
            fact.value = values["value"]
            made.append(fact.save_by(by, reason=reason))
    return made


def update_pay_fact(
    row: PayFact, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> PayFact:
    """Change a fact; what was calculated with it stays until a run is calculated anew."""
    _check(values.get("code", row.code), values.get("value", row.value), None)
    return update_row(row, values=values, by=by, version=version, reason=reason)


def _check(code: str, text: str, row: int | None) -> None:
    value: Value = value_of(text)
    if code.startswith(YTD):
        is_good = COMPONENT.fullmatch(code.removeprefix(YTD)) is not None
        if is_good and isinstance(value, str):
            raise InvalidInput(
                "not_a_number", _("A sum of the year is a number."), field="value", row=row
            )
    else:
        is_good = INPUT.fullmatch(code) is not None and code not in BUILT_IN
    if not is_good:
        raise InvalidInput(
            "bad_code", _("{code} can't be the name of a fact.").format(code=code),
            field="code", row=row,
        )  # fmt: skip
