"""Documents with lines: header and lines reach their service together, in one call."""

from __future__ import annotations

from typing import Any

from apps.core.admin.base import _seen_version
from apps.core.admin.documents import DocumentAdmin


class DocumentWithLinesAdmin(DocumentAdmin):
    """Override ``write_new`` and ``write_change``; each calls one service.

    ``asked`` are fields of the form, and ``asked`` of a line's form fields of that, which are no
    columns: they reach ``write_new`` with the others when they were filled in.
    """

    can_add = True
    asked: tuple[str, ...] = ()

    def write_new(self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        raise NotImplementedError

    def write_change(
        self,
        request: Any,
        row: Any,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> Any:
        raise NotImplementedError

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the lines come with ``save_related``."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        names = {field.name for field in self.model._meta.concrete_fields}
        values = {name: v for name, v in form.cleaned_data.items() if name in names}
        lines = [line for formset in formsets for line in lines_of(formset)]
        row = form.instance
        if change:
            changed = {name: values[name] for name in form.changed_data if name in values}
            stored = self.get_queryset(request).get(pk=row.pk)
            is_same = not any(formset.has_changed() for formset in formsets)
            version = _seen_version(request)
            made = self.write_change(request, stored, changed, None if is_same else lines, version)
        else:
            values.setdefault("company", row.company)
            values |= {name: v for name in self.asked if (v := form.cleaned_data.get(name))}
            made = self.write_new(request, values, lines)
        row.__dict__.update(made.__dict__)

    def construct_change_message(
        self, request: Any, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        return []  # the history tells it


def lines_of(formset: Any) -> list[dict[str, Any]]:
    """What each line says, without those that are deleted or were never filled in."""
    kept = []
    for form in formset.forms:
        given = form.cleaned_data
        if given.get("DELETE") or not (form.has_changed() or form.instance.pk):
            continue
        names = {field.name for field in form._meta.model._meta.concrete_fields}
        names |= set(getattr(form, "asked", ()))
        parent = formset.fk.name
        kept.append({
            name: value
            for name, value in given.items()
            if name in names and name not in ("id", parent) and value not in (None, "")
        })  # fmt: skip
    return kept
