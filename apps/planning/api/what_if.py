from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from apps.core.api.fields import BooleanField, DateField, DecimalField, IntegerField, TimestampField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Company, Site, User
from apps.masterdata.models import Item
from apps.planning.services.what_if import (
    DemandChange,
    LeadTimeChange,
    compare_what_if,
)


class DemandInput(StrictSerializer):
    item = ReferenceField(Item, related=("company",))
    quantity = DecimalField()
    due_date = DateField()


class LeadTimeInput(StrictSerializer):
    item = ReferenceField(Item, related=("company",))
    lead_time_days = IntegerField(min_value=0, max_value=3000)


class WhatIfInput(StrictSerializer):
    company = CompanyField()
    site = ReferenceField(Site)
    demand = DemandInput(many=True, required=False)
    lead_times = LeadTimeInput(many=True, required=False)
    starts_at = TimestampField(required=False)
    planned_on = DateField(required=False)
    horizon_days = IntegerField(required=False, min_value=1, max_value=1830)
    around_the_clock = BooleanField(required=False)
    with_schedule = BooleanField(required=False)
    schedule_seconds = IntegerField(required=False, min_value=1, max_value=30)


class FiguresOutput(serializers.Serializer):
    """What a plan comes to, or what it comes to more. Money in company currency."""

    planned_orders = serializers.IntegerField()
    late_starts = serializers.IntegerField()
    customers_late = serializers.IntegerField()
    late_work_orders = serializers.IntegerField()
    makespan_minutes = DecimalField()
    purchases = DecimalField()
    work_in_process = DecimalField()
    stock_value = DecimalField()
    margin = DecimalField()


class WhatIfOutput(serializers.Serializer):
    before = FiguresOutput()
    after = FiguresOutput()
    difference = FiguresOutput()


def answer(*, company: Company, by: User, **given: Any) -> dict[str, Any]:
    """The input's lines as the service takes them, its comparison as plain data."""
    demand = [DemandChange(**line) for line in given.pop("demand", ())]
    lead_times = [LeadTimeChange(**line) for line in given.pop("lead_times", ())]
    found = compare_what_if(company, by=by, demand=demand, lead_times=lead_times, **given)
    return {
        "before": asdict(found.before),
        "after": asdict(found.after),
        "difference": found.difference,
    }
