"""Filters, search and order of lists: what is allowed is declared, everything else is 400."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django_filters import filters
from django_filters.filterset import FILTER_FOR_DBFIELD_DEFAULTS, FilterSet, filterset_factory
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.filters import BaseFilterBackend

from apps.core.api.references import LARGEST_ID, code_name

LONGEST_SEARCH = 100
LONGEST_QUERY = 4000
_ISO = {"input_formats": ["%Y-%m-%d"]}


class _StrictBoolean(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in (None, ""):
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError(_("Give true or false."), code="invalid")
        return value == "true"


class BooleanFilter(filters.Filter):
    field_class = _StrictBoolean


class ReferenceFilter(filters.CharFilter):
    """A reference by id (digits) or code: ``?item=17``, ``?item=BOLT-8``."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        target = self.model
        for step in self.field_name.split("__"):
            target = target._meta.get_field(step).remote_field.model
        name = code_name(target)
        if value.isascii() and value.isdigit() and not _is_text(target._meta.pk):
            number = int(value) if len(value) < 20 else LARGEST_ID + 1
            return qs.filter(**{f"{self.field_name}_id": number})
        if name is None and _is_text(target._meta.pk):
            return qs.filter(**{f"{self.field_name}_id": value})
        if name is None or not _is_text(target._meta.get_field(name)):
            raise _refused(self.field_name, "invalid", _("Give an id: a number."))
        return qs.filter(**{f"{self.field_name}__{name}": value})


def _is_text(column: Any) -> bool:
    return isinstance(column, models.CharField | models.TextField)


class CompanyFilterSet(FilterSet):
    """Filters of one model; references by id or code, without a statement of their own."""

    FILTER_DEFAULTS = {
        **FILTER_FOR_DBFIELD_DEFAULTS,
        models.BooleanField: {"filter_class": BooleanFilter},
        models.ForeignKey: {"filter_class": ReferenceFilter},
        models.OneToOneField: {"filter_class": ReferenceFilter},
        models.DateField: {"filter_class": filters.DateFilter, "extra": lambda field: _ISO},
    }


def filterset_for(view: Any) -> type[FilterSet] | None:
    """The view's own filterset, or one made of its ``filterset_fields``."""
    own = getattr(view, "filterset_class", None)
    if own is not None:
        return own
    cls = view if isinstance(view, type) else type(view)
    made = cls.__dict__.get("_made_filterset")
    if made is None:
        names = dict(_as_lookups(getattr(cls, "filterset_fields", ())))
        model = cls.model_class()
        if any(field.name == "company" for field in model._meta.concrete_fields):
            names.setdefault("company", ["exact"])
        made = filterset_factory(model, filterset=CompanyFilterSet, fields=names)
        cls._made_filterset = made
    return made


def _as_lookups(declared: Any) -> Any:
    return declared.items() if isinstance(declared, dict) else [(n, ["exact"]) for n in declared]


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter, run only when one of its parameters is there."""

    def get_filterset_class(self, view: Any, queryset: Any = None) -> Any:
        return filterset_for(view)

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        declared = filterset_for(view)
        if declared is None or not any(name in declared.base_filters for name in request.GET):
            return queryset
        return super().filter_queryset(request, queryset, view)


class SearchBackend(BaseFilterBackend):
    """``?search=``: every word must occur in one of ``search_fields``, whatever its case."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        text = request.GET.get("search", "")
        if not text:
            return queryset
        if len(text) > LONGEST_SEARCH or not text.isprintable():
            raise _refused("search", "invalid", _("At most 100 printable characters."))
        for word in text.split()[:8]:
            condition = Q()
            for field in view.search_fields:
                condition |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(condition)
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if not view.search_fields:
            return []
        text = "Words to find in " + ", ".join(view.search_fields)
        return [_query_parameter("search", "string", text)]


class OrderBackend(BaseFilterBackend):
    """``?ordering=``: one of ``ordering_fields``, with a minus for descending. Ties go by id."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        return queryset.order_by(*order_of(request, view))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        choices = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        parameter = _query_parameter("ordering", "string", "Order of the list")
        parameter["schema"]["enum"] = choices
        return [parameter]


def order_of(request: Any, view: Any) -> tuple[str, ...]:
    """The order asked for, made total by the primary key."""
    asked = request.GET.get("ordering") or view.ordering
    if asked.lstrip("-") not in {*view.ordering_fields, view.ordering.lstrip("-")}:
        raise _refused("ordering", "invalid_choice", _("The list can't be ordered by that."))
    if asked.startswith("--"):
        raise _refused("ordering", "invalid_choice", _("The list can't be ordered by that."))
    if asked.lstrip("-") in ("id", "pk"):
        return (asked,)
    return (asked, "-id" if asked.startswith("-") else "id")


def refuse_unknown_parameters(request: Any, view: Any, extra: tuple[str, ...] = ()) -> None:
    """Raise ``ValidationError`` naming each query parameter that means nothing here."""
    if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
        raise _refused("query", "max_length", _("The query is too long."))
    allowed = set(extra)
    action = getattr(view, "action", "")
    if action in ("list", "export"):
        allowed |= {"page_size", "cursor", "ordering"} if action == "list" else {"as"}
        if view.search_fields:
            allowed.add("search")
        declared = filterset_for(view)
        allowed |= set(declared.base_filters) if declared is not None else set()
    errors = {}
    for name in request.GET:
        if name not in allowed:
            text = _("There is no such parameter.")
            errors[name[:60]] = [ErrorDetail(text, code="unknown_parameter")]
        elif len(request.GET.getlist(name)) > 1:
            errors[name] = [ErrorDetail(_("Give it once."), code="repeated_parameter")]
    if errors:
        raise ValidationError(errors)


def _refused(name: str, code: str, text: str) -> ValidationError:
    return ValidationError({name: [ErrorDetail(text, code=code)]})


def _query_parameter(name: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": {"type": kind},
    }
