from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import VerbForm
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.admin.printouts import Printout
from apps.inventory.models import Location, Package, SsccSeries, StockBalance, StockMove
from apps.inventory.printouts import package_label_pdf
from apps.inventory.resources import SsccSeriesResource
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    close_package,
    reopen_package,
    unpack,
)

PERMISSION = "inventory.pack_package"
Status = Package.Status


@admin.register(SsccSeries)
class SsccSeriesAdmin(MasterDataAdmin):
    resource_class = SsccSeriesResource
    list_display = ("code", "name", "gs1_prefix", "extension_digit", "company", "is_active")
    fields = ("company", ("code", "name"), ("gs1_prefix", "extension_digit"), "is_active")


class CloseForm(VerbForm):
    gross_weight = forms.DecimalField(
        label=_("Gross weight (kg)"),
        required=False,
        max_digits=20,
        decimal_places=6,
        widget=UnfoldAdminDecimalFieldWidget,
    )


class MovePackageForm(VerbForm):
    to = forms.ModelChoiceField(
        Location.objects.none(), label=_("To"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Location.objects.visible_to(self.user).filter(
            company=self.document.company_id, kind=Location.Kind.INTERNAL, is_active=True
        )
        self.fields["to"].queryset = places.exclude(  # type: ignore[attr-defined]
            pk=self.document.location_id
        )


@admin.register(Package)
class PackageAdmin(DocumentAdmin):
    """Packages are made, filled and moved on the pages of the warehouse; here they are found."""

    editable_statuses = ()
    list_display = ("number", "sscc", "kind", "status_label", "stands_in", "company", "created_at")
    list_filter = ("status", "kind")
    search_fields = ("number", "sscc")
    list_select_related = ("location__parent", "company")
    fields = (
        "company",
        ("kind", "sscc"),
        "stands_in",
        ("gross_weight", "tare_weight"),
    )
    readonly_fields = ("stands_in",)
    printouts = (Printout("label", _("Label"), package_label_pdf),)
    verbs = (
        Verb(
            "close",
            _("Close"),
            PERMISSION,
            close_package,
            (Status.OPEN,),
            form=CloseForm,
        ),
        Verb("reopen", _("Open again"), PERMISSION, reopen_package, (Status.CLOSED,)),
        Verb(
            "move",
            _("Move"),
            PERMISSION,
            move_package,
            (Status.OPEN, Status.CLOSED),
            form=MovePackageForm,
        ),
        Verb(
            "unpack",
            _("Unpack all"),
            PERMISSION,
            unpack,
            (Status.OPEN, Status.CLOSED),
            question=_("All that is in it lies loose where it stands now."),
            is_danger=True,
        ),
    )

    @display(description=_("stands in"))
    def stands_in(self, package: Package) -> Any:
        stands = package.status in Package.HERE and package.location.parent
        return stands.code if stands else None

    def links_of(self, request: Any, document: Package) -> list[Link]:
        query = f"?location__id__exact={document.location_id}"
        return [
            Link(_("What is in it"), admin_list_url(StockBalance) + query, "inventory_2"),
            Link(
                _("What went in"),
                admin_list_url(StockMove) + f"?to_location__id__exact={document.location_id}",
                "swap_horiz",
            ),
            admin_row_link(document.location),
            *super().links_of(request, document),
        ]
