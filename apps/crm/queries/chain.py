"""One chain of documents: lead, opportunity, quotation, order, invoice and what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from apps.core.models import User
from apps.crm.models import (
    Complaint,
    Lead,
    Opportunity,
    Quotation,
    Return,
    SalesOrder,
    ServiceCase,
)
from apps.crm.queries.sales_orders import invoices_of_order
from apps.finance.models import Invoice
from apps.masterdata.models import Partner

#: What an activity or an e-mail may be about, by the name that the API calls it.
TARGETS: dict[str, type[Model]] = {
    "lead": Lead,
    "opportunity": Opportunity,
    "quotation": Quotation,
    "sales_order": SalesOrder,
    "invoice": Invoice,
    "service_case": ServiceCase,
    "complaint": Complaint,
    "return": Return,
    "partner": Partner,
}


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A document of the chain; ``model`` as ``TARGETS`` names it."""

    model: str
    id: int
    number: str
    status: str
    is_this: bool


def find_target(user: User, name: str, key: int) -> Any | None:
    """The row that an activity is to be about, if ``user`` may see it."""
    model: Any = TARGETS[name]
    opts = model._meta
    if not user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        return None
    return model.objects.visible_to(user).select_related("company").filter(pk=key).first()


def partner_of(target: Any) -> Partner | None:
    """The customer whom ``target`` concerns."""
    return target if isinstance(target, Partner) else getattr(target, "partner", None)


def name_of(target: Any) -> str:
    """What ``TARGETS`` calls the model of ``target``."""
    return next(name for name, model in TARGETS.items() if isinstance(target, model))


def chain_of(document: Any) -> list[Any]:
    """All documents that hang together with ``document``, from the lead to credit notes."""
    opportunities = _opportunities(document)
    leads = _leads(document, opportunities)
    quotations = _quotations(document, opportunities)
    orders = _orders(document, quotations)
    invoices = [invoice for order in orders for invoice in invoices_of_order(order.pk)]
    returns = list(
        Return.objects.filter(lines__order_line__order__in=orders).distinct().order_by("pk")
    )
    notes = list(
        Invoice.objects.filter(credits__in=[invoice.pk for invoice in invoices]).order_by("pk")
    )
    return _distinct([*leads, *opportunities, *quotations, *orders, *invoices, *returns, *notes])


def chain_links(document: Any, user: User) -> list[ChainLink]:
    """``chain_of`` as rows, without what ``user`` may not see."""
    return [
        ChainLink(name_of(row), row.pk, row.number, row.status, _is_same(row, document))
        for row in chain_of(document)
        if user.has_perm(f"{row._meta.app_label}.view_{row._meta.model_name}")
    ]


def target_filter(target: Any) -> dict[str, Any]:
    """Filter of rows about ``target``: an activity's."""
    return {
        "target_type": ContentType.objects.get_for_model(target),
        "target_id": target.pk,
    }


def _leads(document: Any, opportunities: list[Opportunity]) -> list[Lead]:
    if isinstance(document, Lead):
        return [document]
    keys = [one.lead_id for one in opportunities if one.lead_id]
    return list(Lead.objects.filter(pk__in=keys).order_by("pk")) if keys else []


def _opportunities(document: Any) -> list[Opportunity]:
    if isinstance(document, Opportunity):
        return [document]
    if isinstance(document, Lead):
        return list(document.opportunities.order_by("pk"))
    keys = [one.opportunity_id for one in _own_quotations(document) if one.opportunity_id]
    return list(Opportunity.objects.filter(pk__in=keys).order_by("pk")) if keys else []


def _own_quotations(document: Any) -> list[Quotation]:
    if isinstance(document, Quotation):
        return [document]
    keys = [order.quotation_id for order in _own_orders(document) if order.quotation_id]
    return list(Quotation.objects.filter(pk__in=keys).order_by("pk")) if keys else []


def _own_orders(document: Any) -> list[SalesOrder]:
    if isinstance(document, SalesOrder):
        return [document]
    if isinstance(document, Return):
        keys = document.lines.values("order_line__order")
        return list(SalesOrder.objects.filter(pk__in=keys).order_by("pk"))
    return []


def _quotations(document: Any, opportunities: list[Opportunity]) -> list[Quotation]:
    if opportunities:
        return list(Quotation.objects.filter(opportunity__in=opportunities).order_by("pk"))
    own = _own_quotations(document)
    numbers = {one.base_number for one in own}
    if not own:
        return []
    return list(
        Quotation.objects.filter(company=own[0].company_id, base_number__in=numbers).order_by("pk")
    )


def _orders(document: Any, quotations: list[Quotation]) -> list[SalesOrder]:
    found = _own_orders(document)
    if quotations:
        found += list(SalesOrder.objects.filter(quotation__in=quotations).order_by("pk"))
    return _distinct(found)


def _distinct(rows: Iterable[Any]) -> list[Any]:
    return list({(type(row), row.pk): row for row in rows}.values())


def _is_same(row: Any, other: Any) -> bool:
    return type(row) is type(other) and row.pk == other.pk
