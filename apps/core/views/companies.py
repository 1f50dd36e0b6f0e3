"""``/company/``: the companies and sites open to the caller, and the switch to one of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from apps.core.acting import SESSION_COMPANY, SESSION_SITE
from apps.core.models import Site
from apps.core.services.companies import CompanyNotOpen, switch_company

LARGEST_ID = 2**63 - 1


@login_required
@require_http_methods(["GET", "POST"])
def company_page(request: HttpRequest) -> HttpResponse:
    """Choose where to act; ``next`` is the page to go on with."""
    goes_on = _safe(request, request.POST.get("next") or request.GET.get("next") or "/")
    if request.method == "GET":
        return _page(request, goes_on)
    company_id, site_id = _number(request, "company"), _number(request, "site")
    try:
        switch_company(company_id or 0, site_id=site_id, by=_user(request))
    except CompanyNotOpen as error:
        return _page(request, goes_on, error=str(error), status=error.status)
    request.session[SESSION_COMPANY] = company_id
    request.session[SESSION_SITE] = site_id
    return HttpResponseRedirect(goes_on)


def _page(
    request: HttpRequest, goes_on: str, *, error: str = "", status: int = 200
) -> HttpResponse:
    user = _user(request)
    sites: dict[int, list[Site]] = {}
    for site in Site.objects.filter(
        company_id__in=[entrance.company_id for entrance in user.reach], is_active=True
    ).order_by("code"):
        sites.setdefault(site.company_id, []).append(site)
    choices = [
        {
            "entrance": entrance,
            "is_current": user.acting == entrance,
            "sites": [
                site
                for site in sites.get(entrance.company_id, ())
                if entrance.site_ids is None or site.pk in entrance.site_ids
            ],
        }
        for entrance in user.reach
    ]
    context = {"choices": choices, "goes_on": goes_on, "error": error}
    return render(request, "core/companies.html", context, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    is_number = text.isascii() and text.isdigit() and len(text) <= 19
    return int(text) if is_number and int(text) <= LARGEST_ID else None


def _safe(request: HttpRequest, address: str) -> str:
    """``address`` when it leads to a page of ours, else the home page."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else "/"


urlpatterns = [path("", company_page, name="company")]
