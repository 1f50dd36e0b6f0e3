from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import listed
from apps.core.api.fields import ChoiceField, TimestampField
from apps.core.api.permissions import ModelPermissions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField
from apps.core.models import Site
from apps.core.money import round_quantity
from apps.execution.api.effectiveness_answers import BoardOutput, OeeGroupOutput, TimelineOutput
from apps.execution.api.machine_states import MachineIntervalSerializer, OperationRunSerializer
from apps.execution.api.questions import Question
from apps.execution.oee import Elements, losses
from apps.execution.queries.boards import Tile, board
from apps.execution.queries.oee import ShiftElements, elements_by_shift, summed
from apps.execution.queries.timelines import timeline
from apps.masterdata.models import Machine, WorkCentre

LONGEST_SPAN = timedelta(days=400)
VIEW = "execution.view_machineinterval"
_KEYS: dict[str, Callable[[ShiftElements], Any]] = {
    "total": lambda row: None,
    "machine": lambda row: row.machine_id,
    "work_centre": lambda row: row.work_centre_id,
    "site": lambda row: row.site_id,
    "day": lambda row: row.day,
    "shift": lambda row: row.shift.shift_id if row.shift else None,
}


class SpanQuestion(Question):
    since = TimestampField()
    until = TimestampField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        since, until = attrs["since"], attrs["until"]
        if not since < until <= since + LONGEST_SPAN:
            text = _("Ask for up to 400 days, the end after the start.")
            raise ValidationError({"until": [ErrorDetail(text, code="bad_span")]})
        return attrs


class OeeQuestion(SpanQuestion):
    company = CompanyField()
    site = ReferenceField(Site, required=False)
    work_centre = ReferenceField(WorkCentre, required=False)
    machine = ReferenceField(Machine, required=False)
    by = ChoiceField(list(_KEYS), default="total")


class OeeViewSet(ViewSet):
    """OEE of machines over time, from summed elements."""

    permission_classes = (ModelPermissions,)

    @extend_schema(parameters=[OeeQuestion], responses=listed(OeeGroupOutput, has_next=False))
    def list(self, request: Any) -> Response:
        """Elements, ratios and losses by machine, work centre, site, day or shift. Minutes."""
        asked = OeeQuestion.read(request)
        machines = Machine.objects.visible_to(request.user).filter(company=asked["company"])
        for name in ("site", "work_centre"):
            if name in asked:
                machines = machines.filter(**{name: asked[name]})
        if "machine" in asked:
            machines = machines.filter(pk=asked["machine"].pk)
        rows = elements_by_shift(
            asked["company"], machines, since=asked["since"], until=asked["until"]
        )
        groups = summed(rows, key=_KEYS[asked["by"]])
        return Response(
            {"results": [{"key": key, **oee_body(value)} for key, value in groups.items()]}
        )

    list.required_permissions = (VIEW,)  # type: ignore[attr-defined]


class BoardQuestion(Question):
    company = CompanyField()
    site = ReferenceField(Site)
    work_centre = ReferenceField(WorkCentre, required=False)


class FloorMachineViewSet(ViewSet):
    """Machines as they are now, and what they did."""

    permission_classes = (ModelPermissions,)
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(parameters=[BoardQuestion], responses=BoardOutput)
    def list(self, request: Any) -> Response:
        """The machines of a site: state, order, count, OEE of the day, cost of running stops."""
        asked = BoardQuestion.read(request)
        machines = Machine.objects.visible_to(request.user)
        if "work_centre" in asked:
            machines = machines.filter(work_centre=asked["work_centre"])
        seen = board(asked["site"], machines)
        return Response(
            {
                "at": seen.at,
                "day": seen.day,
                "today": oee_body(seen.today),
                "results": [_tile_body(tile) for tile in seen.tiles],
            }
        )

    list.required_permissions = (VIEW,)  # type: ignore[attr-defined]

    @extend_schema(parameters=[SpanQuestion], responses=TimelineOutput)
    @action(detail=True, methods=["get"])
    def timeline(self, request: Any, pk: str) -> Response:
        """States, runs and counts of one machine in a span of time."""
        asked = SpanQuestion.read(request)
        machine = get_object_or_404(Machine.objects.visible_to(request.user), pk=pk)
        found = timeline(machine, since=asked["since"], until=asked["until"])
        context = {"request": request}
        return Response(
            {
                "machine": machine.pk,
                "machine_code": machine.code,
                "since": found.since,
                "until": found.until,
                "quantity_good": found.quantity_good,
                "quantity_scrap": found.quantity_scrap,
                "counts": found.counts,
                "intervals": MachineIntervalSerializer(
                    found.intervals.select_related("company", "machine", "event"),
                    many=True,
                    context=context,
                ).data,
                "runs": OperationRunSerializer(
                    found.runs.select_related("company", "machine"), many=True, context=context
                ).data,
            }
        )

    timeline.required_permissions = (VIEW,)  # type: ignore[attr-defined]


def oee_body(elements: Elements) -> dict[str, Any]:
    """Elements in minutes and stock units, ratios as fractions, the six losses; six decimals."""
    ratios = ("availability", "performance", "quality", "oee", "repair_time", "run_between_stops")
    return {
        "elements": _rounded(
            {**asdict(elements), "run": elements.run, "produced": elements.produced}
        ),
        **_rounded({name: getattr(elements, name) for name in ratios}),
        "losses": _rounded(asdict(losses(elements))),
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round_quantity(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def _tile_body(tile: Tile) -> dict[str, Any]:
    body = asdict(tile)
    body["today"] = oee_body(tile.today)
    if tile.run is not None:
        body["run"] |= {"left": tile.run.left, "is_behind": tile.run.is_behind}
    return body
