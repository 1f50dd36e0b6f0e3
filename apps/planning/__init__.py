"""Owns: item planning, forecasts, master schedule, planned orders, pegging, messages, schedules.

Posts to: ExpectedMove, by firming into work orders and purchase orders. Announces: nothing.
"""
