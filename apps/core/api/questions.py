"""Questions: GETs that answer with rows of a query instead of rows of a table."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import listed
from apps.core.api.permissions import ModelPermissions
from apps.core.api.serializers import StrictSerializer


class QuestionViewSet(ViewSet):
    """Questions about one subject; each names its own permission."""

    permission_classes = (ModelPermissions,)
    serializer_class = StrictSerializer  # for the description of the API: each names its rows


def question(
    name: str, query: type[StrictSerializer], *permissions: str, row: type[serializers.Serializer]
) -> Any:
    """A GET whose parameters ``query`` parses; the method answers with rows, each like ``row``."""

    def decorate(method: Any) -> Any:
        def handler(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
            parser = query(
                data=request.query_params.dict(), context={"request": request, "view": self}
            )
            parser.is_valid(raise_exception=True)
            return Response({"results": method(self, **parser.validated_data)})

        handler.__name__ = method.__name__
        handler.__doc__ = method.__doc__
        handler.required_permissions = permissions  # type: ignore[attr-defined]
        parameters = [
            OpenApiParameter(field, str, required=declared.required)
            for field, declared in query().fields.items()
        ]
        answer = listed(row, has_next=False)
        documented = extend_schema(parameters=parameters, responses={200: answer})
        # ``action`` overwrites what ``extend_schema`` leaves on a method, so it goes first.
        return documented(action(detail=False, methods=["get"], url_path=name)(handler))

    return decorate
