"""The bases of every admin page: scoped to the user's companies, constant queries, services."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import flatten, flatten_fieldsets
from django.db import DatabaseError, transaction
from django.db.models import ForeignKey
from django.forms import ModelForm
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from apps.core import guards
from apps.core.admin.chosen import LoadedFormSet
from apps.core.admin.links import anchor
from apps.core.admin.numbers import ReadableNumbers
from apps.core.admin.scoping import ScopedChoicesMixin, ScopedRelatedFilter, only_company_id
from apps.core.errors import BusinessError, StaleVersion
from apps.core.links import link_to
from apps.core.models import AuditedModel
from apps.core.queries.history import changes_of
from apps.core.reasons import stating
from apps.core.services.master_data import create_row, update_row

LONGEST_REASON = 500


class CompanyForm(ModelForm):
    """Fills in the only company; shows what a service refused beside its field."""

    request: Any = None
    only_company_id: int | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.only_company_id and hasattr(self.instance, "company_id"):
            self.instance.company_id = self.instance.company_id or self.only_company_id
        for field in self.fields.values():
            if field.label:
                field.label = capfirst(field.label)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        error = getattr(self.request, "_business_error", None)
        if error is not None:
            field = error.field if error.field in self.fields else None
            self.add_error(field, str(error))
        return cleaned


class ScopedAdmin(ReadableNumbers, ScopedChoicesMixin, ModelAdmin):
    """Lists, forms, filters and choices show the user's companies; nothing is counted."""

    form = CompanyForm
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    list_fullwidth = True
    list_disable_select_all = True
    list_before_template = "core/admin/list_numbers.html"
    warn_unsaved_form = True

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: Any) -> Any:
        """Who has several companies is told that it may be another one's (``404.html``)."""
        if len(request.user.reach) > 1:
            raise Http404
        return super()._get_obj_does_not_exist_redirect(request, opts, object_id)

    def get_list_display(self, request: Any) -> Any:
        return self.readable_columns(super().get_list_display(request))

    def get_list_select_related(self, request: Any) -> Any:
        """The references that the list shows, and no others, so that no row costs a query."""
        if self.list_select_related:
            return self.list_select_related
        shown = set(self.get_list_display(request))
        names = [
            field.name
            for field in self.model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.name in shown
        ]
        return names

    def get_list_filter(self, request: Any) -> list[Any]:
        return [
            (name, ScopedRelatedFilter) if self._is_reference(name) else name
            for name in super().get_list_filter(request)
        ]

    def _is_reference(self, name: Any) -> bool:
        fields = {field.name: field for field in self.model._meta.concrete_fields}
        return isinstance(name, str) and isinstance(fields.get(name), ForeignKey)

    def visible_object(self, request: Any, object_id: Any) -> Any:
        """The row, or 404 for who may not see it."""
        row = self.get_object(request, str(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return row

    def add_admin_path(self, route: str, view: Any, name: str) -> URLPattern:
        opts = self.model._meta
        full_name = f"{opts.app_label}_{opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(view), name=full_name)

    def admin_url(self, name: str, *args: Any) -> str:
        opts = self.model._meta
        return reverse(
            f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_{name}", args=args
        )

    def back_to(self, row: Any) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.admin_url("change", row.pk))


class CompanyModelAdmin(ScopedAdmin):
    """Rows of a company. The company is asked for only when the user has several, and then once.

    ``create_service(**values, by=, reason=)`` and ``update_service(row, **values, version=, by=,
    reason=)`` write; without them the row is simply saved with its history.
    """

    create_service: Any = None
    update_service: Any = None
    change_form_after_template = "core/admin/audit_inputs.html"

    # --- the form --------------------------------------------------------------------------

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self._hides_company(request, obj):
            return fieldsets
        return [(t, {**o, "fields": _without(o["fields"], "company")}) for t, o in fieldsets]

    def get_exclude(self, request: Any, obj: Any = None) -> Any:
        exclude = tuple(super().get_exclude(request, obj) or ())
        return (*exclude, "company") if self._hides_company(request, obj) else exclude or None

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and self._has_company and not self._hides_company(request, obj):
            return (*fixed, "company")
        return fixed

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        request._company_id = getattr(obj, "company_id", None) or only_company_id(request)
        if "fields" not in kwargs:
            kwargs["fields"] = flatten_fieldsets(self.get_fieldsets(request, obj))
        form = super().get_form(request, obj, change=change, **kwargs)
        form.request = request
        form.only_company_id = only_company_id(request) if self._has_company else None
        return form

    @property
    def _has_company(self) -> bool:
        return any(field.name == "company" for field in self.model._meta.concrete_fields)

    def _hides_company(self, request: Any, obj: Any) -> bool:
        return self._has_company and only_company_id(request) is not None

    def get_list_display(self, request: Any) -> Any:
        shown = super().get_list_display(request)
        hide = self._has_company and only_company_id(request) is not None
        return tuple(name for name in shown if name != "company") if hide else shown

    # --- writing ---------------------------------------------------------------------------

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What a service or the database refuses is shown on the form; nothing is written."""
        try:
            with stating(_reason(request)):
                return super().changeform_view(request, object_id, form_url, extra_context)
        except BusinessError as error:
            request._business_error = error
        except DatabaseError as error:
            if request.method != "POST":
                raise
            request._business_error = _refusal(error)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        reason = _reason(request)
        names = {field.name for field in self.model._meta.concrete_fields}
        given = {n: v for n, v in form.cleaned_data.items() if n in names}
        if change:
            values = {name: given[name] for name in form.changed_data if name in given}
            made = self.perform_update(request, obj, values, reason)
        else:
            if self._has_company:
                given.setdefault("company", obj.company)
            made = self.perform_create(request, given, reason)
        obj.__dict__.update(made.__dict__)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        service = type(self).create_service
        if service is not None:
            return service(**values, by=request.user, reason=reason)
        if issubclass(self.model, AuditedModel):
            return create_row(self.model, values=values, by=request.user, reason=reason)
        row = self.model(**values)
        row.save()
        return row

    def perform_update(self, request: Any, row: Any, values: dict[str, Any], reason: str) -> Any:
        stored = self.get_queryset(request).get(pk=row.pk)
        service = type(self).update_service
        version = _seen_version(request)
        if service is not None:
            return service(stored, **values, version=version, by=request.user, reason=reason)
        if issubclass(self.model, AuditedModel):
            return update_row(
                stored, values=values, by=request.user, version=version, reason=reason
            )
        row.save()
        return row

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Lines are kept in the company of their header, with who and why."""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            row._history_user = request.user
            row.delete()
        for row in rows:
            if hasattr(row, "company_id") and row.company_id is None:
                row.company_id = form.instance.company_id
            self.save_line(request, row)
        formset.save_m2m()

    def save_line(self, request: Any, row: Any) -> None:
        reason = request.POST.get("change_reason", "")[:LONGEST_REASON]
        if isinstance(row, AuditedModel):
            row.save_by(request.user, reason=reason)
        else:
            row.save()

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """What was ever referred to is retired, not deleted."""
        if issubclass(self.model, AuditedModel):
            return False
        return super().has_delete_permission(request, obj)

    # --- history ---------------------------------------------------------------------------

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        row = self.visible_object(request, object_id)
        if not hasattr(row, "history"):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "object": row,
            "title": _("History of %(row)s") % {"row": row},
            "entries": changes_of(row, only=self.history_fields(request)),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "core/admin/history.html", context)

    def history_fields(self, request: Any) -> set[str] | None:
        """Fields whose history may be told; None: all of them."""
        return None

    def attempt(self, request: Any, act: Any, done: str = "") -> bool:
        """Run ``act``; a refusal becomes a red message and nothing is written."""
        try:
            with transaction.atomic():
                act()
        except BusinessError as error:
            messages.error(request, str(error))
            return False
        except DatabaseError as error:
            messages.error(request, str(_refusal(error)))
            return False
        if done:
            messages.success(request, done)
        return True


