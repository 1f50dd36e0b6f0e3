"""Owns: locations, lots and serials, stock moves, balances, reservations, expected moves, cost.

Posts to: StockMove, and through finance to JournalEntry. Announces: moves_reversed,
lots_converted, lot_status_changing.
"""
