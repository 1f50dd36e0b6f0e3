"""Owns: events, webhooks, deliveries, service accounts, API keys, the way out with all data.

Posts to: nothing. Announces: every change of a document or noun, to other systems.
"""