class CompanyLines(ReadableNumbers, ScopedChoicesMixin):
    """Lines of a header; their company is the header's. What no form may edit is shown."""

    extra = 0
    exclude = ("company",)
    formset = LoadedFormSet
    show_change_link = False
    hide_title = True  # each line says it in its cells

    def get_queryset(self, request: Any) -> Any:
        """The lines with what they name, so that no line costs a query."""
        named = [
            field.name
            for field in self.model._meta.concrete_fields
            if isinstance(field, ForeignKey) and field.name in flatten(self.fields or ())
        ]
        rows = super().get_queryset(request)
        return rows.select_related(*named) if named else rows

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        """No empty line below a header that nobody may change."""
        parent = self.admin_site._registry.get(self.parent_model)
        if obj is not None and parent and not parent.has_change_permission(request, obj):
            return 0
        return super().get_extra(request, obj, **kwargs)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        given = tuple(super().get_readonly_fields(request, obj))
        fixed = {field.name for field in self.model._meta.fields if not field.editable}
        names = flatten(self.fields or ())
        return (*given, *(n for n in names if n in fixed and n not in given))


class CompanyInline(CompanyLines, TabularInline):
    """Lines in a table."""


class CompanyStackedInline(CompanyLines, StackedInline):
    """Lines of many fields: each is a small form."""


class LedgerAdmin(ScopedAdmin):
    """A register: read only, for everybody, for ever.

    ``sources``: documents whose pages lead here although no index of the register is by source.
    """

    sources: tuple[str, ...] = ()

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def get_list_display(self, request: Any) -> Any:
        shown = super().get_list_display(request)
        if only_company_id(request) is not None:
            return tuple(name for name in shown if name != "company")
        return shown

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """All of a row where the page does not choose, with a link to its source."""
        fields = super().get_fields(request, obj)
        if self.fields or "source_id" not in fields:
            return fields
        shown = ["source_link" if name == "source_type" else name for name in fields]
        return [name for name in shown if name != "source_id"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if "source_link" in fixed else (*fixed, "source_link")

    @display(description=gettext_lazy("source"))
    def source_link(self, row: Any) -> Any:
        link = link_to(row.source_type_id, row.source_id)
        return anchor(link.url, link.label)


def _without(fields: Any, name: str) -> list[Any]:
    kept: list[Any] = []
    for field in fields:
        if isinstance(field, list | tuple):
            inner = tuple(f for f in field if f != name)
            kept += [inner] if inner else []
        elif field != name:
            kept.append(field)
    return kept


def _reason(request: Any) -> str:
    reason: str = request.POST.get("change_reason", "")
    return reason[:LONGEST_REASON]


def _seen_version(request: Any) -> int | None:
    text = request.POST.get("seen_version", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise StaleVersion("stale_version", _("Reload the page and try again."))
    return int(text)


def _refusal(error: DatabaseError) -> BusinessError:
    if refused := guards.business_error(error):
        return refused
    state = getattr(error.__cause__, "sqlstate", "")
    text = {
        "23505": _("There is such a row already."),
        "23514": _("The database refuses this: it would break a rule."),
        "23503": _("It refers to something that does not exist in this company."),
        "55P03": _("Somebody is working on this right now. Try again."),
        "40P01": _("Somebody is working on this right now. Try again."),
    }.get(state, _("The database refuses this."))
    return BusinessError("refused", text)
