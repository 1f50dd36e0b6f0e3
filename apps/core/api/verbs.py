"""Business verbs: ``POST …/{id}/<verb>/`` = parse, check permission, call one service, present."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action

from apps.core.api.requests import check_version, respond_once, seen_version
from apps.core.api.serializers import StrictSerializer


class NoInput(StrictSerializer):
    """A verb that takes no input: a body with anything in it is refused."""


def verb(
    *,
    permission: str,
    serializer: type[Any] = NoInput,
    response: type[Any] | None = None,
    detail: bool = True,
    status: int = 200,
    many: bool = False,
    lists: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a viewset method a verb of the API.

    The method gets the row (unless ``detail`` is False), the parsed input as keyword arguments
    (``rows`` when ``many``) and ``by``; it calls one service and returns what that made: a row of
    the viewset's model, or what the ``response`` serializer shows (a list of it when ``lists``).
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def handler(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
            def act() -> tuple[int, Any]:
                row = self.get_object() if detail else None
                if row is not None:
                    check_version(row, seen_version(request, required=False))
                values = _parse(self, request, serializer, row, many)
                made = method(self, *([row] if detail else []), **values, by=request.user)
                return status, _present(self, made if made is not None else row, response, lists)

            return respond_once(request, act)

        handler.required_permissions = (permission,)
        handler.input_serializer = serializer
        handler.answer_status = status
        handler.response_serializer = response
        answers: dict[str, Any] = {}
        if response is not None:
            answers = {"responses": {status: response(many=True) if lists else response}}
        takes = serializer(many=True) if many else serializer
        body = None if serializer is NoInput else takes
        documented = extend_schema(request=body, filters=False, **answers)
        path = method.__name__.replace("_", "-")
        # ``action`` overwrites what ``extend_schema`` leaves on a method, so it goes first.
        routed: Callable[..., Any] = action(
            detail=detail, methods=["post"], url_path=path, pagination_class=None
        )(handler)
        return documented(routed)

    return decorate


def _parse(view: Any, request: Any, kind: type[Any], row: Any, many: bool) -> dict[str, Any]:
    context = view.get_serializer_context()
    if row is not None and hasattr(row, "company_id"):
        context["company"] = row.company
    body = request.data if request.data not in (None, "") else ([] if many else {})
    parser = (
        kind(data=body, context=context, many=True) if many else kind(data=body, context=context)
    )
    parser.is_valid(raise_exception=True)
    return {"rows": parser.validated_data} if many else dict(parser.validated_data)


def _present(view: Any, made: Any, response: type[Any] | None, lists: bool) -> Any:
    if response is None:
        return view.present(made)
    return response(made, many=lists, context=view.get_serializer_context()).data
