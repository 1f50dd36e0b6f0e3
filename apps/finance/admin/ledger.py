from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.links import anchor
from apps.core.admin.printouts import PrintedLedgerAdmin, Printout
from apps.finance.journal_voucher import journal_voucher_pdf
from apps.finance.models import JournalEntry, JournalLine, LedgerSeal

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


class JournalLineInline(CompanyInline):
    model = JournalLine
    fields = ("account", "debit", "credit", "currency", "amount_currency", "quantity", "memo",
              *DIMENSIONS)  # fmt: skip
    readonly_fields = ("debit", "credit")
    can_delete = False

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("account", *DIMENSIONS)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


def _entry_url(entry_id: int) -> str:
    return reverse("admin:finance_journalentry_change", args=[entry_id])


@admin.register(JournalEntry)
class JournalEntryAdmin(PrintedLedgerAdmin):
    list_display = ("number", "date", "journal", "description", "source_link", "company")
    list_filter = ("journal", "fiscal_year", "date", "source_type")
    list_select_related = ("journal", "company")
    search_fields = ("number", "description")
    fields = (
        "company",
        ("number", "date"),
        ("journal", "period"),
        "description",
        ("source_link", "purpose"),
        ("reverses_link", "reversed_by"),
        ("created_at", "created_by"),
    )
    readonly_fields = ("reverses_link", "reversed_by")
    inlines = (JournalLineInline,)
    printouts = Printout.on_both_papers("voucher", _("Journal voucher"), journal_voucher_pdf)

    @admin.display(description=_("reverses"))
    def reverses_link(self, entry: JournalEntry) -> Any:
        return anchor(_entry_url(entry.reverses.pk), entry.reverses) if entry.reverses else "–"

    @admin.display(description=_("reversed by"))
    def reversed_by(self, entry: JournalEntry) -> Any:
        mirror = entry.reversals.first()
        return anchor(_entry_url(mirror.pk), mirror) if mirror else "–"


@admin.register(JournalLine)
class JournalLineAdmin(LedgerAdmin):
    computed_numbers = ("debit", "credit")
    list_display = ("date", "entry_link", "account", "debit", "credit", "memo", "company")
    list_filter = ("date", "account", "site", "work_centre", "reason")
    list_select_related = ("entry", "account", "company")
    search_fields = ("memo", "account__code")
    ordering = ("-id",)
    admin_hidden = True

    @admin.display(description=_("entry"), ordering="entry")
    def entry_link(self, line: JournalLine) -> Any:
        return anchor(_entry_url(line.entry_id), line.entry)


@admin.register(LedgerSeal)
class LedgerSealAdmin(LedgerAdmin):
    list_display = ("entry", "journal", "fiscal_year", "sequence_number", "chain", "sealed_at")
    list_filter = ("journal", "fiscal_year")
    list_select_related = ("entry", "journal", "fiscal_year")
    search_fields = ("entry__number",)
    fields = ("entry", "journal", "fiscal_year", "sequence_number", "content", "chain", "sealed_at")
    readonly_fields = ("content", "chain")

    @admin.display(description=_("content hash"))
    def content(self, seal: LedgerSeal) -> str:
        return bytes(seal.content_hash).hex()

    @admin.display(description=_("chain hash"))
    def chain(self, seal: LedgerSeal) -> str:
        return bytes(seal.chain_hash).hex()
