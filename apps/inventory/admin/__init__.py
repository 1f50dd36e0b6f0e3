from apps.inventory.admin import (
    balances,
    counts,
    handling,
    kanban,
    locations,
    lots,
    moves,
    packages,
    pick_lists,
    stock_documents,
    valuation,
)

__all__ = [
    "balances",
    "counts",
    "handling",
    "kanban",
    "locations",
    "lots",
    "moves",
    "packages",
    "pick_lists",
    "stock_documents",
    "valuation",
]
