"""Shapes of what is counted of a project: its schedule, its cost, its earned value."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.api.answers import shape_of
from apps.core.api.fields import DecimalField
from apps.projects.engine.critical_path import Times
from apps.projects.queries.earned_value import Point


class TaskTimesOutput(shape_of(Times)):
    """Times in working days from the project's start, and the dates they fall on."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    node = serializers.IntegerField()
    percent_complete = DecimalField()
    starts_on = serializers.DateField()
    finishes_on = serializers.DateField()
    latest_start = serializers.DateField()
    latest_finish = serializers.DateField()
    is_critical = serializers.BooleanField()


class ProjectScheduleOutput(serializers.Serializer):
    """``mean`` and ``deviation`` of the duration, where tasks have three estimates."""

    duration = DecimalField()
    finishes_on = serializers.DateField(allow_null=True)
    critical = serializers.ListField(child=serializers.CharField())
    chain = serializers.ListField(child=serializers.CharField())
    mean = DecimalField(allow_null=True)
    deviation = DecimalField(allow_null=True)
    tasks = TaskTimesOutput(many=True)


class NodeCostOutput(serializers.Serializer):
    """A node's own figures, by element, and those of all that is below it in ``total``."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.IntegerField(allow_null=True)
    cost_object = serializers.IntegerField(allow_null=True)
    budget = serializers.DictField(child=DecimalField())
    actual = serializers.DictField(child=DecimalField())
    committed = DecimalField()
    revenue = DecimalField()
    total_budget = DecimalField()
    total_actual = DecimalField()
    total_committed = DecimalField()
    total_revenue = DecimalField()
    left = DecimalField()


class ProjectCostOutput(serializers.Serializer):
    nodes = NodeCostOutput(many=True)


class EarnedValueOutput(serializers.Serializer):
    """Money in company currency; ``baseline`` is its sequence. An index without a base is null."""

    date = serializers.DateField()
    baseline = serializers.IntegerField(allow_null=True)
    planned = DecimalField()
    earned = DecimalField()
    actual = DecimalField()
    budget = DecimalField()
    cost_variance = DecimalField()
    schedule_variance = DecimalField()
    cost_index = DecimalField(allow_null=True)
    schedule_index = DecimalField(allow_null=True)
    estimate_at_completion = DecimalField()
    estimate_as_planned = DecimalField()
    estimate_with_schedule = DecimalField(allow_null=True)
    estimate_to_complete = DecimalField()
    variance_at_completion = DecimalField()
    index_to_complete = DecimalField(allow_null=True)
    curve = shape_of(Point)(many=True)
