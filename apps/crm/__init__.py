"""Owns: leads, opportunities, activities, price lists, quotations, sales orders, service, returns.

Posts to: ExpectedMove, Reservation, stock (returns); invoices and credit notes through finance.
Announces: nothing.
"""
