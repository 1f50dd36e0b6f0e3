"""References by id or code, in one statement per kind, among what the caller may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import CharField, Model, Q
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty

from apps.core.models import Company, User

LARGEST_ID = 2**63 - 1
LONGEST_CODE = 200
_CODE_NAMES = ("code", "number", "username")


def code_name(model: type[Model]) -> str | None:
    """The field people call a row of ``model`` by, if it is not the primary key itself."""
    names = {field.name for field in model._meta.concrete_fields}
    found = next((name for name in _CODE_NAMES if name in names), None)
    return None if found == model._meta.pk.name else found


def readable(value: Any) -> str:
    """The beginning of what was sent, fit to be sent back: lone surrogates are no text."""
    return str(value)[:60].encode("utf-8", "replace").decode()


def is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID


class ReferenceField(serializers.Field):
    """A row of ``model`` by id (number) or code (text), of the document's own company.

    What belongs to another company, or to a site the caller may not see, does not exist.
    ``filters`` narrow the choice further; ``related`` is read along with it.
    """

    default_error_messages = {
        "does_not_exist": _("There is no such {model}: {value}."),
        "invalid": _("Give an id (number) or a code (text)."),
    }

    def __init__(
        self,
        model: type[Model],
        *,
        related: tuple[str, ...] = (),
        filters: Any = None,
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.related = related
        self.filters = dict(filters or {})
        super().__init__(**kwargs)

    @property
    def key(self) -> tuple[Any, ...]:
        """Fields of one key share one statement."""
        return self.model, self.related, tuple(sorted(self.filters.items()))

    def get_attribute(self, instance: Any) -> Any:
        if len(self.source_attrs) == 1 and isinstance(instance, Model):
            field = instance._meta.get_field(self.source)
            return getattr(instance, field.attname)
        value = super().get_attribute(instance)
        return value.pk if isinstance(value, Model) else value

    def to_representation(self, value: Any) -> Any:
        return value.pk if isinstance(value, Model) else value

    def to_internal_value(self, data: Any) -> Model:
        if not is_id(data) and not isinstance(data, str):
            self.fail("invalid")
        found = self.root.references.find(self, data)
        if found is None:
            self.fail("does_not_exist", model=self.model._meta.verbose_name, value=readable(data))
        return found

    def candidates(self, user: Any, company: Company | None) -> Any:
        """Rows that ``user`` may refer to from a row of ``company``."""
        rows = self.model._default_manager.filter(**self.filters)
        if self.related:
            rows = rows.select_related(*self.related)
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(user)
        if company is None:
            return rows
        if issubclass(self.model, User):
            return rows.filter(memberships__company=company)
        if any(field.name == "company" for field in self.model._meta.concrete_fields):
            return rows.filter(company=company)
        return rows


class References:
    """The rows that one request body refers to: collected first, then read together."""

    def __init__(self, user: Any, company: Company | None) -> None:
        self.user = user
        self.company = company
        self.found: dict[tuple[Any, ...], dict[Any, Model]] = {}

    def collect(self, serializer: Any, data: Any) -> None:
        """Read all that ``data`` refers to, one statement for each kind of row."""
        wanted: dict[tuple[Any, ...], tuple[ReferenceField, set[Any]]] = {}
        for field, value in _walk(serializer, data):
            wanted.setdefault(field.key, (field, set()))[1].add(value)
        for key, (field, values) in wanted.items():
            self.found[key] = self._read(field, values)

    def find(self, field: ReferenceField, value: Any) -> Model | None:
        known = self.found.setdefault(field.key, {})
        if value not in known:
            known.update(self._read(field, {value}))
        return known.get(value)

    def _read(self, field: ReferenceField, values: set[Any]) -> dict[Any, Model]:
        ids = [value for value in values if is_id(value)]
        codes = [v for v in values if isinstance(v, str) and _is_code(v)]
        key = field.model._meta.pk
        is_key_a_code = key.get_internal_type() == "CharField"
        name = key.name if is_key_a_code else code_name(field.model)
        if name and not isinstance(field.model._meta.get_field(name), CharField):
            name = None  # the number of a period is no code
        condition = Q(**{f"{name}__in": codes}) if codes and name else Q()
        if ids and not is_key_a_code:
            condition |= Q(pk__in=ids)
        if not condition:
            return {}
        found: dict[Any, Model] = {}
        for row in field.candidates(self.user, self.company).filter(condition):
            found[row.pk] = row
            if name:
                found[getattr(row, name)] = row
        return found


def _is_code(value: str) -> bool:
    return 0 < len(value) <= LONGEST_CODE and "\0" not in value and value.isprintable()


def _walk(serializer: Any, data: Any) -> Iterator[tuple[ReferenceField, Any]]:
    """Every (reference field, value) in ``data``; what is malformed is left to validation."""
    if isinstance(serializer, serializers.ListSerializer | serializers.ListField):
        if isinstance(data, list):
            for element in data:
                yield from _walk(serializer.child, element)
    elif isinstance(serializer, serializers.BaseSerializer):
        if isinstance(data, Mapping):
            for field in serializer._writable_fields:
                yield from _walk(field, data.get(field.field_name, empty))
    elif isinstance(serializer, ReferenceField) and (is_id(data) or isinstance(data, str)):
        yield serializer, data
