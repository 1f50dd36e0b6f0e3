"""Owns: supplier items, reorder rules, requisitions, requests for quotation, contracts, purchase
orders and their confirmations, shipping notices, receipts, the match of bills, returns, suppliers'
accesses, shipments, consignments, carriers' services and rates, trade data of items.

Posts to: ExpectedMove, StockMove, JournalEntry. Announces: nothing.
"""
