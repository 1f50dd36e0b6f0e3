"""The card of an asset: what it is, what it is worth in each book, and how it came to that."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.money import ZERO
from apps.core.printouts import render_pdf, require_paper
from apps.finance.models import AssetMovement, FixedAsset
from apps.finance.printouts import figure
from apps.finance.queries.assets import standings

MOST_MOVEMENTS = 200


def asset_card_pdf(asset: FixedAsset, *, paper: str = "A4") -> bytes:
    """The card as it stands today. Raises ``InvalidInput`` for a paper we don't print on."""
    require_paper(paper)
    title = f"{_('Asset card')} {asset.number}"
    return render_pdf(
        "finance/printouts/asset_card.html", _context(asset), paper=paper, title=title, signed=asset
    )


def _context(asset: FixedAsset) -> dict[str, Any]:
    company = asset.company
    places = company.currency.decimal_places
    found = {
        standing.id: standing
        for standing in standings(company, at=timezone.localdate(), asset_ids=[asset.pk])
    }
    books = [
        {
            "book": row.book,
            "terms": row,
            "cost": figure(found[row.pk].cost, places),
            "depreciation": figure(found[row.pk].depreciation, places),
            "carrying": figure(found[row.pk].carrying, places),
            "residual": figure(row.residual or ZERO, places),
        }
        for row in asset.books.select_related("book")
    ]
    movements = AssetMovement.objects.filter(asset=asset, book__posts_to_ledger=True)
    carried = ZERO
    lines = []
    for move in movements.select_related("entry").order_by("id"):
        carried += move.cost - move.depreciation
        lines.append({
            "move": move,
            "cost": figure(move.cost, places) if move.cost else "",
            "depreciation": figure(move.depreciation, places) if move.depreciation else "",
            "carried": figure(carried, places),
        })  # fmt: skip
    return {
        "company": company,
        "asset": asset,
        "books": books,
        "lines": lines[-MOST_MOVEMENTS:],
        "left_out": max(len(lines) - MOST_MOVEMENTS, 0),
    }
