"""Owns: measures, datasets and pivots; saved reports, dashboards, schedules, alert rules, returns
on investment; charts, work lists and the home page of each role.

Posts to: nothing. Announces: nothing.
"""
