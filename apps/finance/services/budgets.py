"""Budgets: written, spread over the year, approved, revised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import LEDGER_DECIMALS, ZERO, allocate, require_decimal
from apps.core.services.documents import lock, require_company, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    BudgetLine,
    BudgetVersion,
    CostObject,
    Dimension,
    FiscalYear,
    Period,
)
from apps.finance.queries.budgets import actuals_by_period, column_of, periods_of
from apps.masterdata.models import Item, Machine, Partner, ReasonCode, Shift, WorkCentre

SERIES, PREFIX = "finance_budgetversion_series", "BUD"
Status = BudgetVersion.Status
SPREADS = ("even", "last_year")
_CHANGEABLE = frozenset({"name", "policy", "span", "dimension"})


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """The amount of a cell in a period (1 to 12) of the budget's year, on the account's side.

    At most one of the dimensions is given: the budget's.
    """

    account: Account
    period: int
    amount: Decimal
    cost_object: CostObject | None = None
    site: Site | None = None
    work_centre: WorkCentre | None = None
    machine: Machine | None = None
    shift: Shift | None = None
    reason: ReasonCode | None = None
    item: Item | None = None
    partner: Partner | None = None

    def value(self, dimension: str) -> Any:
        return getattr(self, dimension)


def draft_budget(
    company: Company,
    *,
    name: str,
    fiscal_year: FiscalYear,
    by: User,
    dimension: str = Dimension.COST_OBJECT,
    policy: str = BudgetVersion.Policy.WARN,
    span: str = BudgetVersion.Span.YEAR,
    reason: str = "",
) -> BudgetVersion:
    """A new version, without lines."""
    require_company(company, fiscal_year=fiscal_year)
    with unit_of_work():
        return BudgetVersion(
            company=company,
            number=next_number(SERIES, PREFIX),
            name=name,
            fiscal_year=fiscal_year,
            dimension=dimension,
            policy=policy,
            span=span,
            created_by=by,
        ).save_by(by, reason=reason)


def change_budget(
    budget: BudgetVersion,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> BudgetVersion:
    """Change name, policy or span of a draft; its dimension as long as no line has a value."""
    unknown = sorted(set(values) - _CHANGEABLE)
    if unknown:
        raise InvalidInput("not_changeable", _("This stays as it was written."), field=unknown[0])
    with unit_of_work():
        budget = lock(budget, version=version)
        require_status(budget, Status.DRAFT)
        dimension = values.get("dimension", budget.dimension)
        if dimension != budget.dimension and has_values(budget):
            raise BusinessError(
                "has_lines",
                _("Lines of the budget tell amounts apart by what it is by now."),
                field="dimension",
            )
        for name, value in values.items():
            setattr(budget, name, value)
        return budget.save_by(by, reason=reason)


def set_budget_lines(
    budget: BudgetVersion,
    rows: Sequence[BudgetRow],
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
) -> BudgetVersion:
    """Write amounts into a draft; a cell and period that is there gets the new amount.

    One statement however many rows. Raises ``InvalidInput`` naming row and field.
    """
    with unit_of_work():
        budget = lock(budget, version=version, related=("company__currency", "fiscal_year"))
        require_status(budget, Status.DRAFT)
        numbers = {period.number: period for period in periods_of(budget.fiscal_year)}
        seen: set[tuple[Any, ...]] = set()
        for place, row in enumerate(rows):
            _check_row(budget, row, numbers, place)
            value = row.value(budget.dimension)
            key = (row.account.pk, value and value.pk, row.period)
            if key in seen:
                raise InvalidInput(
                    "duplicate",
                    _("This account, value and period stands there twice."),
                    field="period",
                    row=place,
                )
            seen.add(key)
        _write(
            budget,
            [(r.account, r.value(budget.dimension), numbers[r.period], r.amount) for r in rows],
        )
        return budget.save_by(by, reason=reason)


def remove_budget_lines(
    budget: BudgetVersion,
    *,
    account: Account,
    by: User,
    version: int | None = None,
    **values: Any,
) -> BudgetVersion:
    """Take a cell out of a draft, all of its periods; its value by the name of its dimension."""
    with unit_of_work():
        budget = lock(budget, version=version)
        require_status(budget, Status.DRAFT)
        value = value_of(budget, values)
        found = budget.lines.filter(account=account, **{budget.dimension: value})
        if not found.delete()[0]:
            raise BusinessError(
                "no_such_line", _("There is no such line in the budget."), field="account"
            )
        return budget.save_by(by)


def spread_budget(
    budget: BudgetVersion,
    *,
    account: Account,
    amount: Decimal,
    by: User,
    method: str = "even",
    version: int | None = None,
    **values: Any,
) -> BudgetVersion:
    """Write the amount of a year into its months: evenly, or as last year's actuals fell.

    Of a value of the budget's dimension, given by its name, else of all without a line.
    The months sum to ``amount`` exactly. Months of last year below zero get nothing.
    """
    if method not in SPREADS:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(SPREADS)),
            field="method",
        )
    require_decimal(amount, field="amount", decimal_places=LEDGER_DECIMALS, positive=False)
    value = value_of(budget, values)
    require_company(budget.company, account=account, **{budget.dimension: value})
    months = periods_of(budget.fiscal_year)
    weights = [Decimal(1)] * len(months)
    if method == "last_year":
        weights = _last_year(budget, account, value, len(months))
    parts = allocate(amount, weights, budget.company.currency.decimal_places)
    rows = [
        BudgetRow(account, month.number, part, **{budget.dimension: value})
        for month, part in zip(months, parts, strict=True)
    ]
    return set_budget_lines(budget, rows, by=by, version=version)


def approve_budget(budget: BudgetVersion, *, by: User, version: int | None = None) -> BudgetVersion:
    """Put a draft in force; the version of its year and dimension that was is superseded.

    Raises ``BusinessError`` when it is empty, or for who wrote it (rule 8). Waits for orders that
    are being checked against the year's budget, as they wait for it.
    """
    with unit_of_work():
        budget = lock(budget, version=version, related=("company",))
        budget.transition_to(Status.APPROVED)
        if budget.created_by_id == by.pk:
            raise BusinessError(
                "same_person", _("Who wrote the budget can't approve it."), field="approved_by"
            )
        if not budget.lines.exists():
            raise BusinessError("no_lines", _("The budget has no lines."), field="lines")
        FiscalYear.objects.select_for_update(no_key=True).get(pk=budget.fiscal_year_id)
        former = BudgetVersion.objects.select_for_update(of=("self",)).filter(
            fiscal_year=budget.fiscal_year_id,
            dimension=budget.dimension,
            status=Status.APPROVED,
        )
        for row in former:
            row.transition_to(Status.SUPERSEDED)
            row.save_by(by, reason=_("Superseded by {budget}").format(budget=budget.number))
        return budget.save_by(by)


def revise_budget(budget: BudgetVersion, *, by: User, version: int | None = None) -> BudgetVersion:
    """A draft with the lines of an approved version, to be changed and approved in its place."""
    with unit_of_work():
        budget = lock(budget, version=version, related=("company", "fiscal_year"))
        require_status(budget, Status.APPROVED)
        draft = draft_budget(
            budget.company,
            name=budget.name,
            fiscal_year=budget.fiscal_year,
            dimension=budget.dimension,
            policy=budget.policy,
            span=budget.span,
            by=by,
        )
        draft.revises = budget
        lines = budget.lines.select_related("account", budget.dimension, "period")
        _write(
            draft,
            [(r.account, getattr(r, budget.dimension), r.period, r.amount) for r in lines],
        )
        return draft.save_by(by)


def cancel_budget(
    budget: BudgetVersion, *, by: User, reason: str = "", version: int | None = None
) -> BudgetVersion:
    """Give up a draft."""
    with unit_of_work():
        budget = lock(budget, version=version)
        budget.transition_to(Status.CANCELLED)
        return budget.save_by(by, reason=reason)


def has_values(budget: BudgetVersion) -> bool:
    """Whether lines of ``budget`` tell amounts apart by its dimension."""
    return bool(budget.lines.exclude(**{budget.dimension: None}).exists())


def value_of(budget: BudgetVersion, values: Mapping[str, Any], row: int | None = None) -> Any:
    """The one of ``values`` (by dimension) that ``budget`` is by.

    Raises ``InvalidInput`` ``other_dimension`` for a value of another.
    """
    for name, value in values.items():
        if name not in Dimension.values:
            raise InvalidInput("unknown", _("There is no such dimension."), field=name, row=row)
        if value is not None and name != budget.dimension:
            raise InvalidInput(
                "other_dimension",
                _("{budget} is by {dimension}.").format(
                    budget=budget.number, dimension=budget.get_dimension_display()
                ),
                field=name,
                row=row,
            )
    return values.get(budget.dimension)


def _last_year(budget: BudgetVersion, account: Account, value: Any, months: int) -> list[Decimal]:
    year = budget.fiscal_year
    before = FiscalYear.objects.filter(company=budget.company_id, ends_on__lt=year.starts_on)
    last = before.order_by("-ends_on").first()
    found = (
        actuals_by_period(periods_of(last), account, column_of(budget), value.pk if value else None)
        if last
        else []
    )
    weights = [max(amount, ZERO) for amount in found]
    if len(weights) != months or not any(weights):
        raise BusinessError(
            "nothing_posted",
            _("Nothing was posted on {account} in the year before.").format(account=account),
            field="method",
        )
    return weights


def _check_row(
    budget: BudgetVersion, row: BudgetRow, numbers: dict[int, Period], place: int
) -> None:
    given = {name: row.value(name) for name in Dimension.values}
    value_of(budget, given, row=place)
    require_company(budget.company, row=place, account=row.account, **given)
    require_decimal(
        row.amount,
        field="amount",
        row=place,
        decimal_places=budget.company.currency.decimal_places,
        positive=False,
    )
    if row.period not in numbers:
        raise InvalidInput(
            "no_period",
            _("{year} has no period {number}.").format(year=budget.fiscal_year, number=row.period),
            field="period",
            row=place,
        )
    if not row.account.is_active:
        raise BusinessError(
            "inactive_account",
            _("{account} is not active.").format(account=row.account),
            field="account",
            row=place,
        )


def _write(
    budget: BudgetVersion,
    rows: Sequence[tuple[Account, Any, Period, Decimal]],
) -> None:
    BudgetLine.objects.bulk_create(
        [
            BudgetLine(
                company_id=budget.company_id,
                budget=budget,
                account=account,
                period=period,
                amount=amount,
                **{budget.dimension: value},
            )
            for account, value, period, amount in rows
        ],
        update_conflicts=True,
        unique_fields=["budget", "account", *Dimension.values, "period"],
        update_fields=["amount"],
    )
