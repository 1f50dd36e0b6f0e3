"""The close cockpit: one period, its steps in order, what each found, and what may be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.finance.close_checks import close_checks
from apps.finance.models import CloseStep, Period, PeriodClose
from apps.finance.services.closing import (
    check_all_steps,
    check_step,
    confirm_step,
    except_step,
    finish_close,
    reopen_close,
    start_close,
)

VIEW = "finance.view_periodclose"
MOST_PERIODS = 36
_MANY_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
#: Act → (permission, what it does with the close or the step, given the text of the form).
ACTS: dict[str, tuple[str, Callable[..., Any]]] = {
    "check-all": ("finance.change_closestep", lambda row, text, by: check_all_steps(row, by=by)),
    "finish": ("finance.finish_periodclose", lambda row, text, by: finish_close(row, by=by)),
    "reopen": (
        "finance.reopen_periodclose",
        lambda row, text, by: reopen_close(row, reason=text, by=by),
    ),
    "check": ("finance.change_closestep", lambda row, text, by: check_step(row, by=by)),
    "confirm": (
        "finance.change_closestep",
        lambda row, text, by: confirm_step(row, remark=text, by=by),
    ),
    "except": (
        "finance.except_closestep",
        lambda row, text, by: except_step(row, reason=text, by=by),
    ),
}
OF_STEPS = frozenset({"check", "confirm", "except"})


def _closes(request: HttpRequest) -> Any:
    return PeriodClose.objects.visible_to(request.user).select_related(
        "company__currency", "period__fiscal_year"
    )


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def close_list(request: HttpRequest) -> HttpResponse:
    """The periods with their latest close, the newest first."""
    closes = {close.period_id: close for close in _closes(request).order_by("id")}
    periods = (
        Period.objects.visible_to(request.user)
        .filter(is_closing=False)
        .select_related("fiscal_year", "company")
        .prefetch_related("locks")
        .order_by("-starts_on", "company__code")[:MOST_PERIODS]
    )
    rows = [
        {
            "period": period,
            "close": closes.get(period.pk),
            "is_locked": all(lock.state == "closed" for lock in period.locks.all()),
        }
        for period in periods
    ]
    context = {
        "title": _("Close"),
        "rows": rows,
        "may_start": request.user.has_perm("finance.add_periodclose"),
    }
    return render(request, "finance/close/list.html", context)


def _head(name: str) -> str:
    """A column of a check's statement as words."""
    return _(name.replace("_", " ").capitalize())


def _cell(value: Any) -> Any:
    """Quantities without the zeros at their end; amounts as they are."""
    text = str(value)
    return f"{Decimal(text).normalize():f}" if _MANY_DECIMALS.fullmatch(text) else value


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    close = get_object_or_404(_closes(request), pk=pk)
    steps = list(close.steps.select_related("task__owner", "done_by"))
    titles = close_checks()
    may = {name: request.user.has_perm(permission) for name, (permission, _do) in ACTS.items()}
    context = {
        "title": _("Close of {period}").format(period=close.period),
        "close": close,
        "places": close.company.currency.decimal_places,
        "steps": [
            {
                "row": step,
                "check": titles.get(step.check_code),
                "heads": [_head(name) for name in step.findings[0]] if step.findings else [],
                "cells": [[_cell(v) for v in one.values()] for one in step.findings],
            }
            for step in steps
        ],
        "done": sum(step.status in ("passed", "excepted") for step in steps),
        "is_open": close.status == PeriodClose.Status.OPEN,
        "is_closed": close.status == PeriodClose.Status.CLOSED,
        "may": {name.replace("-", "_"): allowed for name, allowed in may.items()},
    }
    return render(request, "finance/close/close.html", context)


@require_POST
@login_required
@permission_required("finance.add_periodclose", raise_exception=True)
def begin(request: HttpRequest, period: int) -> HttpResponse:
    """Start the close of a period."""
    found = get_object_or_404(Period.objects.visible_to(request.user), pk=period)
    try:
        close = start_close(found, by=request.user)
    except BusinessError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("finance-closes"))
    return HttpResponseRedirect(reverse("finance-close", args=[close.pk]))


@require_POST
@login_required
@permission_required(VIEW, raise_exception=True)
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One of ``ACTS`` on the close, or on its step ``step``."""
    close = get_object_or_404(_closes(request), pk=pk)
    if name not in ACTS or not request.user.has_perm(ACTS[name][0]):
        return HttpResponse(status=403)
    row: Any = close
    if name in OF_STEPS:
        text = request.POST.get("step", "")
        key = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        row = get_object_or_404(CloseStep, pk=key, close=close)
    try:
        ACTS[name][1](row, request.POST.get("text", "")[:500], request.user)
    except BusinessError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("finance-close", args=[close.pk]))
