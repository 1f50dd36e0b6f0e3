"""References that lines have chosen: loaded with the lines, so that no line costs a query."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin
from django.db.models import Model
from django.forms import ModelChoiceField
from django.forms.models import ModelChoiceIterator
from unfold.forms import PaginationInlineFormSet


class Chosen:
    """A queryset of which the row that is chosen is known already.

    The widget asks ``using(…).filter(<key>__in=…)`` for what it shows; all else is the queryset's.
    """

    def __init__(self, rows: Any, row: Model) -> None:
        self._rows, self._row = rows, row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def using(self, alias: str) -> Chosen:
        return self

    def filter(self, **asked: Any) -> Any:
        keys = [key for keys in asked.values() for key in keys]
        return [self._row] if keys == [str(self._row.pk)] else self._rows.filter(**asked)


class Loaded(ModelChoiceIterator):
    """The choices of ``field``, of which ``row`` is loaded."""

    def __init__(self, field: ModelChoiceField, row: Model) -> None:
        super().__init__(field)
        self.queryset: Any = Chosen(self.queryset, row)


class LoadedFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Forms of lines that were read with what they name."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        known = form.instance._state.fields_cache
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            row = known.get(name)
            if isinstance(widget, AutocompleteMixin) and row is not None:
                # whatever is wrapped around the widget hands its own choices on
                field.widget.choices = widget.choices = Loaded(field, row)
