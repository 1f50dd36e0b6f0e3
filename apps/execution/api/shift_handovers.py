from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.bases import DocumentViewSet
from apps.core.api.printouts import PdfActions
from apps.core.api.requests import respond_once
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.core.services.reauthentication import prove_identity
from apps.execution.api.inputs import ReasonInput
from apps.execution.handover_printout import handover_pdf
from apps.execution.models import ShiftHandover, ShiftHandoverNote
from apps.execution.services.shift_handovers import (
    hand_over,
    prepare_handover,
    refresh_handover,
    reopen_handover,
    take_back,
    take_over,
)


class NoteSerializer(StrictModelSerializer):
    class Meta:
        model = ShiftHandoverNote
        fields = ("id", "machine", "text")


def _shape(
    name: str, texts: str, *, whole: str = "", truths: str = ""
) -> type[serializers.Serializer]:
    """Rows of the snapshot: numbers and times in it are text; a name without a value is null."""
    fields: dict[str, Any] = {"__module__": __name__}
    for kind, names in (
        (serializers.CharField, texts),
        (serializers.IntegerField, whole),
        (serializers.BooleanField, truths),
    ):
        fields |= {one: kind(required=False, allow_null=True) for one in names.split()}
    return type(name, (serializers.Serializer,), fields)


LineOutput = _shape(
    "HandoverLineOutput",
    "number operation item item_name unit produced good scrap scrapped stocked shipped wip_before"
    " passed_on wip_after left difference",
    whole="work_order_id operation_id sequence",
)
ScrapOutput = _shape("HandoverScrapOutput", "code name quantity")
StopOutput = _shape(
    "HandoverStopOutput", "code name minutes cost", whole="stops", truths="is_planned still_open"
)
OpenStopOutput = _shape("HandoverOpenStopOutput", "machine since reason")
CallOutput = _shape(
    "HandoverCallOutput",
    "number category machine called_at acknowledged_at resolved_at resolution",
)
LeftOutput = _shape("HandoverLeftOutput", "number operation item quantity", whole="sequence")
ElementsOutput = _shape(
    "HandoverElementsOutput",
    "oee availability performance quality planned run down setup idle quantity quantity_good",
    whole="stops",
)
NoteOutput = _shape("HandoverNoteOutput", "machine text")


class ContentOutput(serializers.Serializer):
    """The snapshot: numbers are text, times ISO 8601."""

    lines = LineOutput(many=True, required=False)
    scrap = ScrapOutput(many=True, required=False)
    stops = StopOutput(many=True, required=False)
    open_stops = OpenStopOutput(many=True, required=False)
    andon = CallOutput(many=True, required=False)
    left = LeftOutput(many=True, required=False)
    oee = ElementsOutput(required=False)
    notes = NoteOutput(many=True, required=False)
    note = serializers.CharField(required=False)
    currency = serializers.CharField(required=False)


class ShiftHandoverSerializer(StrictModelSerializer):
    content = ContentOutput(read_only=True)
    notes = NoteSerializer(many=True, read_only=True)
    is_intact = serializers.BooleanField(read_only=True)

    class Meta:
        model = ShiftHandover
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "work_centre",
            "shift",
            "day",
            "starts_at",
            "ends_at",
            "note",
            "notes",
            "content",
            "outgoing_name",
            "outgoing_at",
            "incoming_name",
            "incoming_at",
            "is_intact",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "site",
            "starts_at",
            "ends_at",
            "outgoing_name",
            "outgoing_at",
            "incoming_name",
            "incoming_at",
        )


class PasswordInput(StrictSerializer):
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)


class ShiftHandoverViewSet(PdfActions, CreateMixin, DocumentViewSet):
    """What a shift leaves. ``POST`` prepares the one of a work centre, shift and day; the outgoing
    signs with ``hand-over/``, the incoming with ``take-over/``: then the shift is closed."""

    serializer_class = ShiftHandoverSerializer
    printout = staticmethod(handover_pdf)
    prefetch_related = ("notes",)
    list_fields = (
        "id",
        "company",
        "number",
        "status",
        "site",
        "work_centre",
        "shift",
        "day",
        "starts_at",
        "ends_at",
        "outgoing_name",
        "outgoing_at",
        "incoming_name",
        "incoming_at",
        "version",
    )
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "site": ["exact"],
        "work_centre": ["exact"],
        "shift": ["exact"],
        "day": ["exact", "gte", "lt"],
    }
    ordering_fields = ("id", "day", "starts_at")
    search_fields = ("number", "outgoing_name", "incoming_name")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> ShiftHandover:
        values.pop("company")
        return prepare_handover(values.pop("work_centre"), by=by, reason=reason, **values)

    @verb(permission="execution.add_shifthandover")
    def refresh(self, handover: ShiftHandover, *, by: User) -> ShiftHandover:
        return refresh_handover(handover, by=by)

    @verb(permission="execution.sign_shifthandover")
    def take_back(self, handover: ShiftHandover, *, by: User) -> ShiftHandover:
        return take_back(handover, by=by)

    @verb(permission="execution.reopen_shifthandover", serializer=ReasonInput)
    def reopen(self, handover: ShiftHandover, *, reason: str, by: User) -> ShiftHandover:
        return reopen_handover(handover, reason=reason, by=by)

    @extend_schema(request=PasswordInput, responses={200: ShiftHandoverSerializer}, filters=False)
    @action(detail=True, methods=["post"], url_path="hand-over", pagination_class=None)
    def hand_over(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self._sign(request, hand_over)

    @extend_schema(request=PasswordInput, responses={200: ShiftHandoverSerializer}, filters=False)
    @action(detail=True, methods=["post"], url_path="take-over", pagination_class=None)
    def take_over(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self._sign(request, take_over)

    hand_over.required_permissions = take_over.required_permissions = (
        "execution.sign_shifthandover",
    )
    hand_over.input_serializer = take_over.input_serializer = PasswordInput
    hand_over.response_serializer = take_over.response_serializer = ShiftHandoverSerializer
    hand_over.answer_status = take_over.answer_status = 200

    def _sign(self, request: Any, service: Any) -> Response:
        row = self.get_object()
        parser = PasswordInput(data=request.data, context=self.get_serializer_context())
        parser.is_valid(raise_exception=True)
        password = parser.validated_data["password"]
        # outside the transaction of the act: a miss must be counted
        proof = prove_identity(request.user, password, request=request._request)

        def act() -> tuple[int, Any]:
            made = service(row, proof=proof, by=request.user)
            return 200, self.get_serializer(self.get_queryset().get(pk=made.pk)).data

        return respond_once(request, act)
