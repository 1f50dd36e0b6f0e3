"""Master data as tables."""

from __future__ import annotations

from typing import Any

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import FORMATS, Resource
from apps.masterdata.models import (
    Area,
    Item,
    ItemBarcode,
    ItemCategory,
    Machine,
    Partner,
    PaymentInstalment,
    PaymentTerms,
    ReasonCode,
    Shift,
    Tool,
    Unit,
    WorkCentre,
)
from apps.masterdata.services.barcodes import check_barcodes
from apps.masterdata.services.items import check_items
from apps.masterdata.services.payment_terms import import_payment_terms
from apps.masterdata.services.reasons import check_tree


class UnitResource(Resource):
    model = Unit
    columns = (
        "code",
        "name",
        "dimension",
        "numerator",
        "denominator",
        "decimal_places",
        "unece_code",
        "is_active",
    )


class ItemCategoryResource(Resource):
    model = ItemCategory
    columns = ("code", "name", "costing", "is_active")


class ItemResource(Resource):
    model = Item
    columns = (
        "code",
        "name",
        "category",
        "unit",
        "kind",
        "tracking",
        "revision",
        "description",
        "requires_supplier_lot",
        "shelf_life_days",
        "purchase_price",
        "sales_price",
        "lead_time_days",
        "default_supplier",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_items(rows, company=company)


class ItemBarcodeResource(Resource):
    model = ItemBarcode
    columns = ("code", "item", "kind", "unit")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_barcodes(rows, company=company)


class PartnerResource(Resource):
    model = Partner
    columns = (
        "code",
        "name",
        "is_customer",
        "is_supplier",
        "is_carrier",
        "currency",
        "payment_days",
        "payment_terms",
        "tax_number",
        "registration_number",
        "electronic_address",
        "electronic_address_scheme",
        "email",
        "phone",
        "address",
        "delivery_address",
        "country",
        "language",
        "is_active",
    )


class PaymentTermsResource(LineResource):
    """New terms, each row one instalment; several instalments are several rows."""

    model = PaymentTerms
    columns = ("code", "name", "discount_percent", "discount_days", "discount_corrects_tax")
    instalment_columns = ("share", "days", "day_of_month")
    required = ("code", "name", "share")

    def __init__(self) -> None:
        super().__init__()
        names = self.instalment_columns
        self.fields |= {name: PaymentInstalment._meta.get_field(name) for name in names}

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        import_payment_terms(company, rows, by=by, reason=reason)

    def _exported(self, rows: Any) -> Any:
        for terms in rows.order_by("pk").prefetch_related("instalments"):
            for instalment in terms.instalments.all():
                yield (
                    *(getattr(terms, name) for name in self.columns),
                    *(getattr(instalment, name) for name in self.instalment_columns),
                )

    def export(self, rows: Any, kind: str) -> tuple[bytes, str]:
        write, content_type = FORMATS[kind]
        return write((*self.columns, *self.instalment_columns), self._exported(rows)), content_type


class AreaResource(Resource):
    model = Area
    columns = ("code", "name", "site", "is_active")


class WorkCentreResource(Resource):
    model = WorkCentre
    columns = ("code", "name", "site", "area", "labour_by_badge", "needs_material", "is_active")


class MachineResource(Resource):
    model = Machine
    columns = ("code", "name", "site", "work_centre", "ideal_cycle_seconds", "is_active")


class ToolResource(Resource):
    model = Tool
    columns = (
        "code",
        "name",
        "site",
        "cavities",
        "life_shots",
        "warning_shots",
        "calibrated_until",
        "is_active",
    )


class ShiftResource(Resource):
    model = Shift
    columns = (
        "code",
        "name",
        "site",
        "starts_at",
        "ends_at",
        "break_minutes",
        "weekdays",
        "is_active",
    )


class ReasonCodeResource(Resource):
    model = ReasonCode
    columns = (
        "code",
        "name",
        "kind",
        "parent",
        "is_planned",
        "is_normal_loss",
        "is_breakdown",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_tree(rows, company=company)
