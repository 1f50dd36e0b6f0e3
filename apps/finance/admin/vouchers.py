from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.finance.models import JournalVoucher, JournalVoucherLine
from apps.finance.services.vouchers import (
    VoucherLine,
    cancel_voucher,
    change_voucher,
    draft_voucher,
    post_voucher,
    reverse_voucher,
)


class JournalVoucherLineInline(CompanyInline):
    model = JournalVoucherLine
    fields = ("account", "debit", "credit", "memo", "partner", "cost_object")
    extra = 2


@admin.register(JournalVoucher)
class JournalVoucherAdmin(DocumentWithLinesAdmin):
    list_display = ("number", "status_label", "date", "journal", "description", "company")
    list_filter = ("status", "journal", "date")
    search_fields = ("number", "description")
    fields = ("company", "journal", "date", "description")
    inlines = (JournalVoucherLineInline,)
    verbs = (
        Verb("post", _("Post"), "finance.post_journalvoucher", post_voucher, ("draft",)),
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_journalvoucher",
            reverse_voucher,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel the draft"),
            "finance.change_journalvoucher",
            cancel_voucher,
            ("draft",),
            question=_("The draft is kept, but can't be posted any more."),
            is_danger=True,
        ),
    )

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> JournalVoucher:
        return draft_voucher(
            **values, lines=[VoucherLine(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: JournalVoucher,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> JournalVoucher:
        kept = None if lines is None else [VoucherLine(**line) for line in lines]
        return change_voucher(row, **values, lines=kept, version=version, by=request.user)
