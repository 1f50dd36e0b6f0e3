"""Files and comments of any row: ``…/{id}/attachments/`` and ``…/{id}/comments/``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.reverse import reverse

from apps.core.api.answers import listed
from apps.core.api.fields import TextField
from apps.core.api.parsers import StrictJSONParser
from apps.core.api.requests import respond_once
from apps.core.api.serializers import StrictSerializer
from apps.core.queries.attachments import attachments_of, comments_of
from apps.core.services.attachments import add_attachment
from apps.core.services.comments import LONGEST_COMMENT, add_comment

MOST_ROWS = 500


class CommentSerializer(StrictSerializer):
    id = serializers.IntegerField(read_only=True)
    text = TextField(max_length=LONGEST_COMMENT, single_line=False)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)


class AttachmentSerializer(StrictSerializer):
    id = serializers.IntegerField(read_only=True)
    file = serializers.FileField(write_only=True, max_length=400)
    name = serializers.CharField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True)
    url = serializers.SerializerMethodField(help_text=_("where to download the file"))

    def get_url(self, attachment: Any) -> str:
        return reverse(
            "core-attachments-download", args=[attachment.pk], request=self.context.get("request")
        )


class ConversationActions:
    """Mixed into a viewset whose rows can be talked about."""

    @extend_schema(methods=["GET"], responses=listed(CommentSerializer), filters=False)
    @extend_schema(methods=["POST"], request=CommentSerializer, responses={201: CommentSerializer})
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def comments(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        if request.method == "POST":
            return self._add(
                request, CommentSerializer, lambda v: add_comment(row, by=request.user, **v)
            )
        return self._listed(CommentSerializer, comments_of(row)[:MOST_ROWS])

    comments.permissions_by_method = {"GET": ("view",), "POST": ("view", "core.add_comment")}

    @extend_schema(methods=["GET"], responses=listed(AttachmentSerializer), filters=False)
    @extend_schema(
        methods=["POST"],
        request={"multipart/form-data": AttachmentSerializer},
        responses={201: AttachmentSerializer},
    )
    @action(
        detail=True,
        methods=["get", "post"],
        pagination_class=None,
        parser_classes=(MultiPartParser, StrictJSONParser),
    )
    def attachments(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        if request.method == "POST":
            return self._add(
                request,
                AttachmentSerializer,
                lambda v: add_attachment(row, name=v["file"].name, file=v["file"], by=request.user),
            )
        return self._listed(AttachmentSerializer, attachments_of(row)[:MOST_ROWS])

    attachments.permissions_by_method = {"GET": ("view",), "POST": ("view", "core.add_attachment")}

    def _listed(self, serializer: Any, rows: Any) -> Response:
        shown = serializer(rows, many=True, context=self.get_serializer_context())
        return Response({"results": shown.data, "next": None})

    def _add(self, request: Any, kind: Any, service: Any) -> Response:
        def act() -> tuple[int, Any]:
            context = self.get_serializer_context()
            serializer = kind(data=request.data, context=context)
            serializer.is_valid(raise_exception=True)
            return 201, kind(service(serializer.validated_data), context=context).data

        return respond_once(request, act)
