from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from apps.core.api.serializers import StrictModelSerializer
from apps.core.api.views import ReadViewSet
from apps.core.models import NumberSequence
from apps.core.series import label_series


class NumberSeriesSerializer(StrictModelSerializer):
    name = serializers.CharField(source="label.name", read_only=True)
    next_number = serializers.CharField(read_only=True)

    class Meta:
        model = NumberSequence
        fields = ("id", "company", "series", "name", "last_number", "next_number")
        read_only_fields = fields


class NumberSeriesViewSet(ReadViewSet):
    """Gapless series: what they are called, the last number given and the next, as it will read."""

    serializer_class = NumberSeriesSerializer
    #: Both are made of what the row's statement knows of its series.
    extra_columns = {"name": "label_facts", "next_number": "label_facts"}
    filterset_fields = ("series",)
    ordering_fields = ("id", "series")

    def get_queryset(self) -> Any:
        rows = NumberSequence.objects.with_labels()
        user = self.request.user
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows if user.sees_everything else rows.filter(company_id__in=user.scope.company_ids)

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        for row in response.data["results"]:
            label = label_series(row["series"], row["name"])
            row |= {"name": label.name, "next_number": label.number(row["last_number"] + 1)}
        return response
