"""Watching control charts: a point that breaks a rule is written down and stops the line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.quality.models import (
    ControlChart,
    ControlLimits,
    Inspection,
    Nonconformance,
    SpcSignal,
)
from apps.quality.queries.charts import (
    Broken,
    Point,
    broken_rules,
    chart_points,
    limits_in_force,
    limits_of,
)
from apps.quality.services.nonconformances import open_nonconformance
from apps.quality.spc.run_rules import RULES


def watch(
    inspection: Inspection, characteristic_ids: Sequence[int], *, by: User
) -> list[SpcSignal]:
    """Look at the charts of what was measured; each new signal opens or joins a nonconformance."""
    charts = ControlChart.objects.select_related("item", "company", "characteristic").filter(
        company=inspection.company_id,
        item=inspection.item_id,
        characteristic__in=set(characteristic_ids),
        is_active=True,
    )
    made: list[SpcSignal] = []
    for chart in charts.order_by("pk"):
        if chart.operation_sequence in (None, inspection.operation_sequence):
            limits = limits_in_force(chart)
            if limits is not None:
                made += _look_at(chart, limits, inspection, by)
    return made


def _look_at(
    chart: ControlChart, limits: ControlLimits, inspection: Inspection, by: User
) -> list[SpcSignal]:
    points = chart_points(chart)
    here = {n for n, p in enumerate(points, start=1) if p.inspection_id == inspection.pk}
    known = set(
        SpcSignal.objects.filter(chart=chart, limits=limits, inspection=inspection).values_list(
            "subgroup", "side", "rule"
        )
    )
    new = [
        one
        for one in broken_rules(chart, limits, points)
        if one.point in here
        and one.point > limits.points
        and (points[one.point - 1].subgroup, one.side, one.rule) not in known
    ]
    if not new:
        return []
    ncr = _nonconformance(chart, inspection, new[0], by)
    rows = [_row(chart, limits, inspection, one, points[one.point - 1], ncr, by) for one in new]
    ids = [row_id for (row_id,) in insert_rows(SpcSignal, rows, returning="id")]
    return list(SpcSignal.objects.filter(pk__in=ids).order_by("pk"))


def _nonconformance(
    chart: ControlChart, inspection: Inspection, first: Broken, by: User
) -> Nonconformance:
    """The one that is undecided for this chart, else a new one."""
    kind = ContentType.objects.get_for_model(ControlChart)
    found = (
        Nonconformance.objects.filter(
            source_type=kind, source_id=chart.pk, status__in=Nonconformance.UNDECIDED
        )
        .order_by("pk")
        .first()
    )
    if found is not None:
        return found
    return open_nonconformance(
        chart.company,
        item=chart.item,
        title=_("{chart}: point {point} breaks rule {rule}").format(
            chart=chart.code, point=first.point, rule=first.rule
        ),
        description=_("{characteristic} of {item}, {inspection}: {value}").format(
            characteristic=chart.characteristic.name,
            item=chart.item.code,
            inspection=inspection.number,
            value=f"{first.value:.6g}",
        ),
        origin=Nonconformance.Origin.CONTROL_CHART,
        inspection=None,
        operation_sequence=chart.operation_sequence,
        blocks_start=chart.blocks_start,
        source=chart,
        by=by,
    )


def _row(
    chart: ControlChart,
    limits: ControlLimits,
    inspection: Inspection,
    one: Broken,
    point: Point,
    ncr: Nonconformance,
    by: User,
) -> dict[str, Any]:
    return {
        "company_id": chart.company_id,
        "source_type_id": ContentType.objects.get_for_model(Inspection).pk,
        "source_id": inspection.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "chart_id": chart.pk,
        "limits_id": limits.pk,
        "inspection_id": inspection.pk,
        "subgroup": point.subgroup,
        "point": one.point,
        "side": str(one.side),
        "rule": one.rule,
        "value": one.value,
        "nonconformance_id": ncr.pk,
    }


def freeze_limits(
    chart: ControlChart, *, by: User, points: int | None = None, reason: str = ""
) -> ControlLimits:
    """Take the limits of the first ``points`` points (all) as those in force from now on.

    Raises ``InvalidInput`` when there are too few points, or samples differ in size where they
    may not.
    """
    with unit_of_work():
        chart = lock(chart)
        found = chart_points(chart)
        chosen = found if points is None else found[:points]
        if points is not None and len(found) < points:
            raise InvalidInput(
                "too_few_points",
                _("There are {count} points only.").format(count=len(found)),
                field="points",
            )
        try:
            pair = limits_of(chosen, chart)
        except ValueError as error:
            raise InvalidInput(
                "no_limits",
                _("These points give no limits: {why}.").format(why=error),
                field="points",
            ) from None
        last = ControlLimits.objects.filter(chart=chart).aggregate(last=Max("revision"))["last"]
        is_rate = chart.kind in (ControlChart.Kind.P, ControlChart.Kind.U)
        return ControlLimits.objects.create(
            company=chart.company,
            chart=chart,
            revision=(last or 0) + 1,
            points=len(chosen),
            center=pair.location.center,
            lower=pair.location.lower,
            upper=pair.location.upper,
            sigma=pair.location.sigma,
            process_sigma=None if is_rate else pair.sigma,
            spread_center=pair.spread.center if chart.is_measured else None,
            spread_lower=pair.spread.lower if chart.is_measured else None,
            spread_upper=pair.spread.upper if chart.is_measured else None,
            reason=reason[:200],
            frozen_at=timezone.now(),
            frozen_by=by,
        )


def check_charts(rows: Sequence[ControlChart]) -> None:
    """Raise ``InvalidInput`` naming the row of a chart that can't be."""
    for row, chart in enumerate(rows):
        unknown = sorted(set(chart.rule_names) - set(RULES))
        if unknown or not chart.rule_names:
            raise InvalidInput(
                "unknown_rule",
                _("Rules are: {names}.").format(names=", ".join(RULES)),
                field="rules",
                row=row,
            )
        kind, measured = chart.characteristic.kind, chart.is_measured
        fits = {
            "numeric": measured,
            "attribute": chart.kind in (ControlChart.Kind.P, ControlChart.Kind.NP),
            "count": chart.kind in (ControlChart.Kind.C, ControlChart.Kind.U),
        }[kind]
        if not fits:
            raise InvalidInput(
                "wrong_kind",
                _("This kind of chart does not fit the characteristic."),
                field="kind",
                row=row,
            )
        is_grouped = chart.kind in (ControlChart.Kind.XBAR_R, ControlChart.Kind.XBAR_S)
        if is_grouped and not 2 <= chart.subgroup_size <= 25:
            raise InvalidInput(
                "wrong_size", _("Subgroups have 2 to 25 values."), field="subgroup_size", row=row
            )
