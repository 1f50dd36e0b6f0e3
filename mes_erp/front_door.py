"""`/`: where a visit begins. Our people begin at home, a supplier's person at his orders."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.supply_chain.queries.portal import has_access


@never_cache
@require_safe
def front_door(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, AnonymousUser) and has_access(user):
        return redirect("supplier-portal")
    return redirect("admin:index")
