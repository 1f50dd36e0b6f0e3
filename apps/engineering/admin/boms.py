from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.engineering.models import BillOfMaterials, BomLine
from apps.engineering.queries.explosion import explosion, leaf_requirements, where_used
from apps.engineering.resources import BomResource
from apps.engineering.services.boms import (
    Component,
    change_bom,
    create_bom,
    obsolete_bom,
    release_bom,
)

Status = BillOfMaterials.Status
MOST_ROWS = 5000


class BomLineInline(CompanyInline):
    model = BomLine
    fields = (
        "position",
        "item",
        "quantity",
        "unit",
        "scrap_percent",
        "operation_sequence",
        "issue_method",
    )
    extra = 1


@admin.register(BillOfMaterials)
class BillOfMaterialsAdmin(ImportExportMixin, DocumentWithLinesAdmin):
    resource_class = BomResource
    actions_list = ("import_rows",)
    list_display = (
        "item",
        "revision",
        "status_label",
        "effective_from",
        "effective_until",
        "quantity",
        "note",
        "company",
    )
    list_filter = ("status", "effective_from")
    search_fields = ("item__code", "item__name", "note")
    fields = (
        "company",
        ("item", "revision"),
        ("effective_from", "effective_until"),
        "quantity",
        "note",
    )
    inlines = (BomLineInline,)
    verbs = (
        Verb(
            "release",
            gettext_lazy("Release"),
            "engineering.release_billofmaterials",
            release_bom,
            (Status.DRAFT,),
        ),
        Verb(
            "obsolete",
            gettext_lazy("Make obsolete"),
            "engineering.release_billofmaterials",
            obsolete_bom,
            (Status.DRAFT, Status.RELEASED),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_urls(self) -> Any:
        return [
            self.add_admin_path("<path:object_id>/explosion/", self.explosion_view, "explosion"),
            self.add_admin_path("<path:object_id>/where-used/", self.where_used_view, "where_used"),
            *self.import_urls(),
            *super().get_urls(),
        ]

    def has_import_permission(self, request: Any, obj: Any = None) -> bool:
        may_release = request.user.has_perm("engineering.release_billofmaterials")
        return bool(may_release) and super().has_import_permission(request, obj)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "item", "revision")

    def links_of(self, request: Any, document: BillOfMaterials) -> list[Link]:
        return [
            admin_row_link(document.item),
            Link(_("Explosion"), self.admin_url("explosion", document.pk), "account_tree"),
            Link(_("Where used"), self.admin_url("where_used", document.pk), "north_east"),
            Link(_("Compare"), _compare_url(document), "difference"),
            *super().links_of(request, document),
        ]

    def explosion_view(self, request: Any, object_id: str) -> HttpResponse:
        """All levels, indented, and what it comes down to."""
        bom = self.visible_object(request, object_id)
        tree = explosion(bom.item, bom=bom)
        context = {
            "title": _("Explosion of %(bom)s") % {"bom": bom},
            "rows": tree[:MOST_ROWS],
            "more": len(tree) - MOST_ROWS,
            "leaves": leaf_requirements(bom.item, bom=bom),
        }
        return self._page(request, bom, "engineering/admin/explosion.html", context)

    def where_used_view(self, request: Any, object_id: str) -> HttpResponse:
        """Every released bill above the item, level by level."""
        bom = self.visible_object(request, object_id)
        uses = where_used(bom.item)
        context = {
            "title": _("Where %(item)s is used") % {"item": bom.item.code},
            "rows": uses[:MOST_ROWS],
            "more": len(uses) - MOST_ROWS,
        }
        return self._page(request, bom, "engineering/admin/where_used.html", context)

    def _page(
        self, request: Any, bom: BillOfMaterials, template: str, more: dict[str, Any]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": bom,
            "back_url": self.admin_url("change", bom.pk),
            **more,
        }
        return TemplateResponse(request, template, context)

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> BillOfMaterials:
        company = values.pop("company")
        components = [Component(**line) for line in lines]
        return create_bom(company, **values, components=components, by=request.user)

    def write_change(
        self,
        request: Any,
        row: BillOfMaterials,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> BillOfMaterials:
        kept = None if lines is None else [Component(**line) for line in lines]
        return change_bom(row, **values, components=kept, version=version, by=request.user)


def _compare_url(bom: BillOfMaterials) -> str:
    """This bill against the one that stands, or another of its item."""
    asked = {"company": bom.company_id, "item": bom.item.code, "new": bom.pk}
    return f"{reverse('engineering-report', args=['bills'])}?{urlencode(asked)}"
