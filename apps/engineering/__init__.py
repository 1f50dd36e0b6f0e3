"""Owns: bills of materials, routings, standard cost roll-ups.

Posts to: stock value when a roll-up is released. Announces: nothing.
"""
