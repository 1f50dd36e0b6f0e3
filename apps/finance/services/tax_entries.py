"""The tax ledger: what each posted document owes the authority or may claim back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.core.models import User
from apps.core.sql import insert_rows
from apps.finance.models import Invoice, Settlement, TaxEntry
from apps.finance.services.invoice_entries import TaxRow


def enter_taxes(invoice: Invoice, entry_id: int, rows: Sequence[TaxRow], *, by: User) -> None:
    """Write the tax rows of an invoice: one statement, none for one without tax."""
    enter_tax_rows(invoice, entry_id, rows, date=invoice.date, partner_id=invoice.partner_id, by=by)


def enter_tax_rows(
    source: Invoice | Settlement,
    entry_id: int,
    rows: Sequence[TaxRow],
    *,
    date: Date,
    partner_id: int,
    by: User,
) -> None:
    """Write the tax rows of a posting of ``source``, dated as that is."""
    if not rows:
        return
    now = timezone.now()
    source_type = ContentType.objects.get_for_model(source).pk
    insert_rows(
        TaxEntry,
        [
            {
                "company_id": source.company_id,
                "source_type_id": source_type,
                "source_id": source.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "entry_id": entry_id,
                "date": date,
                "tax_code_id": row.tax_code_id,
                "side": row.side,
                "partner_id": partner_id,
                "account_id": row.account_id,
                "base": row.base,
                "tax": row.tax,
            }
            for row in rows
        ],
    )


def take_taxes_back(entry_id: int, mirror_id: int, *, date: Date, by: User) -> None:
    """The tax rows of ``entry_id`` once more, negative, with its reversal ``mirror_id``."""
    now = timezone.now()
    insert_rows(
        TaxEntry,
        [
            {
                "company_id": row.company_id,
                "source_type_id": row.source_type_id,
                "source_id": row.source_id,
                "created_at": now,
                "created_by_id": by.pk,
                "entry_id": mirror_id,
                "date": date,
                "tax_code_id": row.tax_code_id,
                "side": row.side,
                "partner_id": row.partner_id,
                "account_id": row.account_id,
                "base": -row.base,
                "tax": -row.tax,
            }
            for row in TaxEntry.objects.filter(entry=entry_id).order_by("id")
        ],
    )
