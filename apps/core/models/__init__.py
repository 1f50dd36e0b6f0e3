from apps.core.models.attachments import Attachment, Comment
from apps.core.models.base import AuditedModel, Document, LedgerRow, MasterData, ScopedQuerySet
from apps.core.models.companies import Company, CompanySwitch, Membership, Site
from apps.core.models.currencies import Currency, ExchangeRate
from apps.core.models.idempotency import IdempotencyKey
from apps.core.models.jobs import BackgroundJob
from apps.core.models.outbox import OutboxMessage
from apps.core.models.sequences import NumberSequence
from apps.core.models.signatures import Signature, SignatureRule
from apps.core.models.users import User

__all__ = [
    "Attachment",
    "AuditedModel",
    "BackgroundJob",
    "Comment",
    "Company",
    "CompanySwitch",
    "Currency",
    "Document",
    "ExchangeRate",
    "IdempotencyKey",
    "LedgerRow",
    "MasterData",
    "Membership",
    "NumberSequence",
    "OutboxMessage",
    "ScopedQuerySet",
    "Signature",
    "SignatureRule",
    "Site",
    "User",
]
