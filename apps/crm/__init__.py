"""Owns: sales orders (leads, opportunities and quotations follow).

Posts to: ExpectedMove, Reservation; invoices through finance. Announces: nothing.
"""
