"""Forecasts calculated from what customers took, by the method that was least wrong lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import round_quantity
from apps.core.services.documents import require_company
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Item
from apps.planning.engine.errors import PlanError
from apps.planning.engine.forecasting.choice import MAE, MAPE, MASE, Choice, choose
from apps.planning.models import Forecast
from apps.planning.queries.demand_history import (
    MONTH,
    SEASON,
    bucket_start,
    demand_history,
    next_bucket,
)
from apps.planning.services.forecasts import replace_current

MOST_BUCKETS = 104
MEASURES = (MAE, MAPE, MASE)


@dataclass(slots=True)
class Calculated:
    """``errors`` by method on the hold-out; ``outliers`` are places in ``history``."""

    item_id: int
    method: str
    errors: dict[str, dict[str, Any]]
    history: list[Decimal]
    outliers: list[int]
    forecasts: list[Forecast] = field(default_factory=list)


def calculate_forecasts(
    company: Company,
    *,
    items: Sequence[Item],
    site: Site,
    by: User,
    bucket: str = MONTH,
    buckets: int = 6,
    history_buckets: int = 48,
    starts_on: Date | None = None,
    measure: str = MASE,
    history: Sequence[Decimal | None] | None = None,
    reason: str = "",
) -> list[Calculated]:
    """Forecast ``buckets`` from the one of ``starts_on`` (this one) on, for each item: all or none.

    ``history`` stands for what was shipped, of one item. Raises ``InvalidInput`` naming the item:
    ``history_too_short``, ``history_gap``, ``negative_demand``.
    """
    require_company(company, site=site)
    _check(items, bucket, buckets, history_buckets, measure, history)
    today = starts_on or timezone.now().astimezone(site.zone).date()
    first = bucket_start(today, bucket)
    found = []
    with unit_of_work():
        for row, item in enumerate(items):
            require_company(company, row=row, item=item)
            series = history
            if series is None:
                series = demand_history(
                    company.pk,
                    item.pk,
                    site.pk,
                    bucket=bucket,
                    until=first,
                    buckets=history_buckets,
                )
            choice = _choose(
                series, item, row if len(items) > 1 else None, bucket, buckets, measure
            )
            found.append(_write(company, item, site, by, reason, bucket, first, series, choice))
    return found


def _check(
    items: Sequence[Item],
    bucket: str,
    buckets: int,
    history_buckets: int,
    measure: str,
    history: Sequence[Decimal | None] | None,
) -> None:
    if not items:
        raise InvalidInput("no_items", _("Choose items."), field="items")
    if bucket not in SEASON:
        raise InvalidInput("unknown_bucket", _("Forecast by week or by month."), field="bucket")
    for name, value in (("buckets", buckets), ("history_buckets", history_buckets)):
        if not 1 <= value <= MOST_BUCKETS:
            raise InvalidInput(
                "bad_horizon", _("1 to {most} buckets.").format(most=MOST_BUCKETS), field=name
            )
    if measure not in MEASURES:
        raise InvalidInput("unknown_measure", _("There is no such error."), field="measure")
    if history is not None and len(items) != 1:
        raise InvalidInput("one_item", _("A history is of one item."), field="history")


def _choose(
    series: Sequence[Decimal | None],
    item: Item,
    row: int | None,
    bucket: str,
    buckets: int,
    measure: str,
) -> Choice:
    numbers = [None if value is None else float(value) for value in series]
    try:
        return choose(numbers, period=SEASON[bucket], horizon=buckets, by=measure)
    except PlanError as error:
        place = error.items[0] + 1 if error.items else 0
        text = {
            "history_too_short": _("{item}: too little history to forecast from."),
            "history_gap": _("{item}: the history has a gap at place {place}."),
            "negative_demand": _("{item}: demand below zero at place {place}."),
        }[error.code]
        raise InvalidInput(
            error.code, text.format(item=item.code, place=place), field=error.field, row=row
        ) from error


def _write(
    company: Company,
    item: Item,
    site: Site,
    by: User,
    reason: str,
    bucket: str,
    first: Date,
    series: Sequence[Decimal | None],
    choice: Choice,
) -> Calculated:
    mase = choice.errors[choice.method].mase
    rows = []
    for place, value in enumerate(choice.forecast):
        start = next_bucket(first, bucket, place)
        row = Forecast(
            company=company,
            item=item,
            site=site,
            starts_on=start,
            ends_on=next_bucket(start, bucket) - timedelta(days=1),
            quantity=round_quantity(Decimal(repr(value))),
            method=choice.method,
            error=None if mase is None else min(Decimal(str(round(mase, 4))), Decimal(99999999)),
        )
        rows.append(replace_current(row, by=by, reason=reason))
    errors = {
        name: {key: getattr(found, key) for key in found.__slots__}
        for name, found in choice.errors.items()
    }
    history = [value for value in series if value is not None]
    return Calculated(item.pk, choice.method, errors, history, choice.outliers, rows)
