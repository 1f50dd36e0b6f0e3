"""Shapes of answers that are neither one row nor a page of rows, for the description of the API."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.core.api.fields import DecimalField


@cache
def listed(row: type[Any], *, has_next: bool = True) -> type[serializers.Serializer]:
    """``{"results": [row, …], "next": null}``: a list that fits one page."""
    noun = row.__name__.removesuffix("Serializer").removesuffix("Output")
    name = f"{noun}ListOutput"
    fields: dict[str, Any] = {"results": row(many=True), "__module__": row.__module__}
    if has_next:
        fields["next"] = serializers.CharField(allow_null=True)
    made = type(name, (serializers.Serializer,), fields)
    return extend_schema_serializer(many=False)(made)  # type: ignore[no-any-return]


class ChangedField(serializers.Serializer):
    field = serializers.CharField()
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)


class Change(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=("created", "changed", "deleted"))
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    changes = ChangedField(many=True)


class LinkOutput(serializers.Serializer):
    """A row of any model and where it is shown; ``url`` for people, ``api`` for programs."""

    model = serializers.CharField()
    id = serializers.IntegerField()
    label = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    api = serializers.CharField(allow_blank=True)


@cache
def shape_of(kind: type[Any], *properties: str) -> type[serializers.Serializer]:
    """What ``asdict`` makes of a dataclass or a named tuple, and ``properties`` beside it.

    Read off the annotations.
    """
    hints = get_type_hints(kind)
    hints |= {name: get_type_hints(getattr(kind, name).fget)["return"] for name in properties}
    fields = {name: _field(hint) for name, hint in hints.items()}
    return type(kind.__name__, (serializers.Serializer,), {**fields, "__module__": kind.__module__})


def with_properties(row: Any, *properties: str) -> dict[str, Any]:
    """A row of a dataclass as ``shape_of`` describes it."""
    return {**asdict(row), **{name: getattr(row, name) for name in properties}}


def _field(hint: Any) -> Any:
    options: dict[str, Any] = {}
    parts = [part for part in get_args(hint) if part is not type(None)]
    if get_origin(hint) in (Union, UnionType) and len(parts) == 1:
        options["allow_null"] = True
        [hint] = parts
        parts = list(get_args(hint))
    if get_origin(hint) in (list, tuple):
        inner = parts[0]
        if _is_row(inner):
            return shape_of(inner)(many=True, **options)
        return serializers.ListField(child=_field(inner), **options)
    if _is_row(hint):
        return shape_of(hint)(**options)
    if get_origin(hint) is Literal:
        return serializers.ChoiceField(choices=parts, **options)
    if hint is str:
        options["allow_blank"] = True
    return _FIELDS[hint](**options)


def _is_row(hint: Any) -> bool:
    return is_dataclass(hint) or hasattr(hint, "_fields")


_FIELDS: dict[Any, type[serializers.Field]] = {
    int: serializers.IntegerField,
    str: serializers.CharField,
    bool: serializers.BooleanField,
    float: serializers.FloatField,
    Decimal: DecimalField,
    datetime.date: serializers.DateField,
    datetime.datetime: serializers.DateTimeField,
}


def or_files(answer: Any, formats: Mapping[str, str]) -> dict[tuple[int, str], Any]:
    """Responses of a report: ``answer`` as JSON, or a file in one of ``formats``."""
    files = {(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in formats.values()}
    return {(200, "application/json"): answer, **files}


class ReportColumn(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField(allow_blank=True)
    kind = serializers.CharField()


@extend_schema_serializer(many=False)
class ReportOutput(serializers.Serializer):
    """A report; each row has a value under the key of each column, and links to what is behind."""

    title = serializers.CharField()
    about = serializers.ListField(child=serializers.CharField())
    columns = ReportColumn(many=True)
    rows = serializers.ListField(child=serializers.DictField())


class PagedReportOutput(ReportOutput):
    next = serializers.CharField(allow_null=True)
