"""Counting on the floor, place by place. Works without a script; a scanner types into fields."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site
from apps.core.views.page_forms import by_code, day, number, once, whole
from apps.inventory.models import Location, StockCount, StockCountLine
from apps.inventory.services.count_entries import Counted, enter_counted
from apps.inventory.services.count_plans import MOST_LINES, classify_items, plan_cycle_count
from apps.inventory.services.counts import finish_counting
from apps.inventory.views.scan import acting_company
from apps.masterdata.models import Item, ReasonCode

VIEW = "inventory.view_stockcount"
COUNT = "inventory.count_stockcount"
PLAN = "inventory.add_stockcount"
CLASSIFY = "inventory.add_countclass"
YEAR = timedelta(days=365)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def open_counts(request: HttpRequest) -> HttpResponse:
    """The counts that are going on, and those planned; more of them by turn and class."""
    if request.method == "POST":
        arrange = _arrangement(request)
        try:
            messages.success(request, once(request, arrange))
            return redirect("inventory-counts")
        except BusinessError as error:
            messages.error(request, str(error))
    rows = (
        StockCount.objects.visible_to(request.user)
        .filter(status__in=(StockCount.Status.PLANNED, *StockCount.OPEN))
        .select_related("site")
        .order_by("date", "pk")
    )
    today = timezone.localdate()
    given = request.POST if request.method == "POST" else {}
    context = {
        "section": "counts",
        "title": _("Stock counts"),
        "counts": rows[:100],
        "sites": Site.objects.visible_to(request.user).order_by("code")[:100],
        "typed": {
            "site": given.get("site", ""),
            "on": given.get("on", today.isoformat()),
            "limit": given.get("limit", str(MOST_LINES)),
            "since": given.get("since", (today - YEAR).isoformat()),
            "until": given.get("until", today.isoformat()),
        },
        "most_lines": MOST_LINES,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/counts.html", context)


def _arrangement(request: HttpRequest) -> Callable[[], str]:
    """Plan what is due, or put the items into their classes anew."""
    company = acting_company(request)
    is_plan = request.POST.get("act") == "plan"
    if company is None or not request.user.has_perm(PLAN if is_plan else CLASSIFY):
        raise PermissionDenied
    return partial(_plan if is_plan else _classify, request, company)


def _plan(request: HttpRequest, company: Company) -> str:
    count = plan_cycle_count(
        company,
        site=by_code(
            Site.objects.visible_to(request.user), company, request.POST.get("site", ""), "site"
        ),
        on=day(request.POST.get("on", ""), "on"),
        limit=whole(request.POST.get("limit", ""), "limit"),
        by=request.user,
    )
    return _("{count} is planned: {lines} to count.").format(
        count=count.number, lines=count.lines.count()
    )


def _classify(request: HttpRequest, company: Company) -> str:
    found = classify_items(
        company,
        since=day(request.POST.get("since", ""), "since"),
        until=day(request.POST.get("until", ""), "until"),
    )
    return _("Items by class: {classes}.").format(
        classes=", ".join(f"{code} {number}" for code, number in found.items())
    )


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(COUNT, raise_exception=True)
def count_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One count: what to count where; what was refused is shown with what was typed."""
    rows = StockCount.objects.visible_to(request.user).select_related("company", "site")
    count = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _act(request, count)))
            return redirect("inventory-count", count.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    lines = list(
        count.lines.select_related("item__unit", "location", "lot").order_by(
            "location__code", "item__code", "pk"
        )
    )
    given = request.POST if request.method == "POST" else {}
    for line in lines:
        line.count = count
        line.typed = given.get(f"line-{line.pk}", "")
    context = {
        "section": "counts",
        "title": count.number,
        "count": count,
        "lines": lines,
        "found": {n: given.get(f"found-{n}", "") for n in ("item", "place", "lot", "quantity")},
        "is_counting": count.status == StockCount.Status.COUNTING,
        "missing": sum(line.counted_quantity is None or line.must_recount for line in lines),
        "reasons": ReasonCode.objects.filter(
            company=count.company, kind=ReasonCode.Kind.ADJUSTMENT, is_active=True
        ),
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/count.html", context)


def _act(request: HttpRequest, count: StockCount) -> str:
    is_finish = request.POST.get("act") == "finish"
    return _finish(request, count) if is_finish else _enter(request, count)


def _finish(request: HttpRequest, count: StockCount) -> str:
    done = finish_counting(count, by=request.user)
    return _("{count} is in review.").format(count=done.number)


def _enter(request: HttpRequest, count: StockCount) -> str:
    entries = []
    for line in count.lines.select_related("item", "location", "lot").order_by("pk"):
        text = request.POST.get(f"line-{line.pk}", "").strip()
        if text:
            entries.append(_counted(request, line, text))
    extra = _extra(request, count)
    entries += [extra] if extra else []
    if not entries:
        raise InvalidInput("no_lines", _("Nothing was counted."), field="lines")
    done = enter_counted(count, entries, by=request.user)
    again = done.lines.filter(must_recount=True).count()
    if again:
        return _("{entered} entered. {again} to be counted again.").format(
            entered=len(entries), again=again
        )
    return _("{entered} entered.").format(entered=len(entries))


def _counted(request: HttpRequest, line: StockCountLine, text: str) -> Counted:
    reason = request.POST.get(f"reason-{line.pk}", "")
    return Counted(
        item=line.item,
        location=line.location,
        quantity=number(text, f"line-{line.pk}"),
        lot_code=line.lot.code if line.lot else "",
        reason=by_code(ReasonCode.objects, line.company, reason, "reason") if reason else None,
    )


def _extra(request: HttpRequest, count: StockCount) -> Counted | None:
    """What was found without standing on the list."""
    typed = {n: request.POST.get(f"found-{n}", "").strip()[:60] for n in ("item", "place", "lot")}
    quantity = request.POST.get("found-quantity", "").strip()
    if not any((*typed.values(), quantity)):
        return None
    return Counted(
        item=by_code(Item.objects, count.company, typed["item"], "item"),
        location=by_code(
            Location.objects.visible_to(request.user), count.company, typed["place"], "location"
        ),
        quantity=number(quantity, "quantity"),
        lot_code=typed["lot"],
    )
