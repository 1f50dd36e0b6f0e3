from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, ReadViewSet
from apps.core.models import User
from apps.core.tables import ENCODINGS
from apps.core.views.downloads import file_response
from apps.finance.api.payments import AllocationInput, require_may_write_off
from apps.finance.api.uploads import upload
from apps.finance.bank_formats import LARGEST_FILE
from apps.finance.jobs import take_file
from apps.finance.models import (
    Account,
    BankAccount,
    BankImport,
    BankLine,
    BankMatch,
    BankStatement,
    CostObject,
    JournalLine,
)
from apps.finance.queries.bank_suggestions import Suggestion, suggest_matches
from apps.finance.services.bank_matching import (
    ignore_line,
    match_line,
    post_line,
    tie_line,
    unmatch_line,
)
from apps.finance.services.settlement import Allocation
from apps.masterdata.models import Partner


class StatementUpload(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    bank_account = ReferenceField(BankAccount, required=False)
    file = serializers.FileField(max_length=400, allow_empty_file=True)
    encoding = serializers.ChoiceField(choices=ENCODINGS, default="utf-8")
    profile = TextField(
        required=False, default="", single_line=False, help_text="For CSV: columns, constants"
    )


class TakenFile(serializers.Serializer):
    """What became of a file: read at once, or by a job."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    format = serializers.CharField()
    status = serializers.CharField()
    job = serializers.IntegerField(allow_null=True)
    lines_new = serializers.IntegerField()
    lines_known = serializers.IntegerField()
    lines_pending = serializers.IntegerField()


class BankStatementSerializer(StrictModelSerializer):
    class Meta:
        model = BankStatement
        fields = (
            "id",
            "company",
            "bank_account",
            "source",
            "kind",
            "number",
            "sequence",
            "starts_on",
            "ends_on",
            "opening_balance",
            "closing_balance",
            "line_count",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class BankStatementViewSet(ReadViewSet):
    """Statements; ``POST import/`` takes camt.052/053/054, MT940/MT942, OFX or CSV."""

    serializer_class = BankStatementSerializer
    filterset_fields = {
        "bank_account": ["exact"],
        "kind": ["exact"],
        "number": ["exact"],
        "source": ["exact"],
        "ends_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "ends_on")
    search_fields = ("number", "sequence")

    @upload(StatementUpload, permission="finance.add_bankimport", response=TakenFile)
    def import_file(self, *, file: Any, by: User, **given: Any) -> dict[str, Any]:
        """Statements of a file: all, or none. A large file is written in the background."""
        content = file.read(LARGEST_FILE + 1)
        company = given.pop("company")
        source = take_file(company, name=file.name, content=content, by=by, **given)
        return {
            "id": source.pk,
            "number": source.number,
            "format": source.format,
            "status": source.status,
            "job": source.job_id,
            "lines_new": source.lines_new,
            "lines_known": source.lines_known,
            "lines_pending": source.lines_pending,
        }


class BankImportSerializer(StrictModelSerializer):
    class Meta:
        model = BankImport
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "format",
            "sha256",
            "bank_account",
            "job",
            "lines_new",
            "lines_known",
            "lines_pending",
            "message",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class BankImportViewSet(DocumentViewSet):
    """Files that statements came in."""

    serializer_class = BankImportSerializer
    filterset_fields = ("number", "status", "format", "bank_account", "sha256")
    search_fields = ("number", "name")

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], pagination_class=None)
    def source(self, request: Any, *args: Any, **kwargs: Any) -> FileResponse:
        """The file as it came."""
        row = self.get_object()
        if not row.file:
            raise Http404
        return file_response(row.file.open("rb"), name=f"{row.name}.txt", content_type="text/plain")

    source.required_permissions = ("view",)


class BankLineSerializer(StrictModelSerializer):
    class Meta:
        model = BankLine
        fields = (
            "id",
            "company",
            "statement",
            "bank_account",
            "state",
            "position",
            "date",
            "value_date",
            "amount",
            "matched_amount",
            "name",
            "iban",
            "end_to_end_id",
            "reference",
            "bank_reference",
            "batch_id",
            "text",
            "code",
            "is_reversal",
            "ignored_because",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class MatchInput(StrictSerializer):
    invoices = AllocationInput(many=True, required=False, default=list)
    partner = ReferenceField(Partner, required=False)
    amount = DecimalField(decimal_places=4, positive=True, required=False)
    write_off_overpayment = serializers.BooleanField(required=False)
    reason = TextField(max_length=500, required=False)


class TieInput(StrictSerializer):
    journal_lines = serializers.ListField(
        child=ReferenceField(JournalLine), allow_empty=False, max_length=1000
    )


class PostInput(StrictSerializer):
    account = ReferenceField(Account)
    partner = ReferenceField(Partner, required=False)
    cost_object = ReferenceField(CostObject, required=False)
    memo = TextField(max_length=200, required=False, default="")


class UnmatchInput(StrictSerializer):
    reason = TextField(max_length=500)
    date = DateField(required=False)


class IgnoreInput(StrictSerializer):
    reason = TextField(max_length=500)


class BankLineViewSet(CompanyViewSet):
    """Lines of statements, and what ties them to the ledger."""

    serializer_class = BankLineSerializer
    select_related = ("bank_account", "company")
    filterset_fields = {
        "bank_account": ["exact"],
        "statement": ["exact"],
        "state": ["exact"],
        "iban": ["exact"],
        "end_to_end_id": ["exact"],
        "date": ["exact", "gte", "lte"],
        "amount": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("name", "text", "reference")

    @extend_schema(responses=listed(shape_of(Suggestion), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def suggestions(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What the line may be, the best first, each with its score and why."""
        line = self.get_object()
        found = suggest_matches(line.bank_account, [line])[line.pk]
        rows = [{**asdict(one), "amount": f"{one.amount:f}", "date": one.date} for one in found]
        return Response({"results": rows})

    suggestions.required_permissions = ("view", "finance.view_journalline")

    @verb(permission="finance.match_bankline", serializer=MatchInput)
    def match(
        self, line: BankLine, *, invoices: list[dict[str, Any]], by: User, **given: Any
    ) -> Any:
        """Make the payment that the line shows, and settle the invoices named.

        A small rest of them, or of the line, may be written off, with the reason.
        """
        require_may_write_off(invoices, given.get("write_off_overpayment"), by)
        match_line(line, invoices=[Allocation(**part) for part in invoices], by=by, **given)

    @verb(permission="finance.match_bankline", serializer=TieInput)
    def tie(self, line: BankLine, *, journal_lines: list[JournalLine], by: User) -> Any:
        """Tie the line to what the ledger holds already."""
        tie_line(line, journal_lines=journal_lines, by=by)

    @verb(permission="finance.match_bankline", serializer=PostInput)
    def post_to_account(self, line: BankLine, *, account: Account, by: User, **given: Any) -> Any:
        """Post what is left of the line to an account."""
        post_line(line, account=account, by=by, **given)

    @verb(permission="finance.match_bankline", serializer=UnmatchInput)
    def unmatch(
        self, line: BankLine, *, reason: str, by: User, date: datetime.date | None = None
    ) -> Any:
        """Undo what stands of the line; what was made for it is reversed."""
        unmatch_line(line, reason=reason, date=date, by=by)

    @verb(permission="finance.ignore_bankline", serializer=IgnoreInput)
    def ignore(self, line: BankLine, *, reason: str, by: User) -> Any:
        """Set the line aside."""
        ignore_line(line, reason=reason, by=by)


class BankMatchSerializer(StrictModelSerializer):
    class Meta:
        model = BankMatch
        fields = (
            "id",
            "company",
            "line",
            "journal_line",
            "payment",
            "rule",
            "made",
            "amount",
            "is_live",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class BankMatchViewSet(ReadViewSet):
    """What bank lines are tied to; undone ones have ``is_live`` false."""

    serializer_class = BankMatchSerializer
    filterset_fields = ("line", "journal_line", "payment", "rule", "made", "is_live")
