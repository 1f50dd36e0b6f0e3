"""Whether an order fits its budget: asked before it is placed, by whoever places it (rule 39).

Two orders at once never take the same rest: both lock the lines of their cells, in the order of
their keys, after their own document and before anything of the stock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.sql import fetch_all, insert_rows
from apps.finance.models import (
    Account,
    BudgetLine,
    BudgetOverrun,
    BudgetVersion,
    Period,
)
from apps.finance.queries.budgets import (
    Cell,
    Figures,
    budget_figures,
    cell_of,
    column_of,
    period_at,
    periods_of,
    sign_of,
)
from apps.finance.queries.filters import DIMENSIONS

Policy, Span = BudgetVersion.Policy, BudgetVersion.Span
# Approving a budget locks its year alone: it waits for orders being checked, and they for it.
_YEARS = """
SELECT y.id FROM finance_fiscalyear y
 WHERE y.company_id = %s AND y.starts_on <= %s AND y.ends_on >= %s
   AND EXISTS (SELECT 1 FROM finance_budgetversion b
                WHERE b.fiscal_year_id = y.id AND b.status IN ('draft', 'approved'))
 ORDER BY y.id FOR SHARE OF y
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line of a document will post: a debit in company currency, on the day it is due.

    ``values`` are its keys in the dimensions that it will have.
    """

    account_id: int
    values: Mapping[str, int | None]
    date: Date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Overrun:
    """A cell that has less left than is asked for."""

    budget: BudgetVersion
    cell: Cell
    period: Period
    figures: Figures
    wanted: Decimal
    document: Any
    place: int


def hold_budgets(company: Company, dates: Iterable[Date]) -> list[BudgetVersion]:
    """The budgets that orders due on these days are checked against; held until commit.

    One statement where the company has no budget.
    """
    days = list(dates)
    if not days or not fetch_all(_YEARS, [company.pk, max(days), min(days)]):
        return []
    return list(
        BudgetVersion.objects.filter(
            company=company,
            status=BudgetVersion.Status.APPROVED,
            fiscal_year__starts_on__lte=max(days),
            fiscal_year__ends_on__gte=min(days),
        )
        .exclude(policy=Policy.IGNORE)
        .select_related("fiscal_year", "company__currency")
        .order_by("pk")
    )


def budgeted_accounts(budgets: Sequence[BudgetVersion]) -> set[int]:
    """Ids of the accounts that any of ``budgets`` has a line for: nothing else is checked."""
    lines = BudgetLine.objects.filter(budget__in=budgets)
    return set(lines.order_by().values_list("account_id", flat=True).distinct())


def take_from_budgets(
    budgets: Sequence[BudgetVersion],
    asked: Sequence[tuple[Any, Sequence[Wanted]]],
    *,
    by: User,
) -> list[Overrun]:
    """Check documents, each with what it wants, against what is left of ``budgets``.

    ``budgets`` come from ``hold_budgets``. What exceeds one that refuses raises ``BusinessError``
    with the figures; what exceeds one that warns is noted as ``BudgetOverrun`` of its document.
    Call it before the documents count as ordered.
    """
    found = [one for budget in budgets for one in _overruns(budget, asked)]
    refused = [one for one in found if one.budget.policy == Policy.REFUSE]
    if refused:
        raise _refusal(refused[0], row=refused[0].place if len(asked) > 1 else None)
    _note(found, by)
    return found


def _overruns(
    budget: BudgetVersion, asked: Sequence[tuple[Any, Sequence[Wanted]]]
) -> list[Overrun]:
    months = periods_of(budget.fiscal_year)
    cells = _lock_cells(budget, [one for _document, wanted in asked for one in wanted])
    by_document = [_by_cell(budget, wanted, cells, months) for _document, wanted in asked]
    accounts = sorted({account_id for by_cell in by_document for account_id, _other in by_cell})
    if not accounts:
        return []
    kinds = dict(Account.objects.filter(pk__in=accounts).values_list("pk", "kind"))
    figures = budget_figures(budget, months, account_ids=accounts)
    found = []
    for place, by_cell in enumerate(by_document):
        for cell, by_month in by_cell.items():
            sign = sign_of(kinds[cell[0]])
            for last, span in _spans(budget.span, months, by_month):
                more = sign * sum((by_month.get(month.pk, ZERO) for month in span), ZERO)
                total = _total(figures.get(cell, {}), span)
                if more > 0 and more > total.rest:
                    document = asked[place][0]
                    found.append(Overrun(budget, cell, last, total, more, document, place))
                    break
            for month, amount in by_month.items():  # the next document finds it ordered
                row = figures.setdefault(cell, {}).setdefault(month, Figures())
                row.ordered += sign * amount
    return found


def _by_cell(
    budget: BudgetVersion,
    wanted: Sequence[Wanted],
    cells: set[Cell],
    months: Sequence[Period],
) -> dict[Cell, dict[int, Decimal]]:
    """What is asked of each budgeted cell, by month."""
    asked: dict[Cell, dict[int, Decimal]] = {}
    for one in wanted:
        month = period_at(months, one.date)
        cell = cell_of(cells, one.account_id, one.values.get(budget.dimension))
        if month is not None and cell in cells and one.amount:
            by_month = asked.setdefault(cell, {})
            by_month[month] = by_month.get(month, ZERO) + one.amount
    return asked


def _lock_cells(budget: BudgetVersion, wanted: Sequence[Wanted]) -> set[Cell]:
    dimension = budget.dimension
    values = {one.values.get(dimension) for one in wanted} - {None}
    rows = (
        BudgetLine.objects.select_for_update(of=("self",), no_key=True)
        .filter(budget=budget, account__in={one.account_id for one in wanted})
        .filter(Q(**{f"{dimension}__in": values}) | Q(**{f"{dimension}__isnull": True}))
        .order_by("pk")
    )
    return set(rows.values_list("account_id", column_of(budget)))


def _spans(
    span: str, months: Sequence[Period], touched: Iterable[int]
) -> list[tuple[Period, Sequence[Period]]]:
    """What the rest is counted over, for each month asked for: its last month, and all of it."""
    places = [place for place, month in enumerate(months) if month.pk in set(touched)]
    if span == Span.YEAR:
        return [(months[-1], months)]
    if span == Span.PERIOD:
        return [(months[place], months[place : place + 1]) for place in places]
    return [(months[place], months[: place + 1]) for place in places]


def _total(by_month: dict[int, Figures], span: Sequence[Period]) -> Figures:
    rows = [by_month[month.pk] for month in span if month.pk in by_month]
    return Figures(
        sum((row.planned for row in rows), ZERO),
        sum((row.posted for row in rows), ZERO),
        sum((row.ordered for row in rows), ZERO),
    )


def _refusal(one: Overrun, *, row: int | None) -> BusinessError:
    places = one.budget.company.currency.decimal_places
    account = Account.objects.get(pk=one.cell[0])
    dimension = one.budget.dimension
    model: Any = BudgetLine._meta.get_field(dimension).related_model
    value = model._default_manager.get(pk=one.cell[1]) if one.cell[1] else None
    amounts = {
        "planned": one.figures.planned,
        "posted": one.figures.posted,
        "ordered": one.figures.ordered,
        "wanted": one.wanted,
        "missing": one.wanted - one.figures.rest,
    }
    texts = {name: f"{amount:.{places}f}" for name, amount in amounts.items()}
    return BusinessError(
        "budget_exceeded",
        _(
            "{budget} leaves too little on {line} up to {period}: budgeted {planned}, posted "
            "{posted}, ordered {ordered}, asked for {wanted}: {missing} too much."
        ).format(
            budget=one.budget.number,
            line=" / ".join(row.code for row in (account, value) if row),
            period=one.period,
            **texts,
        ),
        field="lines",
        row=row,
        details={
            "budget": one.budget.number,
            "account": account.code,
            dimension: value.code if value else None,
            "period": str(one.period),
            **texts,
        },
    )


def _note(found: Sequence[Overrun], by: User) -> None:
    now = timezone.now()
    insert_rows(
        BudgetOverrun,
        [
            {
                "company_id": one.budget.company_id,
                "source_type_id": ContentType.objects.get_for_model(one.document).pk,
                "source_id": one.document.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "budget_id": one.budget.pk,
                "account_id": one.cell[0],
                **dict.fromkeys(DIMENSIONS.values()),
                column_of(one.budget): one.cell[1],
                "period_id": one.period.pk,
                "planned": one.figures.planned,
                "posted": one.figures.posted,
                "ordered": one.figures.ordered,
                "wanted": one.wanted,
            }
            for one in found
        ],
    )
