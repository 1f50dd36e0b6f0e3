"""Sales as tables: leads, contacts, price lists and their rules, and the small nouns."""

from __future__ import annotations

import copy
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.crm.models import (
    Contact,
    Lead,
    OpportunityStage,
    OutcomeReason,
    PriceList,
    PriceRule,
    Segment,
    WarrantyTerm,
)
from apps.crm.services.leads import create_leads
from apps.crm.services.price_lists import check_price_lists, create_price_rules


def _optional(model: type[models.Model], name: str) -> Any:
    """The field of ``model``, whose cell may be empty here: the service knows what then holds."""
    column: Any = copy.copy(model._meta.get_field(name))
    column.null = True
    return column


class OutcomeReasonResource(Resource):
    model = OutcomeReason
    columns = ("code", "name", "outcome", "is_active")


class SegmentResource(Resource):
    model = Segment
    columns = ("code", "name", "is_active")


class OpportunityStageResource(Resource):
    model = OpportunityStage
    columns = ("code", "name", "position", "probability", "is_active")


class WarrantyTermResource(Resource):
    model = WarrantyTerm
    columns = ("code", "name", "months", "item", "category", "is_active")


class ContactResource(Resource):
    model = Contact
    columns = (
        "code",
        "name",
        "partner",
        "role",
        "email",
        "phone",
        "language",
        "is_primary",
        "is_active",
    )


class PriceListResource(Resource):
    model = PriceList
    columns = ("code", "name", "currency", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_price_lists(rows, company=company)


class PriceRuleResource(LineResource):
    """New rules, all or none; a rule that stands is changed by itself."""

    model = PriceRule
    columns = (
        "price_list",
        "partner",
        "segment",
        "item",
        "category",
        "min_quantity",
        "unit_price",
        "discount_percent",
        "valid_from",
        "valid_until",
    )
    required = ("price_list", "valid_from")

    def __init__(self) -> None:
        super().__init__()
        for name in ("min_quantity", "discount_percent"):
            self.fields[name] = _optional(PriceRule, name)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        given = [{name: v for name, v in row.items() if v is not None} for row in rows]
        create_price_rules(company, given, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        what = row.get("item") or row.get("category") or ""
        return f"{row['price_list'].code} {getattr(what, 'code', '')}".strip()


class LeadResource(LineResource):
    """New leads from a fair's or a web site's list."""

    model = Lead
    columns = ("name", "organisation", "email", "phone", "country", "source", "note", "owner")
    required = ("name",)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        given = [{name: v for name, v in row.items() if v is not None} for row in rows]
        create_leads(company, given, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        return str(row["name"])
