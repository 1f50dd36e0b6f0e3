"""References that lines have chosen: loaded with the lines, so that no line costs a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin
from django.db.models import Model
from unfold.forms import PaginationInlineFormSet


class Loaded:
    """Stands for the choices of a field of which the chosen one is known already.

    The widget asks ``queryset.using(…).filter(<key>__in=…)`` for what is chosen, and nothing else.
    """

    def __init__(self, choices: Any, row: Model) -> None:
        self._choices, self._row = choices, row
        self.field = choices.field
        self.queryset = self

    def __iter__(self) -> Iterator[Any]:
        return iter(self._choices)

    def using(self, alias: str) -> Loaded:
        return self

    def filter(self, **asked: Any) -> Any:
        [keys] = asked.values()
        if set(map(str, keys)) == {str(self._row.pk)}:
            return [self._row]
        return self._choices.queryset.filter(**asked)


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
                field.widget.choices = widget.choices = Loaded(field.choices, row)
