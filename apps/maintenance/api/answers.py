"""Shapes of what is told of assets and orders beside their rows. Money in company currency."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.api.answers import shape_of
from apps.core.api.fields import DecimalField
from apps.maintenance.models import Asset
from apps.maintenance.replacement import ReplacementAnswer


class AssetInTree(serializers.Serializer):
    """``depth`` is 0 at the top."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    criticality = serializers.ChoiceField(choices=Asset.Criticality.choices)
    kind = serializers.ChoiceField(choices=Asset.Kind.choices)
    parent_id = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()


class ReplacementOutput(shape_of(ReplacementAnswer)):
    annual_cost = DecimalField(help_text="Of the last twelve months, from the ledger")


class WeibullOutput(serializers.Serializer):
    """``shape`` below 1: early failures; about 1: by chance; above 1: wear. ``scale`` in hours.

    By rank regression, and (``likely_…``) by maximum likelihood.
    """

    shape = serializers.FloatField()
    scale = serializers.FloatField()
    likely_shape = serializers.FloatField()
    likely_scale = serializers.FloatField()


class AssetReliabilityOutput(serializers.Serializer):
    """Times in hours; without a failure in the span there is no mean time."""

    asset = serializers.IntegerField()
    asset_code = serializers.CharField()
    hours = DecimalField()
    down_hours = DecimalField()
    failures = serializers.IntegerField()
    mtbf = DecimalField(allow_null=True)
    mttr = DecimalField(allow_null=True)
    availability = DecimalField(allow_null=True)
    weibull = WeibullOutput(allow_null=True)


class BadActorOutput(serializers.Serializer):
    asset = serializers.IntegerField()
    asset_code = serializers.CharField()
    name = serializers.CharField()
    criticality = serializers.ChoiceField(choices=Asset.Criticality.choices)
    cost = DecimalField()
    failures = serializers.IntegerField()
    lost_minutes = DecimalField()
    lost_cost = DecimalField()
    total = DecimalField()


class ComplianceOutput(serializers.Serializer):
    due = serializers.IntegerField()
    in_time = serializers.IntegerField()
    share = DecimalField(allow_null=True)
    backlog_orders = serializers.IntegerField()
    backlog_hours = DecimalField()
    overdue = serializers.IntegerField()


class PlanDueOutput(serializers.Serializer):
    """``included_in``: code of the larger plan whose order does this one's work."""

    plan = serializers.IntegerField()
    plan_code = serializers.CharField()
    on = serializers.DateField()
    meter_total = DecimalField(allow_null=True)
    by_meter = serializers.BooleanField()
    is_due = serializers.BooleanField()
    included_in = serializers.CharField(allow_null=True)
    has_open_order = serializers.BooleanField()


class IssuedPart(serializers.Serializer):
    item = serializers.IntegerField()
    quantity = DecimalField()
    value = DecimalField()


class OrderCostOutput(serializers.Serializer):
    parts = DecimalField()
    labour = DecimalField()
    charges = DecimalField()
    total = DecimalField()
    issued = IssuedPart(many=True)
