"""Inputs that several verbs share."""

from __future__ import annotations

from apps.core.api.fields import (
    BooleanField,
    ChoiceField,
    DateField,
    DecimalField,
    IntegerField,
    TextField,
    TimestampField,
)
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictSerializer
from apps.finance.models import CostObject
from apps.hr.models import Employee
from apps.masterdata.models import ReasonCode
from apps.quality.models import (
    Characteristic,
    CorrectiveStep,
    Disposition,
    Gauge,
    NonconformingLot,
)


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class ReadingInput(StrictSerializer):
    """One result of one sample: a value, or whether it passes."""

    sample = IntegerField(min_value=1)
    characteristic = ReferenceField(Characteristic)
    value = DecimalField(required=False, allow_null=True)
    is_conforming = BooleanField(required=False, allow_null=True)
    gauge = ReferenceField(Gauge, required=False, allow_null=True)


class RecordInput(StrictSerializer):
    readings = ReadingInput(many=True, allow_empty=False)
    measured_at = TimestampField(required=False)


class PassRestInput(StrictSerializer):
    characteristic = ReferenceField(Characteristic)
    gauge = ReferenceField(Gauge, required=False, allow_null=True)


class CorrectInput(ReasonInput):
    value = DecimalField(required=False, allow_null=True)
    is_conforming = BooleanField(required=False, allow_null=True)
    gauge = ReferenceField(Gauge, required=False, allow_null=True)


class DecideInput(StrictSerializer):
    """Without a quantity the sample decides."""

    quantity_accepted = DecimalField(required=False, min_value=0)
    reason = TextField(max_length=500, required=False)


class ContainInput(StrictSerializer):
    containment = TextField(max_length=2000, single_line=False)


class DecisionInput(StrictSerializer):
    kind = ChoiceField(choices=Disposition.Kind.choices)
    quantity = DecimalField(positive=True)
    nonconforming_lot = ReferenceField(NonconformingLot, required=False, allow_null=True)
    reason = ReferenceField(ReasonCode, required=False, allow_null=True)
    cost_object = ReferenceField(CostObject, required=False, allow_null=True)
    note = TextField(max_length=200, required=False)


class DispositionInput(StrictSerializer):
    """What becomes of it; without decisions where nothing is held."""

    decisions = DecisionInput(many=True, required=False)
    date = DateField(required=False)
    conclusion = TextField(max_length=2000, required=False, single_line=False)


class ReopenInput(ReasonInput):
    date = DateField(required=False)


class RootCauseInput(StrictSerializer):
    root_cause = TextField(max_length=5000, single_line=False)
    why_not_found = TextField(max_length=5000, required=False, single_line=False)


class StepInput(StrictSerializer):
    what = TextField(max_length=200)
    owner = ReferenceField(Employee)
    due_on = DateField()
    kind = ChoiceField(choices=CorrectiveStep.Kind.choices, required=False)


class StepsInput(StrictSerializer):
    steps = StepInput(many=True, allow_empty=False)


class CompleteInput(StrictSerializer):
    result = TextField(max_length=200)
    done_on = DateField(required=False)


class FinishActionsInput(StrictSerializer):
    check_on = DateField()


class JudgeInput(StrictSerializer):
    is_effective = BooleanField()
    evidence = TextField(max_length=5000, single_line=False)


class CalibrateInput(StrictSerializer):
    calibrated_on = DateField()
    is_found_good = BooleanField()
    is_left_good = BooleanField()
    as_found = DecimalField(required=False, allow_null=True)
    as_left = DecimalField(required=False, allow_null=True)
    due_on = DateField(required=False)
    certificate = TextField(max_length=80, required=False)
    laboratory = TextField(max_length=100, required=False)


class FreezeInput(StrictSerializer):
    """From the first ``points`` points; without, from all."""

    points = IntegerField(min_value=2, max_value=100000, required=False)
    reason = TextField(max_length=200, required=False)
