"""Variant attributes and item templates as tables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import FORMATS
from apps.masterdata.models import ItemTemplate, TemplateAttribute, VariantAttribute, VariantValue
from apps.masterdata.services.item_template_imports import (
    import_item_templates,
    import_variant_attributes,
)


class _WithParts(LineResource):
    """A noun with its parts: each row one part, what is the noun's own said again."""

    part_columns: ClassVar[tuple[str, ...]]

    def export(self, rows: Any, kind: str) -> tuple[bytes, str]:
        write, content_type = FORMATS[kind]
        return write((*self.columns, *self.part_columns), self._exported(rows)), content_type

    @abstractmethod
    def _exported(self, rows: Any) -> Iterator[tuple[Any, ...]]:
        """A row for each part."""


class VariantAttributeResource(_WithParts):
    """New attributes, each row one value; several values are several rows."""

    model = VariantAttribute
    columns = ("code", "name")
    part_columns = ("value", "value_name", "position")
    required = ("code", "name", "value", "value_name")

    def __init__(self) -> None:
        super().__init__()
        of = VariantValue._meta.get_field
        self.fields |= {
            "value": of("code"),
            "value_name": of("name"),
            "position": of("position"),
        }

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        import_variant_attributes(company, rows, by=by, reason=reason)

    def _exported(self, rows: Any) -> Iterator[tuple[Any, ...]]:
        for attribute in rows.order_by("pk").prefetch_related("values"):
            for value in attribute.values.all():
                yield (attribute.code, attribute.name, value.code, value.name, value.position)


class ItemTemplateResource(_WithParts):
    """New templates, each row one attribute; several attributes are several rows."""

    model = ItemTemplate
    columns = ("code", "name", *ItemTemplate.SHARED)
    part_columns = ("attribute",)
    required = ("code", "name", "category", "unit", "attribute")

    def __init__(self) -> None:
        super().__init__()
        self.fields |= {"attribute": TemplateAttribute._meta.get_field("attribute")}

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        import_item_templates(company, rows, by=by, reason=reason)

    def _exported(self, rows: Any) -> Iterator[tuple[Any, ...]]:
        named = rows.order_by("pk").select_related("category", "unit", "default_supplier")
        for template in named.prefetch_related("attributes__attribute"):
            own = [getattr(template, name) for name in self.columns]
            for part in template.attributes.all():
                yield (*(getattr(value, "code", value) for value in own), part.attribute.code)
