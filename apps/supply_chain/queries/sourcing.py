"""Whom an item is bought from when nobody was named: the preferred supplier item, else the item's
own supplier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date

from django.db.models import prefetch_related_objects
from django.utils import timezone

from apps.core.models import Company
from apps.masterdata.models import Item, Partner
from apps.supply_chain.queries.supplier_terms import (
    SupplierTerms,
    TermsBook,
    preferred_terms,
    supplier_terms,
)


@dataclass(frozen=True, slots=True)
class Source:
    """The supplier of an item and his terms, where there are."""

    partner: Partner | None
    terms: SupplierTerms | None


def suppliers_of(
    company: Company, items: Iterable[Item], day: Date | None = None
) -> dict[int, Source]:
    """The source of each item by its id, in a few statements however many."""
    wanted = {item.pk: item for item in items}
    day = day or timezone.localdate()
    preferred = preferred_terms(company, wanted, day)
    others = [item for key, item in wanted.items() if key not in preferred]
    prefetch_related_objects(others, "default_supplier")
    book = supplier_terms(
        company,
        [item.default_supplier_id for item in others if item.default_supplier_id],
        [item.pk for item in others],
    )
    found = {key: Source(terms.row.partner, terms) for key, terms in preferred.items()}
    for item in others:
        partner = item.default_supplier
        terms = book.on(partner.pk, item.pk, day) if partner else None
        found[item.pk] = Source(partner, terms)
    return found


def terms_of_choice(company: Company, chosen: Iterable[tuple[Partner, Item]]) -> TermsBook:
    """The terms of suppliers that were named."""
    pairs = list(chosen)
    if not pairs:
        return TermsBook()
    return supplier_terms(
        company, [partner.pk for partner, _item in pairs], [item.pk for _partner, item in pairs]
    )
