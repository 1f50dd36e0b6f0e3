"""Owns: measures, charts, work lists and the home page of each role; no tables.

Posts to: nothing. Announces: nothing.
"""
