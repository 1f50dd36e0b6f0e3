"""What waits at the bench, and what was scanned there."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.quality.models import (
    ControlChart,
    Inspection,
    InspectionPlanLine,
    InspectionResult,
)

MOST = 200


def waiting_inspections(user: Any) -> QuerySet[Inspection]:
    """Inspections that are not decided, the oldest first, with ``wanted`` and ``measured``."""
    lines = InspectionPlanLine.objects.filter(plan=OuterRef("plan")).order_by()
    results = InspectionResult.objects.filter(
        inspection=OuterRef("pk"), supersedes__isnull=True
    ).order_by()
    count = Count("pk")
    return (
        Inspection.objects.visible_to(user)
        .filter(status__in=Inspection.UNDECIDED)
        .select_related("item", "lot", "partner", "plan")
        .annotate(
            wanted=F("sample_size") * Subquery(lines.values("plan").annotate(n=count).values("n")),
            measured=Coalesce(
                Subquery(results.values("inspection").annotate(n=count).values("n")), 0
            ),
        )
        .order_by("pk")[:MOST]
    )


def find_inspection(text: str, user: Any) -> Inspection | None:
    """What a scan means: the number of an inspection, or a lot that waits for one."""
    rows = Inspection.objects.visible_to(user)
    code = text.strip()
    found = rows.filter(number__iexact=code).order_by("-pk").first()
    return (
        found or rows.filter(lot__code=code, status__in=Inspection.UNDECIDED).order_by("pk").first()
    )


def visible_charts(user: Any) -> QuerySet[ControlChart]:
    return (
        ControlChart.objects.visible_to(user)
        .filter(is_active=True)
        .select_related("item", "characteristic")
        .annotate(signals_found=Count("signals"))
        .order_by("code")
    )
