from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.answers import LinkOutput
from apps.core.api.bases import LedgerViewSet
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import StrictModelSerializer
from apps.core.links import link_to
from apps.finance.journal_voucher import journal_voucher_pdf
from apps.finance.models import JournalEntry, JournalLine

DIMENSIONS = (
    "site",
    "cost_object",
    "partner",
    "item",
    "work_centre",
    "machine",
    "shift",
    "reason",
)


class JournalLineSerializer(StrictModelSerializer):
    class Meta:
        model = JournalLine
        fields = (
            "id",
            "company",
            "entry",
            "date",
            "account",
            "amount",
            "currency",
            "amount_currency",
            "quantity",
            "memo",
            *DIMENSIONS,
        )


class JournalEntrySerializer(StrictModelSerializer):
    lines = JournalLineSerializer(many=True)
    source = serializers.SerializerMethodField()  # type: ignore[assignment]
    reversed_by = serializers.SerializerMethodField()

    class Meta:
        model = JournalEntry
        fields = (
            "id",
            "company",
            "journal",
            "fiscal_year",
            "period",
            "number",
            "date",
            "description",
            "purpose",
            "reverses",
            "reversed_by",
            "source",
            "created_at",
            "created_by",
            "lines",
        )

    @extend_schema_field(LinkOutput)
    def get_source(self, entry: JournalEntry) -> dict[str, Any]:
        return link_to(entry.source_type_id, entry.source_id).as_dict()

    def get_reversed_by(self, entry: JournalEntry) -> int | None:
        return next((row.pk for row in entry.reversals.all()), None)


class JournalEntryViewSet(PdfActions, LedgerViewSet):
    """Posted entries with their lines and what they come from; each as a voucher to print."""

    serializer_class = JournalEntrySerializer
    printout = staticmethod(journal_voucher_pdf)
    prefetch_related = (
        "reversals",
        *(f"lines__{name}" for name in ("account", *DIMENSIONS)),
        "lines__entry",
    )
    list_fields = (
        "id",
        "company",
        "journal",
        "fiscal_year",
        "number",
        "date",
        "description",
        "reverses",
        "created_at",
    )
    filterset_fields = {
        "number": ["exact"],
        "journal": ["exact"],
        "fiscal_year": ["exact"],
        "period": ["exact"],
        "date": ["exact", "gte", "lte"],
        "source_type": ["exact"],
        "source_id": ["exact"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "description")


class JournalLineViewSet(LedgerViewSet):
    """Lines, by account and every dimension."""

    serializer_class = JournalLineSerializer
    filterset_fields = {
        "entry": ["exact"],
        "account": ["exact"],
        "date": ["exact", "gte", "lte"],
        **{name: ["exact"] for name in DIMENSIONS},
    }
    ordering_fields = ("id", "date")
