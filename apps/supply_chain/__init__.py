"""Owns: purchase orders, receipts, the match of supplier bills, shipments.

Posts to: ExpectedMove, StockMove, JournalEntry. Announces: nothing.
"""
