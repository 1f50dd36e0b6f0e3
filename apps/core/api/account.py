"""Who am I, my tokens, and files by number."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from apps.core.api.answers import listed
from apps.core.api.fields import IntegerField
from apps.core.api.permissions import InPerson
from apps.core.api.references import LARGEST_ID
from apps.core.api.requests import idempotency_key
from apps.core.api.serializers import StrictSerializer
from apps.core.models import Company
from apps.core.views.downloads import attachment_response

LONGEST_LIFE_DAYS = 365
MOST_TOKENS = 20


class MyCompany(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    currency_id = serializers.CharField()


class MeOutput(serializers.Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    is_superuser = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField())
    companies = MyCompany(many=True)
    acting_in = serializers.CharField(allow_null=True)
    sites = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="null: all of them"
    )


class MeView(APIView):
    """The caller: name, roles, permissions, companies and sites."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=MeOutput)
    def get(self, request: Any) -> Response:
        user = request.user
        scope = user.scope
        companies = Company.objects.open_to(user).values("id", "code", "name", "currency_id")
        return Response(
            {
                "id": user.pk,
                "username": user.username,
                "name": user.get_full_name(),
                "is_superuser": user.is_superuser,
                "roles": sorted(user.groups.values_list("name", flat=True)),
                "permissions": sorted(user.get_all_permissions()),
                "companies": list(companies),
                "acting_in": user.acting.code if user.acting else None,
                "sites": None if scope.site_ids is None else sorted(scope.site_ids),
            }
        )


class TokenInput(StrictSerializer):
    expires_in_days = IntegerField(default=90, min_value=1, max_value=LONGEST_LIFE_DAYS)


class TokenSerializer(serializers.Serializer):
    id = serializers.CharField(source="token_key")
    created = serializers.DateTimeField()
    expiry = serializers.DateTimeField()


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField()


class TokenViewSet(ViewSet):
    """The caller's own API tokens. A token is shown once; only its hash is kept."""

    permission_classes = (InPerson,)
    serializer_class = TokenSerializer
    lookup_value_regex = "[A-Za-z0-9_-]{1,25}"
    #: Open to everybody who is signed in, for their own tokens only.
    is_personal = True

    @extend_schema(responses=listed(TokenSerializer))
    def list(self, request: Any) -> Response:
        rows = AuthToken.objects.filter(user=request.user).order_by("-created")
        return Response({"results": TokenSerializer(rows, many=True).data, "next": None})

    @extend_schema(request=TokenInput, responses={201: NewTokenSerializer})
    def create(self, request: Any) -> Response:
        # The answer carries the secret, so it is never kept for a replay; the key is still asked
        # for, as on every POST.
        idempotency_key(request)
        parser = TokenInput(data=request.data or {}, context={"request": request})
        parser.is_valid(raise_exception=True)
        if AuthToken.objects.filter(user=request.user).count() >= MOST_TOKENS:
            raise serializers.ValidationError(
                _("You have {n} tokens. Delete one first.").format(n=MOST_TOKENS), code="too_many"
            )
        life = datetime.timedelta(days=parser.validated_data["expires_in_days"])
        row, secret = AuthToken.objects.create(request.user, expiry=life)
        return Response({**TokenSerializer(row).data, "token": secret}, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Any, pk: str = "") -> Response:
        deleted, _by_model = AuthToken.objects.filter(user=request.user, token_key=pk).delete()
        if not deleted:
            raise Http404
        return Response(status=204)


class AttachmentDownloadView(APIView):
    """A file, for whoever may see the row that it belongs to."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Any, pk: int) -> FileResponse:
        if pk > LARGEST_ID:
            raise Http404
        return attachment_response(pk, request.user)
