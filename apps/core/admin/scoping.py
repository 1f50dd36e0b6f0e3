"""What a user sees in forms, filters and choices: rows of the own companies and sites only."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import flatten
from django.db.models import Field, ForeignKey, Model, QuerySet

from apps.core.models import Company, User

MOST_CHOICES = 300


def visible_rows(model: type[Model], user: Any, company_id: int | None = None) -> QuerySet:
    """Rows of ``model`` that ``user`` may choose for a row of ``company_id``."""
    rows: Any = model._default_manager.all()
    if issubclass(model, User):
        if user.sees_everything:
            return rows
        return rows.filter(memberships__company_id__in=user.scope.company_ids).distinct()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(user)
    has_company = any(field.name == "company" for field in model._meta.concrete_fields)
    return rows.filter(company_id=company_id) if has_company and company_id else rows


def only_company_id(request: Any) -> int | None:
    """The company that the request acts in; None for a user who belongs to none."""
    if request.user.acting is not None:
        return int(request.user.acting.company_id)
    if not hasattr(request, "_only_company_id"):
        ids = Company.objects.visible_to(request.user).values_list("pk", flat=True)[:2]
        found = list(ids)
        request._only_company_id = found[0] if len(found) == 1 else None
    return request._only_company_id


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Choices of a list filter among what the user may see; Django would offer every row."""

    def field_choices(self, field: Field, request: Any, model_admin: Any) -> list[tuple[Any, str]]:
        rows = visible_rows(field.remote_field.model, request.user)[:MOST_CHOICES]
        return [(row.pk, str(row)) for row in rows]


class ScopedChoicesMixin:
    """For model admins and inlines: foreign keys offer and accept visible rows only."""

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: Any, **kwargs: Any) -> Any:
        kwargs["queryset"] = visible_rows(
            db_field.remote_field.model, request.user, getattr(request, "_company_id", None)
        )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def get_autocomplete_fields(self, request: Any) -> tuple[str, ...]:
        """Every reference to a model that can be searched; long lists never load."""
        return tuple(
            field.name
            for field in self.model._meta.concrete_fields  # type: ignore[attr-defined]
            if isinstance(field, ForeignKey) and self._is_searchable(field.remote_field.model)
        )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[Any, ...]:
        """Those declared, and every shown column that only services write."""
        fixed = tuple(super().get_readonly_fields(request, obj))  # type: ignore[misc]
        named = flatten(getattr(self, "fields", None) or ())
        for _title, options in getattr(self, "fieldsets", None) or ():
            named += flatten(options["fields"])
        unwritable = {f.name for f in self.model._meta.concrete_fields if not f.editable}  # type: ignore[attr-defined]
        return (*fixed, *(name for name in named if name in unwritable and name not in fixed))

    def _is_searchable(self, model: type[Model]) -> bool:
        if model is Company:
            return False
        admin = self.admin_site._registry.get(model)  # type: ignore[attr-defined]
        return admin is not None and bool(admin.search_fields)
