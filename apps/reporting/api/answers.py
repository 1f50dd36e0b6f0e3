"""Shapes of what measures, the home page and datasets tell; texts are the caller's language."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.reporting.measures import Unit


@extend_schema_field(
    {"type": "string", "enum": [str(one) for one in Unit]}, component_name="ReportingUnit"
)
class UnitField(serializers.CharField):
    """What a figure counts."""


class MeasureValue(serializers.Serializer):
    """``value`` in exact digits, ``text`` as people read it; no currency where it is no money."""

    currency = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class MeasureOutput(serializers.Serializer):
    """``url`` of the rows behind it, empty where the caller can't see them."""

    code = serializers.CharField()
    title = serializers.CharField()
    formula = serializers.CharField()
    unit = UnitField()
    icon = serializers.CharField(allow_blank=True)
    values = MeasureValue(many=True)
    note = serializers.CharField(allow_blank=True)
    is_alarm = serializers.BooleanField()
    url = serializers.CharField(allow_blank=True)


class ChartSeries(serializers.Serializer):
    """Numbers for drawing; ``is_apart`` stands beside the stack."""

    name = serializers.CharField()
    is_apart = serializers.BooleanField()
    values = serializers.ListField(child=serializers.FloatField(allow_null=True))


class HomeChart(serializers.Serializer):
    """Without series where every value is zero: ``empty`` says it in words."""

    code = serializers.CharField()
    title = serializers.CharField()
    formula = serializers.CharField()
    unit = UnitField()
    kind = serializers.ChoiceField(choices=("bar", "stack", "rank"))
    labels = serializers.ListField(child=serializers.CharField())
    series = ChartSeries(many=True)
    empty = serializers.CharField(allow_blank=True)


class WorklistEntry(serializers.Serializer):
    title = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    due = serializers.CharField(allow_blank=True)
    is_late = serializers.BooleanField()
    percent = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_blank=True)


class HomeWorklist(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    empty = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    entries = WorklistEntry(many=True)


class HomeSection(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    measures = MeasureOutput(many=True)
    charts = HomeChart(many=True)
    worklists = HomeWorklist(many=True)


class HomeStep(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField(allow_blank=True)


@extend_schema_serializer(many=False)
class HomeOutput(serializers.Serializer):
    """The figures of the caller's roles; ``steps`` are what a new company does first."""

    at = serializers.DateTimeField()
    today = serializers.DateField()
    sections = HomeSection(many=True)
    steps = HomeStep(many=True)


class DatasetDimension(serializers.Serializer):
    code = serializers.CharField()
    title = serializers.CharField()


class DatasetValue(serializers.Serializer):
    """``measure``: the code of the measure that says the same on a home page."""

    code = serializers.CharField()
    title = serializers.CharField()
    unit = UnitField()
    formula = serializers.CharField()
    measure = serializers.CharField(allow_null=True)


class DatasetOutput(serializers.Serializer):
    """``path``: the dimensions by which it is usually opened, one after the other."""

    code = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    dimensions = DatasetDimension(many=True)
    values = DatasetValue(many=True)
    path = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField()


class AskedOutput(serializers.Serializer):
    """The parameters that ask the same again."""

    company = serializers.CharField()
    rows = serializers.CharField(required=False)
    cols = serializers.CharField(required=False)
    values = serializers.CharField(allow_blank=True)
    period = serializers.CharField(required=False)
    date_from = serializers.DateField(required=False)
    date_to = serializers.DateField(required=False)
    filter = serializers.ListField(child=serializers.CharField(), required=False)
