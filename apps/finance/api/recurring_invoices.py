from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import DateField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.finance.models import RecurringInvoice, RecurringInvoiceLine, RecurringPeriod
from apps.finance.services.invoices import BillingLine
from apps.finance.services.recurring_invoices import (
    change_recurring_invoice,
    create_recurring_invoice,
    draft_due,
)


class RecurringInvoiceLineSerializer(StrictModelSerializer):
    class Meta:
        model = RecurringInvoiceLine
        fields = (
            "item",
            "description",
            "quantity",
            "unit_price",
            "tax_code",
            "account",
            "cost_object",
        )


class RecurringPeriodSerializer(StrictModelSerializer):
    class Meta:
        model = RecurringPeriod
        fields = ("date", "invoice")
        read_only_fields = fields


class RecurringInvoiceSerializer(StrictModelSerializer):
    lines = RecurringInvoiceLineSerializer(many=True)
    periods = RecurringPeriodSerializer(many=True, read_only=True)

    class Meta:
        model = RecurringInvoice
        fields = (
            *MASTER_DATA_FIELDS,
            "kind",
            "partner",
            "currency",
            "payment_terms",
            "reference",
            "every",
            "unit",
            "starts_on",
            "ends_on",
            "next_on",
            "periods_done",
            "lines",
            "periods",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("next_on", "periods_done")


class UntilInput(StrictSerializer):
    until = DateField()


class RecurringInvoiceViewSet(MasterDataViewSet):
    """Invoices and bills that come again: one draft per period, made by the clock or at once."""

    serializer_class = RecurringInvoiceSerializer
    prefetch_related = (
        "lines__item",
        "lines__tax_code",
        "lines__account",
        "lines__cost_object",
        "periods__invoice",
    )
    filterset_fields = ("code", "is_active", "kind", "partner")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> RecurringInvoice:
        lines = [BillingLine(**line) for line in _complete(values.pop("lines"))]
        return create_recurring_invoice(**values, lines=lines, by=by, reason=reason)

    def perform_update(
        self,
        row: RecurringInvoice,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> RecurringInvoice:
        given = values.pop("lines", None)
        lines = None if given is None else [BillingLine(**line) for line in _complete(given)]
        return change_recurring_invoice(
            row, **values, lines=lines, version=version, by=by, reason=reason
        )

    @verb(permission="finance.add_invoice", serializer=UntilInput)
    def draft(self, schedule: RecurringInvoice, *, until: datetime.date, by: User) -> None:
        """Make the drafts of all periods up to a day that have none yet."""
        draft_due(schedule, until=until, by=by)


def _complete(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"quantity": 1, **line} for line in lines]
