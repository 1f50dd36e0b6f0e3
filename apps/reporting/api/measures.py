"""Measures: the same figures that the home pages show, one by one."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import listed
from apps.reporting.api.answers import MeasureOutput
from apps.reporting.measures import measures
from apps.reporting.presentation import currency_places, present_reading
from apps.reporting.queries.readings import read_measures
from apps.reporting.queries.scope import asked_by


class MeasureViewSet(ViewSet):
    """The measures that the caller may see, by code. A measure has the permission of its rows."""

    permission_classes = (IsAuthenticated,)
    is_personal = True
    lookup_value_regex = "[a-z0-9_]{1,60}"

    @extend_schema(responses=listed(MeasureOutput), operation_id="reporting_measures_list")
    def list(self, request: Any) -> Response:
        return Response({"results": _present(request.user), "next": None})

    @extend_schema(responses=MeasureOutput)
    def retrieve(self, request: Any, pk: str = "") -> Response:
        found = _present(request.user, pk)
        if not found:
            raise Http404
        return Response(found[0])


def _present(user: Any, code: str | None = None) -> list[dict[str, Any]]:
    asked = asked_by(user)
    chosen = [one for one in measures().values() if code in (None, one.code) and asked.may_see(one)]
    readings = read_measures(chosen, asked)
    places = currency_places() if readings else {}
    return [present_reading(reading, asked, places) for reading in readings]
