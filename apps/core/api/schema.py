"""OpenAPI of what the bases add: headers that promise, and the shape of a refusal."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiParameter

from apps.core.acting import HEADER

_COMPANY = "Code or id of the company to act in; without it the caller's default company."
_TIME_OF_DAY = r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$"
_ERROR = {
    "type": "object",
    "required": ["type", "errors"],
    "properties": {
        "type": {"type": "string", "enum": ["validation_error", "client_error", "server_error"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail", "attr"],
                "properties": {
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "attr": {"type": "string", "nullable": True},
                    "row": {"type": "integer"},
                    "details": {"type": "object", "additionalProperties": True},
                },
            },
        },
    },
}


def name_enums() -> None:
    """Call every set of choices after the first model that has it: ``WorkOrderStatus``.

    An empty choice makes no set of its own, as drf-spectacular has it.
    """
    names: dict[tuple[Any, ...], str] = {}
    for model in apps.get_models():
        if not model._meta.app_config.name.startswith("apps.") or hasattr(model, "history_object"):
            continue
        for field in model._meta.concrete_fields:
            if field.choices:
                words = "".join(part.capitalize() for part in field.name.split("_"))
                choices = tuple(pair for pair in field.flatchoices if pair[0] not in ("", None))
                names.setdefault(choices, f"{model.__name__}{words}")
    overrides = {name: list(choices) for choices, name in names.items()}
    spectacular_settings.apply_patches({"ENUM_NAME_OVERRIDES": overrides})


def refuse_unknown_fields(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """A name that is not asked for is refused; the schema says so of every body."""
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request") and component.get("type") == "object":
            component.setdefault("additionalProperties", False)
    return result


def list_serializer(view: type[Any]) -> type[Any]:
    """What one row of the view's list shows: its columns, of all that the detail page shows."""
    return _with_fields(view.serializer_class, tuple(view.columns()))


@cache
def _with_fields(serializer: type[Any], names: tuple[str, ...]) -> type[Any]:
    if all(name in names or field.write_only for name, field in serializer().fields.items()):
        return serializer

    def get_fields(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = serializer.get_fields(self)
        return {name: field for name, field in found.items() if name in names}

    name = f"{serializer.__name__.removesuffix('Serializer')}InListSerializer"
    body = {"get_fields": get_fields, "__module__": serializer.__module__}
    return type(name, (serializer,), body)


class Schema(AutoSchema):
    def get_response_serializers(self) -> Any:
        """Rows of a list show its columns only; a verb answers with the status that it names."""
        action = getattr(self.view, "action", None) or ""
        if action == "list" and hasattr(self.view, "columns"):
            return list_serializer(type(self.view))(context=self.view.get_serializer_context())
        status = getattr(getattr(self.view, action, None), "answer_status", None)
        answer = super().get_response_serializers()
        return answer if status is None else {status: answer}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Inputs are called alike in many apps: each is named after its app."""
        name: str = super().get_serializer_name(serializer, direction)
        parts = type(serializer).__module__.split(".")
        if hasattr(serializer, "Meta") and hasattr(serializer.Meta, "model"):
            return name
        if parts[0] != "apps" or parts[1] == "core":
            return name
        app = "".join(word.capitalize() for word in parts[1].split("_"))
        return name if name.startswith(app) else f"{app}{name}"

    def get_tags(self) -> list[str]:
        parts = self.path.strip("/").split("/")
        return [parts[2] if len(parts) > 2 else "api"]

    def get_override_parameters(self) -> list[Any]:
        header = OpenApiParameter.HEADER
        company = OpenApiParameter(HEADER, str, header, description=_COMPANY)
        if self.method == "POST":
            return [company, OpenApiParameter("Idempotency-Key", str, header, required=True)]
        if self.method in ("PATCH", "DELETE") and not getattr(self.view, "is_personal", False):
            return [
                company,
                OpenApiParameter("If-Match", str, header, required=True),
                OpenApiParameter("Change-Reason", str, header),
            ]
        return [company]

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            answer = {
                "description": "Refused",
                "content": {"application/json": {"schema": _ERROR}},
            }
            for status in self._refusals():
                operation["responses"].setdefault(status, answer)
        return operation

    def _refusals(self) -> tuple[str, ...]:
        if self.method == "GET":
            return ("400", "401", "403", "404", "409", "422")
        return ("400", "401", "403", "404", "409", "412", "415", "422", "428")


class ReferenceExtension(OpenApiSerializerFieldExtension):
    """References are given by id or code and shown by id."""

    target_class = "apps.core.api.references.ReferenceField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        key = {"type": "integer"}
        if self.target.model._meta.pk.get_internal_type() == "CharField":
            key = {"type": "string"}
        if direction == "response":
            return key
        of = {"x-reference": self.target.model._meta.label_lower}
        if key["type"] == "integer":
            return {"oneOf": [key, {"type": "string"}], "description": "Id or code.", **of}
        return {**key, **of}


class DecimalExtension(OpenApiSerializerFieldExtension):
    """Digits as they are kept: a ledger's columns bound them by no scale."""

    target_class = "apps.core.api.fields.DecimalField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        if direction == "response":
            return {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}
        schema: dict[str, Any] = auto_schema._map_serializer_field(
            self.target, direction, bypass_extensions=True
        )
        return schema


class TimeExtension(OpenApiSerializerFieldExtension):
    """Times of day have no offset: they are no ``time`` of RFC 3339."""

    target_class = "rest_framework.serializers.TimeField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": _TIME_OF_DAY, "example": "06:30:00"}
