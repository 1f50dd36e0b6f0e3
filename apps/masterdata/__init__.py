"""Owns: items, units, partners, plant hierarchy, shifts and holidays, reason codes.

Posts to: nothing. Announces: nothing.
"""
