"""Owns: companies, users, currencies, numbers, idempotency, attachments, jobs, outbox, the base classes.

Posts to: nothing. Announces: nothing.
"""
