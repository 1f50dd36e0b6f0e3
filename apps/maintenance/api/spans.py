"""What questions about a span of time ask, and whose assets they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.fields import TimestampField
from apps.core.api.questions import question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Site
from apps.maintenance.models import Asset

LONGEST_SPAN = timedelta(days=3660)


class SpanQuery(StrictSerializer):
    """From ``since`` up to ``until``; of one site or asset (by code), or of all."""

    company = CompanyField()
    since = TimestampField()
    until = TimestampField()
    site = ReferenceField(Site, required=False)
    asset = ReferenceField(Asset, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["since"] < attrs["until"] <= attrs["since"] + LONGEST_SPAN:
            text = _("Ask for up to ten years, the end after the start.")
            raise ValidationError({"until": [ErrorDetail(text, code="bad_span")]})
        return attrs


def asking(
    name: str, query: type[StrictSerializer], *permissions: str, row: type[serializers.Serializer]
) -> Any:
    """A question beside the rows of a viewset: it takes the parameters of ``query``, no others."""

    def decorate(method: Any) -> Any:
        handler = question(name, query, *permissions, row=row)(method)
        handler.kwargs["query_parameters"] = tuple(query().fields)
        return handler

    return decorate


def visible_assets(user: Any, asked: dict[str, Any]) -> dict[int, str]:
    """Codes of the assets asked about that ``user`` may see, by key."""
    rows = Asset.objects.visible_to(user).filter(company=asked["company"])
    if "site" in asked:
        rows = rows.filter(site=asked["site"])
    if "asset" in asked:
        rows = rows.filter(pk=asked["asset"].pk)
    return dict(rows.order_by("code").values_list("pk", "code"))
