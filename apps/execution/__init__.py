"""Owns: work orders, production reports, machine events and states, genealogy.

Posts to: ExpectedMove, StockMove, JournalEntry, GenealogyEdge. Announces: nothing.
"""
