from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.fields import BooleanField, DateField, TextField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import Company, User
from apps.finance.dunning_letters import dunning_letters_pdf
from apps.finance.models import DunningLevel, DunningLine, DunningRun, DunningTerms
from apps.finance.services.dunning import (
    cancel_dunning,
    confirm_dunning,
    exclude_lines,
    propose_dunning,
)
from apps.finance.services.dunning_terms import Level, change_dunning_terms, create_dunning_terms


class DunningLevelSerializer(StrictModelSerializer):
    class Meta:
        model = DunningLevel
        fields = ("level", "days_overdue", "fee", "text")
        read_only_fields = ("level",)


class DunningTermsSerializer(StrictModelSerializer):
    levels = DunningLevelSerializer(many=True)

    class Meta:
        model = DunningTerms
        fields = (*MASTER_DATA_FIELDS, "levels", *AUDIT_FIELDS)


class DunningTermsViewSet(MasterDataViewSet):
    """How overdue customers are reminded: up to three levels, in their order."""

    serializer_class = DunningTermsSerializer
    prefetch_related = ("levels",)
    filterset_fields = ("code", "is_active")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> DunningTerms:
        levels = [Level(**level) for level in values.pop("levels")]
        return create_dunning_terms(**values, levels=levels, by=by, reason=reason)

    def perform_update(
        self,
        row: DunningTerms,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> DunningTerms:
        given = values.pop("levels", None)
        levels = None if given is None else [Level(**level) for level in given]
        return change_dunning_terms(
            row, **values, levels=levels, version=version, by=by, reason=reason
        )


class DunningLineSerializer(StrictModelSerializer):
    class Meta:
        model = DunningLine
        fields = (
            "id",
            "partner",
            "invoice",
            "due_date",
            "level",
            "amount",
            "fee_invoice",
            "is_live",
        )
        read_only_fields = fields


class DunningRunSerializer(StrictModelSerializer):
    lines = DunningLineSerializer(many=True, read_only=True)

    class Meta:
        model = DunningRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "terms",
            "date",
            "posts_fees",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class ProposeDunningInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    terms = ReferenceField(DunningTerms)
    date = DateField()
    posts_fees = BooleanField(required=False)


class ExcludeLineInput(StrictSerializer):
    line = ReferenceField(DunningLine)


class ExcludeInput(StrictSerializer):
    lines = ExcludeLineInput(many=True, allow_empty=False)
    reason = TextField(max_length=500, required=False)


class CancelDunningInput(StrictSerializer):
    reason = TextField(max_length=500, required=False)


class DunningRunViewSet(PdfActions, DocumentViewSet):
    """Reminders of one day: propose, leave lines out, confirm, print."""

    serializer_class = DunningRunSerializer
    printout = staticmethod(dunning_letters_pdf)
    prefetch_related = ("lines__partner", "lines__invoice", "lines__fee_invoice")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "terms": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")

    @verb(
        permission="finance.add_dunningrun",
        serializer=ProposeDunningInput,
        detail=False,
        status=201,
    )
    def propose(
        self,
        *,
        company: Company,
        terms: DunningTerms,
        date: datetime.date,
        by: User,
        posts_fees: bool = False,
    ) -> DunningRun:
        """A run with every instalment that has come to its next level."""
        return propose_dunning(company, terms=terms, date=date, posts_fees=posts_fees, by=by)

    @verb(permission="finance.change_dunningrun", serializer=ExcludeInput)
    def exclude(
        self, run: DunningRun, *, lines: list[dict[str, Any]], by: User, reason: str = ""
    ) -> DunningRun:
        """Leave lines out; they may come with the next run."""
        rows = [one["line"] for one in lines]
        return exclude_lines(run, lines=rows, reason=reason, by=by)

    @verb(permission="finance.confirm_dunningrun")
    def confirm(self, run: DunningRun, *, by: User) -> DunningRun:
        """Let the letters go out, and invoice the fees."""
        return confirm_dunning(run, by=by)

    @verb(permission="finance.change_dunningrun", serializer=CancelDunningInput)
    def cancel(self, run: DunningRun, *, by: User, reason: str = "") -> DunningRun:
        return cancel_dunning(run, reason=reason, by=by)
