"""Owns: companies, users, currencies, numbers, idempotency, attachments, jobs, outbox, bases.

Posts to: nothing. Announces: nothing.
"""
