"""Owns: assets, meters, failure codes, maintenance plans, requests, orders, reserved capacity.

Posts to: StockMove, JournalEntry, supplier bills through finance. Announces: nothing.
"""
