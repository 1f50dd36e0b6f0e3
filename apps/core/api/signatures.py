from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import IntegerField
from apps.core.api.permissions import model_permission
from apps.core.api.requests import respond_once
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import Signature, SignatureRule
from apps.core.models.signatures import Meaning
from apps.core.queries.signatures import signable_models, signatures_of
from apps.core.services.reauthentication import prove_identity
from apps.core.services.signatures import (
    create_signature_rule,
    sign_document,
    update_signature_rule,
)


class SignatureRuleSerializer(StrictModelSerializer):
    class Meta:
        model = SignatureRule
        fields = ("id", "company", "document", "status", "meaning", "role", "is_active", "version")
        read_only_fields = ("id", "version")


class SignatureRuleViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Which steps of which documents ask for a signature, and with which meaning."""

    serializer_class = SignatureRuleSerializer
    takes_reason = True
    create_service = staticmethod(create_signature_rule)
    update_service = staticmethod(update_signature_rule)
    filterset_fields = ("document", "status", "meaning", "is_active")
    ordering = "id"
    ordering_fields: ClassVar[tuple[str, ...]] = ("id",)


class SignatureSerializer(StrictModelSerializer):
    document = serializers.SerializerMethodField()
    document_id = serializers.IntegerField(source="source_id", read_only=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Signature
        fields = (
            "id", "company", "document", "document_id", "document_version", "status", "meaning",
            "signer_name", "signed_at", "reason", "content", "state",
        )  # fmt: skip

    def get_document(self, row: Signature) -> str:
        return row.source._meta.label_lower

    def get_state(self, row: Signature) -> str:
        """``valid``, ``superseded`` by a change of the document, or ``broken``."""
        return next(one.state for one in signatures_of(row.source) if one.signature.pk == row.pk)


class SignInput(StrictSerializer):
    document = serializers.ChoiceField(choices=sorted(signable_models()))
    document_id = IntegerField(min_value=1)
    status = serializers.CharField(max_length=20)
    meaning = serializers.ChoiceField(choices=Meaning.choices)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)
    reason = serializers.CharField(max_length=500, required=False, default="")


class SignatureViewSet(LedgerViewSet):
    """``POST`` signs a document for its next step; the caller gives the password once more."""

    serializer_class = SignatureSerializer
    list_fields = (
        "id", "company", "document_id", "document_version", "status", "meaning", "signer_name",
        "signed_at", "reason",
    )  # fmt: skip
    filterset_fields = ("source_id", "status", "meaning")
    search_fields = ("signer_name",)

    @extend_schema(request=SignInput, responses={201: SignatureSerializer})
    def create(self, request: Any) -> Response:
        parser = SignInput(data=request.data, context=self.get_serializer_context())
        parser.is_valid(raise_exception=True)
        given = dict(parser.validated_data)
        document = self._document(given.pop("document"), given.pop("document_id"))
        proof = prove_identity(request.user, given.pop("password"), request=request._request)

        def act() -> tuple[int, Any]:
            signature = sign_document(document, **given, proof=proof, by=request.user)
            return 201, self.get_serializer(self.fetch(signature.pk)).data

        return respond_once(request, act)

    def get_queryset(self) -> Any:
        """Of documents that the caller may see: a signature shows what the document said."""
        rows = super().get_queryset()
        may_see = [
            model
            for model in signable_models().values()
            if self.request.user.has_perm(model_permission(model, "view"))
        ]
        kinds = ContentType.objects.get_for_models(*may_see)
        return rows.filter(source_type__in=kinds.values())

    def _document(self, label: str, key: int) -> Any:
        """The document, when the caller may see it at all."""
        model = signable_models()[label]
        if not self.request.user.has_perm(model_permission(model, "view")):
            raise PermissionDenied(_("You may not see this document."))
        found = model._default_manager.visible_to(self.request.user).filter(pk=key).first()
        if found is None:
            raise ValidationError({"document_id": [_("There is no such document.")]})
        return found
