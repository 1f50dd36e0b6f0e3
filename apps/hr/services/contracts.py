"""Contracts: the terms of an employee, one version at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import lock, require_company, update_all
from apps.core.transactions import unit_of_work
from apps.hr.models import Contract, Employee, PaySlip

#: What may be changed once a pay slip was made under the contract.
STILL_OPEN = {"effective_to"}


def create_contract(*, company: Company, by: User, reason: str = "", **values: Any) -> Contract:
    """New terms from a day on. Raises ``BusinessError`` when others hold on one of its days."""
    [made] = create_contracts(company, [values], by=by, reason=reason)
    return made


def create_contracts(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[Contract]:
    """Many contracts, all or none; the employees' time is recorded from now on.

    Raises ``BusinessError`` or ``InvalidInput`` naming field and row.
    """
    contracts = [Contract(company=company, **values) for values in rows]
    with unit_of_work():
        employees = {
            row.pk: row
            for row in Employee.objects.select_for_update(of=("self",))
            .filter(pk__in={contract.employee_id for contract in contracts})
            .order_by("pk")
        }
        for place, contract in enumerate(contracts):
            _check(contract, place if len(contracts) > 1 else None)
            contract.save_by(by, reason=reason)
        newly = [row for row in employees.values() if not row.is_time_recorded]
        for row in newly:
            row.is_time_recorded = True
        update_all(newly, "is_time_recorded", by=by, reason=_("First contract"))
    return contracts


def update_contract(
    row: Contract, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> Contract:
    """Change a contract. Once a slip was made under it only its end may change.

    New terms, even for the past, are a new contract: a retroactive run pays the difference.
    """
    with unit_of_work():
        Employee.objects.select_for_update(of=("self",)).get(pk=row.employee_id)
        current = lock(row, version=version)
        changed = {n: v for n, v in values.items() if getattr(current, n) != v}
        if not changed:
            return current
        if changed.keys() - STILL_OPEN and PaySlip.objects.filter(contract=current).exists():
            raise BusinessError(
                "contract_used",
                _("Pay was calculated under this contract; end it and make a new one."),
                field=sorted(changed.keys() - STILL_OPEN)[0],
            )
        for name, value in changed.items():
            setattr(current, name, value)
        _check(current, None)
        return current.save_by(by, reason=reason)


def _check(contract: Contract, row: int | None) -> None:
    require_company(
        contract.company,
        row=row,
        employee=contract.employee,
        structure=contract.structure,
        cost_centre=contract.cost_centre,
    )
    last = contract.effective_to
    if last is not None and last < contract.effective_from:
        raise InvalidInput(
            "ends_before_start", _("It ends before it starts."), field="effective_to", row=row
        )
    others = Contract.objects.filter(employee=contract.employee_id).exclude(pk=contract.pk)
    if last is not None:
        others = others.filter(effective_from__lte=last)
    for other in others:
        if other.effective_to is None or other.effective_to >= contract.effective_from:
            raise BusinessError(
                "overlapping_contract",
                _("{employee} has a contract from {first} to {last} already.").format(
                    employee=contract.employee,
                    first=other.effective_from,
                    last=other.effective_to or "…",
                ),
                field="effective_from",
                row=row,
            )
