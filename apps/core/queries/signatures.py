"""What of a document is signed, who signed it, and whether that still holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import CASCADE

from apps.core.models import Document, Signature, SignatureRule

# What moves on without anybody changing what the document says.
_PASSING = {"status", "version", "number", "created_at", "updated_at", "created_by"}


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and its state: ``valid``, ``superseded`` (content changed since), ``broken``."""

    signature: Signature
    state: str


def signable_models() -> dict[str, type[Document]]:
    """Label → model of every document."""
    return {m._meta.label_lower: m for m in apps.get_models() if issubclass(m, Document)}


def content_of(document: Any) -> dict[str, Any]:
    """What ``document`` says: its own fields, and those of the lines that live and die with it."""
    content = _fields(document)
    for relation in document._meta.related_objects:
        if relation.on_delete is CASCADE and not relation.related_model._meta.auto_created:
            rows = relation.related_model._default_manager.filter(
                **{relation.field.name: document}
            ).order_by("pk")
            content[relation.get_accessor_name()] = [_fields(row) for row in rows]
    return content


def _fields(row: Any) -> dict[str, Any]:
    return {
        field.attname: field.value_to_string(row) if value is not None else None
        for field in row._meta.concrete_fields
        if field.name not in _PASSING and (field.editable or field.primary_key)
        for value in [getattr(row, field.attname)]
    }


def signatures_of(document: Any) -> list[Signed]:
    """Every signature on ``document``, oldest first, with its state now."""
    rows = list(
        Signature.objects.filter(
            source_type=ContentType.objects.get_for_model(document), source_id=document.pk
        ).order_by("pk")
    )
    followed = _statuses_after(document, {row.document_version for row in rows})
    return [Signed(row, _state(row, document, followed)) for row in rows]


def signatures_by_document(documents: Sequence[Any]) -> dict[int, list[Signed]]:
    """``signatures_of`` many documents of one model, by key; those without are not in it."""
    if not documents:
        return {}
    kind = ContentType.objects.get_for_model(documents[0])
    keys = [document.pk for document in documents]
    signed = set(
        Signature.objects.filter(source_type=kind, source_id__in=keys).values_list(
            "source_id", flat=True
        )
    )
    return {one.pk: signatures_of(one) for one in documents if one.pk in signed}


def _statuses_after(document: Any, versions: set[int]) -> dict[int, str]:
    """Version → the status that the document took with its next version."""
    if all(version == document.version for version in versions):
        return {}
    after = document.history.filter(version__in=[version + 1 for version in versions])
    return {version - 1: status for version, status in after.values_list("version", "status")}


def _state(signature: Signature, document: Any, followed: dict[int, str]) -> str:
    """A signature holds while its version stands, and for good once its step was taken from it."""
    version = signature.document_version
    if bytes(signature.binding_hash) != signature.binding():
        return "broken"
    is_now = version == document.version
    return "valid" if is_now or followed.get(version) == signature.status else "superseded"


def rules_for(document: Any, statuses: Iterable[str]) -> list[SignatureRule]:
    """The rules of the company that ask for signatures before one of ``statuses``."""
    return list(
        SignatureRule.objects.filter(
            company_id=document.company_id,
            document=document._meta.label_lower,
            status__in=list(statuses),
            is_active=True,
        ).select_related("role")
    )


def awaited(document: Any) -> list[SignatureRule]:
    """The rules of the next steps that nobody has signed yet for this version."""
    if not isinstance(document, Document):  # a lot has statuses, but no steps
        return []
    rules = rules_for(document, document.TRANSITIONS.get(document.status, ()))
    if not rules:
        return []
    signed = {
        (one.signature.status, one.signature.meaning)
        for one in signatures_of(document)
        if one.signature.document_version == document.version
    }
    return [rule for rule in rules if (rule.status, rule.meaning) not in signed]
