from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.finance.api.uploads import VoucherUpload, table_of, upload
from apps.finance.models import JournalVoucher, JournalVoucherLine
from apps.finance.services.line_files import voucher_lines
from apps.finance.services.vouchers import (
    VoucherLine,
    cancel_voucher,
    change_voucher,
    draft_voucher,
    post_voucher,
    reverse_voucher,
)


class ReverseInput(StrictSerializer):
    date = DateField()
    reason = TextField(max_length=500)


class VoucherLineSerializer(StrictModelSerializer):
    class Meta:
        model = JournalVoucherLine
        fields = ("account", "debit", "credit", "memo", "partner", "cost_object")


class JournalVoucherSerializer(StrictModelSerializer):
    lines = VoucherLineSerializer(many=True)

    class Meta:
        model = JournalVoucher
        fields = (
            "id",
            "company",
            "number",
            "status",
            "journal",
            "date",
            "description",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class JournalVoucherViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Entries by hand: draft, change, post, reverse."""

    serializer_class = JournalVoucherSerializer
    prefetch_related = ("lines__account", "lines__partner", "lines__cost_object")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "journal": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")
    search_fields = ("number", "description")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> JournalVoucher:
        lines = [VoucherLine(**line) for line in values.pop("lines")]
        return draft_voucher(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: JournalVoucher,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> JournalVoucher:
        given = values.pop("lines", None)
        lines = None if given is None else [VoucherLine(**line) for line in given]
        return change_voucher(row, lines=lines, version=version, by=by, **values)

    @upload(
        VoucherUpload,
        permission="finance.add_journalvoucher",
        response=JournalVoucherSerializer,
    )
    def import_file(self, *, file: Any, encoding: str, by: User, **values: Any) -> Any:
        """A draft with lines from CSV or XLSX: account, debit, credit, memo, partner …"""
        lines = voucher_lines(table_of(file, encoding), values["company"])
        return self.present(draft_voucher(lines=lines, by=by, **values))

    @verb(permission="finance.post_journalvoucher")
    def post(self, voucher: JournalVoucher, *, by: User) -> JournalVoucher:
        return post_voucher(voucher, by=by)

    @verb(permission="finance.reverse_journalvoucher", serializer=ReverseInput)
    def reverse(
        self, voucher: JournalVoucher, *, date: datetime.date, reason: str, by: User
    ) -> JournalVoucher:
        return reverse_voucher(voucher, date=date, reason=reason, by=by)

    @verb(permission="finance.change_journalvoucher")
    def cancel(self, voucher: JournalVoucher, *, by: User) -> JournalVoucher:
        return cancel_voucher(voucher, by=by)
