"""Calls for help on the terminal: those that wait, who comes, what was done."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.execution.queries.andon import waiting_calls
from apps.execution.services.andon import escalate_due
from apps.execution.views.shop_sessions import terminal_employee

MOST_CALLS = 100


@require_GET
@never_cache
@login_required
@permission_required("execution.view_andoncall", raise_exception=True)
def calls(request: HttpRequest) -> HttpResponse:
    """All calls that wait where the user may go. Who looks need not wait for the clock: ladders
    whose time has come are climbed now."""
    escalate_due()
    context = {
        "section": "shop",
        "title": _("Calls for help"),
        "calls": waiting_calls(request.user)[:MOST_CALLS],
        "now": timezone.now(),
        "key": uuid.uuid4().hex,
        "employee": terminal_employee(request),
        "may_respond": request.user.has_perm("execution.respond_andoncall"),
    }
    return render(request, "execution/shop/andon.html", context)
