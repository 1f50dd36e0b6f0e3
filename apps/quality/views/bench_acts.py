"""The entries of the bench: each has its key, so one that arrives twice counts once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.views.page_forms import once
from apps.quality.models import Characteristic, Gauge, Inspection
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.measuring import Reading, pass_the_rest, record_results

GAUGE = "quality_gauge"
_MEASURE, _DECIDE = "quality.measure_inspection", "quality.decide_inspection"


def perform(request: HttpRequest, inspection: Inspection) -> str:
    """Do what the form asks for, once for its key; what to tell the inspector.

    Raises ``BusinessError`` for anything refused; nothing is written then.
    """
    name = request.POST.get("act", "")
    if name not in _ACTS:
        raise InvalidInput("unknown_act", _("There is no such button."), field="act")
    permission, act = _ACTS[name]
    if not request.user.has_perm(permission):
        raise BusinessError("not_allowed", _("You may not do this."))
    return once(request, lambda: act(request, inspection))


def _record(request: HttpRequest, inspection: Inspection) -> str:
    characteristic = _row(request, Characteristic, "characteristic")
    gauge = _gauge(request)
    ticked = request.POST.get("ticked", "")
    is_attribute = characteristic.kind == Characteristic.Kind.ATTRIBUTE
    reading = Reading(
        sample=_whole(request, "sample"),
        characteristic=characteristic,
        value=None if is_attribute else _number(request, "value"),
        is_conforming={"pass": True, "fail": False}.get(ticked) if is_attribute else None,
        gauge=gauge,
    )
    [made] = record_results(inspection, readings=[reading], by=request.user)
    verdict = _("conforms") if made.is_conforming else _("does not conform")
    return _("Sample {sample}, {characteristic}: {verdict}.").format(
        sample=made.sample, characteristic=characteristic.name, verdict=verdict
    )


def _pass_rest(request: HttpRequest, inspection: Inspection) -> str:
    characteristic = _row(request, Characteristic, "characteristic")
    made = pass_the_rest(
        inspection, characteristic=characteristic, gauge=_gauge(request), by=request.user
    )
    return _("{count} samples conform: {characteristic}.").format(
        count=len(made), characteristic=characteristic.name
    )


def _decide(request: HttpRequest, inspection: Inspection) -> str:
    text = request.POST.get("quantity_accepted", "").strip()
    decided = decide_inspection(
        inspection,
        quantity_accepted=_number(request, "quantity_accepted") if text else None,
        reason=request.POST.get("reason", "")[:200],
        by=request.user,
    )
    return f"{decided.number}: {decided.get_status_display()}."


_ACTS: dict[str, tuple[str, Callable[[HttpRequest, Inspection], str]]] = {
    "record": (_MEASURE, _record),
    "pass-rest": (_MEASURE, _pass_rest),
    "decide": (_DECIDE, _decide),
}


def _row(request: HttpRequest, model: Any, name: str) -> Any:
    key = request.POST.get(name, "")
    rows = model.objects.visible_to(request.user)
    found = rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    if found is None:
        raise InvalidInput("does_not_exist", _("This is not here any more."), field=name)
    return found


def _gauge(request: HttpRequest) -> Gauge | None:
    """The gauge that was chosen; the session remembers it for the next value."""
    if not request.POST.get("gauge"):
        request.session.pop(GAUGE, None)
        return None
    gauge: Gauge = _row(request, Gauge, "gauge")
    request.session[GAUGE] = gauge.pk
    return gauge


def _whole(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise InvalidInput("not_a_number", _("Enter a number."), field=name)
    return int(text)


def _number(request: HttpRequest, name: str) -> Decimal:
    text = request.POST.get(name, "").strip().replace(",", ".")
    if not text:
        raise InvalidInput("value_required", _("A value is missing."), field=name)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput("not_a_number", _("Enter a number."), field=name) from None
