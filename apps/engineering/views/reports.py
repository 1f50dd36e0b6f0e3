"""The reports of engineering as pages and, with ``?as=csv|xlsx|pdf``, as files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.report_files import text_rows, to_csv, to_pdf, to_xlsx
from apps.core.reports import Report
from apps.engineering.models import BillOfMaterials, BomLine, CostRollup, EngineeringChange
from apps.engineering.queries.effectivity import today
from apps.engineering.reports import REPORTS, Asked
from apps.masterdata.models import Item

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
MOST_CHOICES = 100
MOST_ITEMS = 500


@require_GET
@never_cache
@login_required
def report_page(request: HttpRequest, name: str = "") -> HttpResponse:
    """One report; without a name the first that the user may see."""
    allowed = [key for key, one in REPORTS.items() if request.user.has_perm(one.permission)]
    if name and name not in REPORTS:
        raise Http404
    if not allowed or (name and name not in allowed):
        raise PermissionDenied
    name = name or allowed[0]
    kind = REPORTS[name]
    companies = list(Company.objects.visible_to(request.user).select_related("currency"))
    given = request.GET.get("company", "")
    company = next((one for one in companies if str(one.pk) == given), next(iter(companies), None))
    if company is None:
        raise PermissionDenied
    context: dict[str, Any] = {
        "title": kind.title,
        "menu": [(key, REPORTS[key].title, key == name) for key in allowed],
        "companies": companies if len(companies) > 1 else [],
        "company": company,
        "kind": kind,
        "choices": [],
    }
    try:
        context |= _inputs(request, company, kind.asks)
        report = kind.build(context["asked"])
        if request.GET.get("as") and report is not None:
            return _file(request, report, company)
    except InvalidInput as error:
        context |= {"error": error}
        return render(request, "engineering/report.html", context, status=error.status)
    if report is not None:
        kept = {key: value for key, value in request.GET.items() if key != "as"}
        page = reverse("engineering-report", args=[name])
        context |= {
            "report": report,
            "rows": text_rows(report),
            "files": {one: f"{page}?{urlencode({**kept, 'as': one})}" for one in FORMATS},
        }
    return render(request, "engineering/report.html", context)


def _inputs(request: HttpRequest, company: Company, asks: tuple[str, ...]) -> dict[str, Any]:
    """What was asked, and the choices that the page offers."""
    asked = Asked(company, _day(request, company))
    choices: list[Any] = []
    items: list[tuple[str, str]] = []
    if "item" in asks:
        asked = replace(asked, item=_item(request, company))
        items = _known_items(company, "boms" in asks)
    if "boms" in asks and asked.item is not None:
        boms = BillOfMaterials.objects.filter(item=asked.item).select_related("item")
        choices = list(boms.order_by("-id")[:MOST_CHOICES])
        in_force = [one for one in choices if one.status == BillOfMaterials.Status.RELEASED]
        asked = _pair(request, asked, choices, in_force)
    elif "rollups" in asks:
        rollups = CostRollup.objects.filter(company=company).order_by("-id")
        choices = list(rollups[:MOST_CHOICES])
        released = [one for one in choices if one.status == CostRollup.Status.RELEASED]
        asked = _pair(request, asked, choices, released)
    elif "change" in asks:
        rows = EngineeringChange.objects.filter(company=company).order_by("-id")
        choices = list(rows[:MOST_CHOICES])
        chosen = _chosen(request, "change", choices)
        asked = replace(asked, change=chosen or next(iter(choices), None))
    return {"asked": asked, "choices": choices, "items": items}


def _known_items(company: Company, are_made: bool) -> list[tuple[str, str]]:
    """(code, name) of items that have a bill, or stand in one: the list below the field."""
    used = BillOfMaterials if are_made else BomLine
    having = used._default_manager.filter(company=company, item=OuterRef("pk"))
    items = Item.objects.filter(Exists(having), company=company).order_by("code")
    return list(items.values_list("code", "name")[:MOST_ITEMS])


def _pair(request: HttpRequest, asked: Asked, choices: list[Any], standing: list[Any]) -> Asked:
    """Two of ``choices``: those asked for, else the newest against what stands."""
    new = _chosen(request, "new", choices) or next(iter(choices), None)
    others = [one for one in (*standing, *choices) if one != new]
    old = _chosen(request, "old", choices) or next(iter(others), None)
    return replace(asked, old=old, new=new if old is not None else None)


def _chosen(request: HttpRequest, name: str, choices: list[Any]) -> Any | None:
    given = request.GET.get(name, "")
    if not given:
        return None
    found = next((one for one in choices if str(one.pk) == given), None)
    if found is None:
        raise InvalidInput("invalid_choice", _("Choose one from the list."), field=name)
    return found


def _item(request: HttpRequest, company: Company) -> Item | None:
    code = request.GET.get("item", "").strip()
    if not code:
        return None
    found = Item.objects.visible_to(request.user).filter(company=company, code=code).first()
    if found is None:
        raise InvalidInput(
            "does_not_exist", _("There is no item {code}.").format(code=code[:60]), field="item"
        )
    return found


def _day(request: HttpRequest, company: Company) -> Date:
    given = request.GET.get("on", "")
    if not given:
        return today(company)
    try:
        return Date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput("bad_date", _("Give a date as YYYY-MM-DD."), field="on") from error


def _file(request: HttpRequest, report: Report, company: Company) -> HttpResponse:
    wanted = request.GET["as"]
    if wanted not in FORMATS:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(FORMATS)),
            field="as",
        )
    if wanted == "pdf":
        content = to_pdf(report, company=company, paper=request.GET.get("paper", "A4"))
    else:
        content = (to_csv if wanted == "csv" else to_xlsx)(report)
    response = HttpResponse(content, content_type=FORMATS[wanted])
    shown = "inline" if wanted == "pdf" else "attachment"
    response["Content-Disposition"] = f'{shown}; filename="{report.file_name(wanted)}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
