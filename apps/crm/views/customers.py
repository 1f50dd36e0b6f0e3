"""All about one customer on one page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.crm.queries.customers import customer
from apps.masterdata.models import Partner

VIEW = ("crm.view_salesorder", "masterdata.view_partner")
MOST = 50


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def search(request: HttpRequest) -> HttpResponse:
    """Find a customer by code, name, e-mail."""
    text = request.GET.get("q", "").strip()[:60]
    rows = Partner.objects.visible_to(request.user).filter(is_customer=True, is_active=True)
    if text and text.isprintable():
        exact = rows.filter(code__iexact=text)
        if len(exact[:2]) == 1:
            return redirect("crm-customer", exact[0].pk)
        rows = rows.filter(
            Q(code__icontains=text) | Q(name__icontains=text) | Q(email__icontains=text)
        )
    found = list(rows.order_by("name", "pk")[: MOST + 1])
    context = {
        "section": "customers",
        "title": _("Customers"),
        "text": text,
        "found": found[:MOST],
        "more": len(found) > MOST,
    }
    return render(request, "crm/customers.html", context)


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def customer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Orders, invoices, open items, offers, cases, activities of one customer."""
    partner = get_object_or_404(
        Partner.objects.visible_to(request.user).select_related("company__currency"), pk=pk
    )
    today = timezone.localdate()
    context = {
        "section": "customers",
        "title": partner.name,
        "customer": customer(partner, request.user, at=today),
        "partner": partner,
        "today": today,
        "currency": partner.company.currency_id,
    }
    return render(request, "crm/customer.html", context)
