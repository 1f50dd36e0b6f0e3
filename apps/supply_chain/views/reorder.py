"""What to buy again: the suggestions with their reasons, and one action for those chosen."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site
from apps.core.views.page_forms import number, once
from apps.supply_chain.models import ReorderRule
from apps.supply_chain.queries.reorder import Suggestion, reorder_suggestions
from apps.supply_chain.services.reorder_rules import Chosen, order_suggestions

VIEW = "supply_chain.view_reorderrule"
ACTS = {
    "requisition": "supply_chain.add_requisition",
    "order": "supply_chain.add_purchaseorder",
}


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def reorder_page(request: HttpRequest) -> HttpResponse:
    """The suggestions of a company; what was refused is shown with what was chosen."""
    companies = list(Company.objects.visible_to(request.user).select_related("currency"))
    given = request.GET.get("company", "")
    found = [one for one in companies if str(one.pk) == given]
    company = next(iter(found or companies), None)
    if company is None:
        raise PermissionDenied
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act not in ACTS or not request.user.has_perm(ACTS[act]):
            raise PermissionDenied
        try:
            messages.success(request, once(request, lambda: _take(request, company, act)))
            return redirect(request.get_full_path())
        except BusinessError as error:
            messages.error(request, str(error))
    sites = list(Site.objects.visible_to(request.user).filter(company=company, is_active=True))
    site = next((one for one in sites if str(one.pk) == request.GET.get("site", "")), None)
    with_enough = request.GET.get("all") == "1"
    rows = reorder_suggestions(company, site=site, with_enough=with_enough)
    visible = {one.pk for one in sites}
    posted = request.POST if request.method == "POST" else None
    context = {
        "section": "reorder",
        "title": _("Buy again"),
        "company": company,
        "companies": companies if len(companies) > 1 else [],
        "sites": sites if len(sites) > 1 else [],
        "site": site,
        "with_enough": with_enough,
        "suggestions": [_shown(one, posted) for one in rows if one.site_id in visible],
        "has_rules": ReorderRule.objects.filter(company=company).exists(),
        "key": uuid.uuid4().hex,
    }
    return render(request, "supply_chain/reorder.html", context)


def _shown(one: Suggestion, posted: Any) -> dict[str, Any]:
    """A card; what somebody typed before a refusal stays."""
    typed = f"{one.quantity.normalize():f}" if one.quantity else ""
    is_chosen = bool(one.quantity and one.partner_id)
    if posted is not None:
        is_chosen = posted.get(f"rule-{one.rule_id}") == "1"
        typed = posted.get(f"quantity-{one.rule_id}", typed)
    return {"row": one, "typed": typed, "is_chosen": is_chosen}


def _take(request: HttpRequest, company: Company, act: str) -> str:
    keys = [
        int(name.removeprefix("rule-"))
        for name, value in request.POST.items()
        if name.startswith("rule-") and value == "1" and _is_key(name.removeprefix("rule-"))
    ]
    rules = ReorderRule.objects.visible_to(request.user).filter(company=company, pk__in=keys)
    chosen = [Chosen(rule, _quantity(request, rule.pk)) for rule in rules.order_by("pk")]
    made = order_suggestions(company, chosen, as_orders=act == "order", by=request.user)
    documents = [*made.requisitions, *made.purchase_orders]
    numbers = ", ".join(one.number for one in documents)
    said = ngettext("Drafted: {numbers}", "Drafted: {numbers}", len(documents))
    return said.format(numbers=numbers)


def _quantity(request: HttpRequest, key: int) -> Any:
    text = request.POST.get(f"quantity-{key}", "").strip()
    if not text:
        raise InvalidInput("required", _("Say how much."), field="quantity")
    return number(text, "quantity")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
