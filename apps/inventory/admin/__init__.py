from apps.inventory.admin import (
    balances,
    counts,
    locations,
    lots,
    moves,
    stock_documents,
    valuation,
)

__all__ = ["balances", "counts", "locations", "lots", "moves", "stock_documents", "valuation"]
