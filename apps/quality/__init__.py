"""Owns: inspection plans, inspections, control charts, gauges, nonconformances, corrective actions.

Posts to: stock and the ledger when a nonconformance is dispositioned. Announces: nothing.
"""
