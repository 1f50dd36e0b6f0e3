from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.errors import BusinessError
from apps.finance.models import LayoutRow, StatementLayout
from apps.finance.queries.account_figures import read_tree
from apps.finance.queries.layout_checks import coverage
from apps.finance.queries.statements import read_layout
from apps.finance.resources import LayoutRowResource, StatementLayoutResource
from apps.finance.services.layouts import (
    check_layout,
    create_layout,
    create_layout_row,
    update_layout,
    update_layout_row,
)

_REPORTS = {
    "balance_sheet": "balance-sheet",
    "income": "income-statement",
    "cash_flow": "cash-flow",
    "direct_cash_flow": "cash-flow",
    "equity": "equity-changes",
}
_ROW_FIELDS = (
    ("position", "code", "label"),
    ("kind", "level", "sign", "measure"),
    ("statement_line", "accounts"),
    ("account_kind", "control", "activity"),
    "formula",
    ("shows_accounts", "hides_zero"),
)
MOST_NAMED = 50
_WIDTHS = {
    "code": "min-w-52",
    "label": "min-w-56",
    "kind": "min-w-32",
    "accounts": "min-w-52",
    "sign": "min-w-32",
    "account_kind": "min-w-32",
    "formula": "min-w-56",
}


class LayoutRowInline(CompanyInline):
    """What makes up most rows; the rest of each behind its link."""

    model = LayoutRow
    fields = (
        "position",
        "level",
        "code",
        "label",
        "kind",
        "statement_line",
        "accounts",
        "account_kind",
        "sign",
        "formula",
    )
    show_change_link = True

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """As wide as what stands in it; the table scrolls."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in _WIDTHS:
            attributes = field.widget.attrs
            attributes["class"] = f"{attributes.get('class', '')} {_WIDTHS[db_field.name]}"
        return field


@admin.register(StatementLayout)
class StatementLayoutAdmin(MasterDataAdmin):
    """A new layout starts as a copy of what the statement lines make; then its rows are edited."""

    resource_class = StatementLayoutResource
    create_service = staticmethod(create_layout)
    update_service = staticmethod(update_layout)
    list_display = ("code", "name", "kind", "is_default", "company", "is_active")
    list_filter = ("kind", "is_default", "is_active")
    ordering = ("kind", "code")
    inlines = (LayoutRowInline,)

    def get_inlines(self, request: Any, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        fields = ["company", "code", "name", "kind", "is_default", "is_active"]
        return fields if obj is None else [*fields, "accounts_shown", "statement"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "kind", "accounts_shown", "statement")

    @admin.display(description=_("accounts"))
    def accounts_shown(self, layout: StatementLayout) -> str:
        """Which accounts are in no row, or in more than one."""
        try:
            found = coverage(read_layout(layout), read_tree(layout.company).accounts)
        except BusinessError as error:
            return str(error)
        if found.is_complete:
            return gettext("Every account is shown once.")
        missing = [(f"{account.code} {account.name}",) for account in found.missing[:MOST_NAMED]]
        repeated = [
            (f"{account.code} {account.name}: {', '.join(rows)}",)
            for account, rows in found.repeated[:MOST_NAMED]
        ]
        return format_html(
            "{}{}",
            _listed(gettext("In no row: {n}").format(n=len(found.missing)), missing),
            _listed(gettext("In more than one row: {n}").format(n=len(found.repeated)), repeated),
        )

    @admin.display(description=_("statement"))
    def statement(self, layout: StatementLayout) -> str:
        url = reverse("finance-report", args=[_REPORTS[layout.kind]])
        return format_html(
            '<a class="text-primary-600 underline" href="{}?company={}&amp;layout={}">{}</a>',
            url, layout.company_id, layout.pk, gettext("Open"),
        )  # fmt: skip

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        check_layout(form.instance)


@admin.register(LayoutRow)
class LayoutRowAdmin(ImportExportMixin, CompanyModelAdmin):
    resource_class = LayoutRowResource
    create_service = staticmethod(create_layout_row)
    update_service = staticmethod(update_layout_row)
    list_display = ("layout", "position", "code", "label", "kind", "formula", "company")
    list_filter = ("kind", "layout")
    search_fields = ("code", "label")
    ordering = ("layout", "position")
    fields = ("company", "layout", *_ROW_FIELDS)

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]


def _listed(title: str, rows: list[tuple[str]]) -> str:
    if not rows:
        return ""
    items = format_html_join("", "<li>{}</li>", rows)
    return format_html('<p class="font-semibold">{}</p><ul>{}</ul>', title, items)
