"""The bases of the admin, and the pages of core's own nouns."""

from apps.core.admin import companies, currencies, jobs, sequences, signatures, users

__all__ = ["companies", "currencies", "jobs", "sequences", "signatures", "users"]
