"""Answers that carry a secret: given once, never kept for a replay."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from apps.core.api.requests import change_reason, idempotency_key
from apps.integration.services.endpoints import WithSecret


@cache
def with_secret(row: type[Any]) -> type[Any]:
    """What ``row`` shows, and the secret."""
    name = f"{row.__name__.removesuffix('Serializer')}WithSecretSerializer"
    body = {
        "__module__": row.__module__,
        "secret": serializers.CharField(read_only=True),
        "Meta": type("Meta", (row.Meta,), {"fields": (*row.Meta.fields, "secret")}),
    }
    return type(name, (row,), body)


def respond_with_secret(
    view: Any, request: Any, act: Callable[[], WithSecret], *, status: int
) -> Response:
    """The row that ``act`` made, and its ``secret``. The key is asked for as on every POST."""
    idempotency_key(request)
    made = act()
    return Response({**view.present(made.row), "secret": made.secret}, status=status)


class CreateWithSecretMixin:
    """``POST`` makes a row and tells its secret this once: a repeat makes another one."""

    create_service: Any = None

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = self.values_of(serializer.validated_data)
        reason = change_reason(request)
        service = type(self).create_service
        return respond_with_secret(
            self,
            request,
            lambda: service(**values, by=request.user, reason=reason),
            status=201,
        )

    def values_of(self, values: dict[str, Any]) -> dict[str, Any]:
        return values
