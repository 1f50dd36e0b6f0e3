"""Owns: people: contracts, skills, rosters, clock events, time cards, leave, expenses, payroll.

Posts to: the ledger (pay runs, expense claims). Announces: nothing.
"""
