"""Strict serializers: what is not asked for is refused by name, never ignored.

They parse and present. Rules live in services; the database has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api import fields
from apps.core.api.references import (
    LARGEST_ID,
    ReferenceField,
    References,
    code_name,
    is_id,
    readable,
)
from apps.core.bounds import bounds_of
from apps.core.models import Company

MASTER_DATA_FIELDS = ("id", "company", "code", "name", "is_active")
AUDIT_FIELDS = ("version", "created_at", "updated_at")
MOST_LINES = 1000


class LineList(serializers.ListSerializer):
    """Lines of a document: at most a thousand in one request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("max_length") is None:
            kwargs["max_length"] = MOST_LINES
        super().__init__(*args, **kwargs)


class _Strict(serializers.BaseSerializer):
    """Mixed into both bases: unknown and read-only names, the company, the references."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown_field": _("There is no such field."),
        "read_only": _("This field can't be set."),
        "company_required": _("Name the company: you belong to several."),
        "does_not_exist": _("There is no such company."),
        "other_company": _("This request acts in another company: name it in X-Company too."),
    }
    #: The company that a body's references belong to; set on the root before its fields are read.
    company: Company | None = None
    references: References

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        meta = getattr(cls, "Meta", None)
        if meta is None or not hasattr(meta, "list_serializer_class"):
            cls.Meta = type("Meta", (meta,) if meta else (), {"list_serializer_class": LineList})
        return super().many_init(*args, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unasked(data)
            if self.root is self:
                self.company = self._company_of(data)
                self.references = References(self._user, self.company)
                self.references.collect(self, data)
        return super().to_internal_value(data)

    @property
    def _user(self) -> Any:
        return self.context["request"].user

    def _refuse_unasked(self, data: Mapping[str, Any]) -> None:
        writable = {field.field_name for field in self._writable_fields}
        if self.instance is not None and self.root is self:
            writable.discard("company")
        errors = {
            readable(name): [self._error("read_only" if name in self.fields else "unknown_field")]
            for name in data
            if name not in writable
        }
        if errors:
            raise ValidationError(errors)

    def _error(self, code: str) -> ErrorDetail:
        return ErrorDetail(self.error_messages[code], code=code)

    def _company_of(self, data: Mapping[str, Any]) -> Company | None:
        """The row's on update, the document's for a verb, else the one named or the only one."""
        given = self.context.get("company") or getattr(self.instance, "company", None)
        if given is not None or "company" not in self.fields:
            return given
        named = data.get("company")
        rows = Company.objects.visible_to(self._user).select_related("currency")
        if named is not None:
            if not is_id(named) and not (isinstance(named, str) and named.isprintable()):
                raise ValidationError({"company": [self._error("does_not_exist")]})
            rows = rows.filter(**({"pk": named} if is_id(named) else {"code": named[:60]}))
        found = list(rows[:2])
        if len(found) != 1:
            code = "does_not_exist" if named is not None or not found else "company_required"
            if any(named in (one.company_id, one.code) for one in self._user.reach):
                code = "other_company"
            raise ValidationError({"company": [self._error(code)]})
        return found[0]


class StrictSerializer(_Strict, serializers.Serializer):
    """The input of a verb, or a line in it."""


class CompanyField(ReferenceField):
    """The company a new row goes to; the caller's only one by default, and for ever."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(required=False)
        kwargs.pop("model", None)
        super().__init__(Company, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if self.root.instance is None and self.parent is self.root:
            return True, self.root.company
        return super().validate_empty_values(data)


class CodeOf(serializers.CharField):
    """The code or number of a referred row, for people."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.update(read_only=True, allow_null=True)
        super().__init__(**kwargs)


class StrictModelSerializer(_Strict, serializers.ModelSerializer):
    """Fields of a model: strict types; beside each reference its ``<name>_code``."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: fields.TextField,
        models.TextField: fields.TextField,
        models.DecimalField: fields.DecimalField,
        models.IntegerField: fields.IntegerField,
        models.BigIntegerField: fields.IntegerField,
        models.PositiveIntegerField: fields.IntegerField,
        models.PositiveSmallIntegerField: fields.IntegerField,
        models.PositiveBigIntegerField: fields.IntegerField,
        models.SmallIntegerField: fields.IntegerField,
        models.BooleanField: fields.BooleanField,
        models.DateField: fields.DateField,
        models.DateTimeField: fields.TimestampField,
        models.TimeField: fields.TimeField,
    }
    serializer_choice_field = fields.ChoiceField

    def get_validators(self) -> list[Any]:
        return []  # uniqueness is the database's to judge: one statement, and no race

    def get_fields(self) -> dict[str, serializers.Field]:
        """The declared fields, each reference followed by the code of what it refers to."""
        result: dict[str, serializers.Field] = {}
        declared = super().get_fields()
        for name, field in declared.items():
            result[name] = field
            if not isinstance(field, ReferenceField) or field.write_only:
                continue
            if code := code_name(field.model):
                beside = f"{name}_{code if code == 'number' else 'code'}"
                if beside not in declared:
                    result[beside] = CodeOf(source=f"{field.source or name}.{code}")
        return result

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        kind, kwargs = super().build_standard_field(field_name, model_field)
        if kind is fields.TextField:
            kwargs["single_line"] = not isinstance(model_field, models.TextField)
            kwargs.pop("style", None)
        if kind is fields.IntegerField and "read_only" not in kwargs:
            kwargs.setdefault("max_value", min(_largest(model_field), LARGEST_ID))
        if kind in (fields.IntegerField, fields.DecimalField) and "read_only" not in kwargs:
            kwargs.update(_bounds(model_field, kind))
        return kind, kwargs

    def build_relational_field(
        self, field_name: str, relation_info: Any
    ) -> tuple[Any, dict[str, Any]]:
        _kind, kwargs = super().build_relational_field(field_name, relation_info)
        kept = {
            name: kwargs[name]
            for name in ("required", "allow_null", "read_only", "help_text", "label")
            if name in kwargs
        }
        if relation_info.related_model is Company and field_name == "company":
            return CompanyField, kept
        return ReferenceField, {"model": relation_info.related_model, **kept}


def _largest(model_field: Any) -> int:
    return {
        models.PositiveSmallIntegerField: 2**15 - 1,
        models.SmallIntegerField: 2**15 - 1,
        models.PositiveBigIntegerField: LARGEST_ID,
        models.BigIntegerField: LARGEST_ID,
    }.get(type(model_field), 2**31 - 1)


def _bounds(model_field: Any, kind: type[Any]) -> dict[str, Any]:
    """``positive`` or ``min_value`` from the model's own CHECK constraints."""
    bounds = bounds_of(model_field)
    if bounds.is_positive:
        return {"positive": True} if kind is fields.DecimalField else {"min_value": 1}
    return {"min_value": 0} if bounds.is_not_negative else {}
