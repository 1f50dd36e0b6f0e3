"""Electronic signatures: a person, a meaning, a moment, bound to what a document said."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Signature, SignatureRule, User
from apps.core.models.signatures import Meaning
from apps.core.queries.signatures import content_of, rules_for, signable_models
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.services.reauthentication import Proof, WrongPassword
from apps.core.transactions import unit_of_work


def sign_document(
    document: Any,
    *,
    status: str,
    meaning: str,
    proof: Proof,
    by: User,
    reason: str = "",
) -> Signature:
    """Sign ``document`` as it stands, for its step to ``status``.

    Raises ``BusinessError`` when the proof is another's or old, when no rule asks for this
    signature, when the signer lacks the role or has signed this version already (maker is not
    checker).
    """
    if not proof.is_good_for(by):
        raise WrongPassword("proof_expired", _("Give your password again."), field="password")
    with unit_of_work():
        current = lock(document)
        rule = _rule(current, status, meaning)
        _require_role(rule, by)
        _require_first(current, status, meaning, by)
        signature = Signature(
            company_id=current.company_id,
            source_type=ContentType.objects.get_for_model(current),
            source_id=current.pk,
            status=status,
            meaning=meaning,
            signer_name=by.get_full_name() or by.get_username(),
            signed_at=timezone.now(),
            reason=reason.strip(),
            document_version=current.version,
            content=content_of(current),
            created_by=by,
        )
        signature.binding_hash = signature.binding()
        signature.save(force_insert=True)
    return signature


def _rule(document: Any, status: str, meaning: str) -> SignatureRule:
    if not document.can_become(status):
        raise BusinessError(
            "no_such_step",
            _("{document} does not wait for this step.").format(document=document),
            field="status",
        )
    for rule in rules_for(document, [status]):
        if rule.meaning == meaning:
            return rule
    raise InvalidInput("not_asked_for", _("No rule asks for this signature here."), field="meaning")


def _require_role(rule: SignatureRule, by: User) -> None:
    if rule.role_id and not by.groups.filter(pk=rule.role_id).exists():
        raise BusinessError(
            "wrong_signer",
            _("This signature is for the role {role}.").format(role=rule.role),
            field="meaning",
        )


def _require_first(document: Any, status: str, meaning: str, by: User) -> None:
    rows = Signature.objects.filter(
        source_type=ContentType.objects.get_for_model(document),
        source_id=document.pk,
        status=status,
        document_version=document.version,
    )
    for row in rows:
        if row.meaning == meaning:
            raise BusinessError(
                "already_signed", _("Signed already: {who}.").format(who=row), field="meaning"
            )
        if row.created_by_id == by.pk:
            raise BusinessError(
                "same_signer",
                _("You have signed this already; another person has to."),
                field="meaning",
            )


def create_signature_rule(*, by: Any, reason: str = "", **values: Any) -> SignatureRule:
    """A rule. Raises ``InvalidInput`` for a document or a status that does not exist."""
    with unit_of_work():
        _check_rule(values["document"], values["status"], values["meaning"])
        return create_row(SignatureRule, values=values, by=by, reason=reason)


def update_signature_rule(
    row: SignatureRule, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> SignatureRule:
    """Change or retire a rule; what is signed stays signed."""
    with unit_of_work():
        _check_rule(
            values.get("document", row.document),
            values.get("status", row.status),
            values.get("meaning", row.meaning),
        )
        return update_row(row, values=values, by=by, version=version, reason=reason)


def _check_rule(document: str, status: str, meaning: str) -> None:
    model = signable_models().get(document)
    if model is None:
        raise InvalidInput("unknown_document", _("There is no such document."), field="document")
    reached = {target for targets in model.TRANSITIONS.values() for target in targets}
    if status not in reached:
        raise InvalidInput(
            "unknown_status", _("No step of this document leads there."), field="status"
        )
    if meaning not in Meaning.values:
        raise InvalidInput("unknown_meaning", _("There is no such meaning."), field="meaning")
