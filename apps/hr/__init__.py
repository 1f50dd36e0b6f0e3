"""Owns: employees (contracts, rosters and payroll follow).

Posts to: nothing yet. Announces: nothing.
"""
