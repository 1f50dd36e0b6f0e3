"""Constraints that Django lacks: a composite foreign key ``(company_id, x_id)``."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Q
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext as _


class CompanyReference(BaseConstraint):
    """The row that ``field`` points at belongs to this row's company, kept by the database."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Deferred to the migration's end: the target's own key may be created after this."""
        schema_editor.deferred_sql.append(self._statement(model, schema_editor))

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        self.create_sql(model, schema_editor)

    def _statement(self, model: Any, schema_editor: Any) -> str:
        reference: Any = model._meta.get_field(self.field)
        target = reference.remote_field.model
        quote = schema_editor.quote_name
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY (company_id, {quote(reference.column)}) "
            f"REFERENCES {quote(target._meta.db_table)} (company_id, id) "
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT IF EXISTS "
            f"{quote(self.name)}"
        )

    def validate(
        self, model: Any, instance: Any, exclude: Any = None, using: str = "default"
    ) -> None:
        if exclude and (self.field in exclude or "company" in exclude):
            return
        target = getattr(instance, self.field)
        if target is not None and target.company_id != instance.company_id:
            raise ValidationError(
                {self.field: _("%(value)s belongs to another company.") % {"value": target}}
            )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CompanyReference):
            return self.name == other.name and self.field == other.field
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.field))

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return (
            "apps.core.constraints.CompanyReference",
            (),
            {"field": self.field, "name": self.name},
        )


def company_references(prefix: str, *fields: str) -> list[BaseConstraint]:
    """Composite foreign keys for ``fields``; ``prefix`` is ``<app>_<model>``."""
    return [CompanyReference(field=field, name=f"{prefix}_{field}_company") for field in fields]


def positive(prefix: str, *fields: str) -> list[BaseConstraint]:
    """CHECK (field > 0) for each of ``fields``."""
    return [
        CheckConstraint(condition=Q(**{f"{field}__gt": 0}), name=f"{prefix}_{field}_positive")
        for field in fields
    ]


def not_negative(prefix: str, *fields: str) -> list[BaseConstraint]:
    """CHECK (field >= 0) for each of ``fields``."""
    return [
        CheckConstraint(condition=Q(**{f"{field}__gte": 0}), name=f"{prefix}_{field}_not_negative")
        for field in fields
    ]
