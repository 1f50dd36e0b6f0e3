"""Owns: supplier items, reorder rules, requisitions, requests for quotation, contracts, purchase
orders and their confirmations, shipping notices, receipts, the match of bills, shipments.

Posts to: ExpectedMove, StockMove, JournalEntry. Announces: nothing.
"""
