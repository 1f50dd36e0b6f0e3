"""Everything about one customer: sums, and the latest rows of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from apps.core.models import User
from apps.core.money import ZERO
from apps.crm.models import (
    Activity,
    Complaint,
    Contact,
    CustomerProfile,
    EmailLog,
    Opportunity,
    Quotation,
    Return,
    SalesOrder,
    ServiceCase,
)
from apps.crm.queries.results import CustomerMargin, customer_margins
from apps.finance.models import Invoice
from apps.finance.queries.open_items import OpenItem, open_items
from apps.masterdata.models import Partner

MOST = 12


@dataclass(frozen=True, slots=True)
class Customer:
    """``None`` is what the asker may not see. Money of the ledger in company currency."""

    partner: Partner
    profile: CustomerProfile | None
    contacts: list[Contact]
    opportunities: list[Opportunity] | None
    quotations: list[Quotation] | None
    orders: list[SalesOrder] | None
    invoices: list[Invoice] | None
    open_items: list[OpenItem] | None
    cases: list[ServiceCase] | None
    complaints: list[Complaint] | None
    returns: list[Return] | None
    activities: list[Activity] | None
    emails: list[EmailLog] | None
    margin: CustomerMargin | None

    @property
    def open_total(self) -> Decimal:
        return sum((item.open_company for item in self.open_items or ()), ZERO)


def customer(partner: Partner, user: User, *, at: Date) -> Customer:
    """All about ``partner`` that ``user`` may see, at the end of ``at``; twelve rows of a kind."""

    def latest(model: Any, *related: str, **more: Any) -> list[Any] | None:
        opts = model._meta
        if not user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            return None
        rows = model.objects.visible_to(user).filter(partner=partner, **more)
        return list(rows.select_related(*related).order_by("-pk")[:MOST])

    sees_invoices = user.has_perm("finance.view_invoice")
    is_site_bound = user.scope.site_ids is not None and not user.sees_everything
    year = Date(at.year, 1, 1)
    margins = (
        customer_margins(partner.company, since=year, until=at, partner=partner)
        if user.has_perm("crm.view_margin") and not is_site_bound
        else []
    )
    return Customer(
        partner=partner,
        profile=CustomerProfile.objects.select_related("segment", "owner")
        .filter(partner=partner)
        .first(),
        contacts=latest(Contact, is_active=True) or [],
        opportunities=latest(Opportunity, "stage", status="open"),
        quotations=latest(Quotation),
        orders=latest(SalesOrder),
        invoices=latest(Invoice, kind__in=("customer", "credit_note")),
        open_items=(
            open_items(partner.company, kind="customer", at=at, partner_id=partner.pk)
            if sees_invoices
            else None
        ),
        cases=latest(ServiceCase),
        complaints=latest(Complaint, "item"),
        returns=latest(Return),
        activities=latest(Activity, "owner"),
        emails=latest(EmailLog),
        margin=margins[0] if margins else None,
    )
