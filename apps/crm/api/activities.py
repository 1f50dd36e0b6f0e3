from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import ListField

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import BooleanField, ChoiceField, IntegerField, TextField
from apps.core.api.serializers import AUDIT_FIELDS, CodeOf, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.crm.api.sales_orders import ReasonInput
from apps.crm.models import Activity, EmailLog
from apps.crm.queries.chain import TARGETS, find_target
from apps.crm.services.activities import (
    cancel_activity,
    finish_activity,
    plan_activity,
    update_activity,
)
from apps.crm.services.emails import log_received_email, send_email

ABOUT = ("about", "about_id")


def target_of(values: dict[str, Any], user: User) -> Any:
    """The row that ``about`` and ``about_id`` name; 400 when the caller can't see it."""
    name, key = (values.pop(part) for part in ABOUT)
    target = find_target(user, name, key)
    if target is None:
        text = _("There is no such {model}: {value}.").format(
            model=TARGETS[name]._meta.verbose_name, value=key
        )
        raise ValidationError({"about_id": [ErrorDetail(text, code="does_not_exist")]})
    return target


class ActivitySerializer(StrictModelSerializer):
    """``about`` names the kind of document (lead, quotation, …), ``about_id`` the one."""

    about = ChoiceField(choices=list(TARGETS), write_only=True)
    about_id = IntegerField(min_value=1, write_only=True)
    target_model = CodeOf(source="target_type.model")

    class Meta:
        model = Activity
        fields = (
            "id",
            "number",
            "status",
            "about",
            "about_id",
            "target_model",
            "target_id",
            "partner",
            "kind",
            "subject",
            "note",
            "due_date",
            "owner",
            "done_at",
            "outcome",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "target_id", "partner", "done_at", "outcome")
        extra_kwargs = {"owner": {"required": False}}


class OutcomeTextInput(StrictSerializer):
    outcome = TextField(max_length=5000, single_line=False, required=False)


class ActivityViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Calls, visits and tasks about any document of the chain."""

    serializer_class = ActivitySerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "owner": ["exact"],
        "partner": ["exact"],
        "target_id": ["exact"],
        "target_type__model": ["exact"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "due_date")
    search_fields = ("number", "subject")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Activity:
        return plan_activity(target_of(values, by), by=by, **values)

    def perform_update(
        self,
        row: Activity,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Activity:
        for name in ABOUT:
            if name in values:
                raise InvalidInput("fixed", _("It stays about what it is about."), field=name)
        return update_activity(row, version=version, by=by, **values)

    @verb(permission="crm.change_activity", serializer=OutcomeTextInput)
    def finish(self, activity: Activity, *, by: User, outcome: str = "") -> Activity:
        return finish_activity(activity, outcome=outcome, by=by)

    @verb(permission="crm.change_activity", serializer=ReasonInput)
    def cancel(self, activity: Activity, *, reason: str, by: User) -> Activity:
        return cancel_activity(activity, reason=reason, by=by)


class EmailLogSerializer(StrictModelSerializer):
    source_model = CodeOf(source="source_type.model")

    class Meta:
        model = EmailLog
        fields = (
            "id",
            "company",
            "direction",
            "sender",
            "recipients",
            "subject",
            "body",
            "message_id",
            "is_printout_attached",
            "partner",
            "source_model",
            "source_id",
            "created_at",
            "created_by",
        )


class AboutInput(StrictSerializer):
    about = ChoiceField(choices=list(TARGETS))
    about_id = IntegerField(min_value=1)
    subject = TextField(max_length=200)
    body = TextField(max_length=20_000, single_line=False)


class SendEmailInput(AboutInput):
    to = ListField(child=TextField(max_length=254), min_length=1, max_length=20)
    is_printout_attached = BooleanField(required=False)


class ReceivedEmailInput(AboutInput):
    sender = TextField(max_length=254)
    message_id = TextField(max_length=200, required=False)


class EmailLogViewSet(LedgerViewSet):
    """E-mails as they were sent and received; ``send`` writes one and has it delivered."""

    serializer_class = EmailLogSerializer
    filterset_fields = {
        "direction": ["exact"],
        "partner": ["exact"],
        "source_id": ["exact"],
        "source_type__model": ["exact"],
        "created_at": ["gte", "lte"],
    }
    search_fields = ("subject", "recipients", "sender")

    @verb(permission="crm.add_emaillog", serializer=SendEmailInput, detail=False, status=201)
    def send(self, *, by: User, **values: Any) -> EmailLog:
        return send_email(target_of(values, by), by=by, **values)

    @verb(permission="crm.add_emaillog", serializer=ReceivedEmailInput, detail=False, status=201)
    def receive(self, *, by: User, **values: Any) -> EmailLog:
        """Keep an e-mail that came in."""
        return log_received_email(target_of(values, by), by=by, **values)
