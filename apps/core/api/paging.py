"""Keyset paging: a page costs the same wherever it lies, and nothing is counted."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination

from apps.core.api.filters import order_of
from apps.core.api.listing import read_page
from apps.core.api.renderers import plain

PAGE_SIZE = 100
LARGEST_PAGE = 500
LONGEST_CURSOR = 1000


class KeysetPagination(BasePagination):
    """``?page_size=`` up to 500 and ``?cursor=``; the answer's ``next`` is the next page's URL."""

    def page(self, queryset: Any, request: Any, view: Any) -> dict[str, Any]:
        """Rows as dictionaries, in one statement over the view's columns."""
        size = page_size(request)
        order = order_of(request, view)
        names = list(view.columns())
        cursor = request.GET.get("cursor")
        if cursor:
            queryset = after(queryset, order, decode(cursor, order, queryset.model))
        fetched = read_page(queryset, view, order, size + 1)
        width = len(names)
        rows = [dict(zip(names, row, strict=False)) for row in fetched[:size]]
        following = None
        if len(fetched) > size:
            following = _url(request, encode(order, fetched[size - 1][width:]))
        return {"results": rows, "next": following}

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE}
        return [
            {"name": "page_size", "in": "query", "required": False, "schema": size},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]


def page_size(request: Any) -> int:
    text = request.GET.get("page_size", "")
    if not text:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 0 < int(text) <= LARGEST_PAGE):
        message = _("A page has 1 to {limit} rows.").format(limit=LARGEST_PAGE)
        raise ValidationError({"page_size": [ErrorDetail(message, code="out_of_range")]})
    return int(text)


def after(queryset: Any, order: tuple[str, ...], values: list[Any]) -> Any:
    """Rows behind ``values`` in ``order``: first key bounded, so that its index is used."""
    steps = [("lt" if n.startswith("-") else "gt", n.lstrip("-")) for n in order]
    lookup, first = steps[0]
    if len(steps) == 1:
        return queryset.filter(**{f"{first}__{lookup}": values[0]})
    tie_lookup, tie = steps[1]
    return queryset.filter(
        Q(**{f"{first}__{lookup}": values[0]}) | Q(**{f"{tie}__{tie_lookup}": values[1]}),
        **{f"{first}__{lookup}e": values[0]},
    )


def encode(order: tuple[str, ...], values: Any) -> str:
    packed = orjson.dumps([order, list(values)], default=plain, option=orjson.OPT_UTC_Z)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode(cursor: str, order: tuple[str, ...], model: Any) -> list[Any]:
    """The key values in ``cursor``. Raises ``ValidationError`` for what we did not make."""
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        was, values = orjson.loads(packed)
        if was != list(order) or len(values) != len(order) or None in values:
            raise ValueError
        return [
            _field(model, name.lstrip("-")).to_python(_scalar(value))
            for name, value in zip(order, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, DjangoValidationError, OverflowError):
        text = _("The cursor does not belong to this list.")
        raise ValidationError({"cursor": [ErrorDetail(text, code="invalid")]}) from None


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | bool) or (isinstance(value, str) and "\0" in value):
        raise ValueError
    return value


def _field(model: Any, path: str) -> Any:
    *relations, name = path.split("__")
    for relation in relations:
        model = model._meta.get_field(relation).remote_field.model
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _url(request: Any, cursor: str) -> str:
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
