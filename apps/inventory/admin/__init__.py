from apps.inventory.admin import balances, locations, lots, moves, stock_documents, valuation

__all__ = ["balances", "locations", "lots", "moves", "stock_documents", "valuation"]
