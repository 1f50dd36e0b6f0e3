"""Owns: the general ledger: accounts, periods, journals, cost objects, invoices, payments.

Posts to: JournalEntry and JournalLine. Announces: invoice_posted,
invoice_cancelled, invoice_reversed.
"""
