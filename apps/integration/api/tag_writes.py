from __future__ import annotations

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CreateMixin
from apps.integration.models import TagWrite
from apps.integration.services.tag_writes import LONGEST_VALUE, LONGEST_WHY, ask_tag_write


class TagWriteSerializer(StrictModelSerializer):
    value = TextField(max_length=LONGEST_VALUE)
    why = TextField(max_length=LONGEST_WHY)

    class Meta:
        model = TagWrite
        fields = (
            "id",
            "company",
            "tag",
            "value",
            "why",
            "status",
            "due_at",
            "sent_at",
            "answered_at",
            "answer",
            "created_by",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "company",
            "status",
            "due_at",
            "sent_at",
            "answered_at",
            "answer",
            "created_by",
        )


class TagWriteViewSet(CreateMixin, DocumentViewSet):
    """Values written to machines: ask for one, then read what came of it.

    A value is sent once, within half a minute or not at all. ``acknowledged`` means that the
    machine says the value itself.
    """

    serializer_class = TagWriteSerializer
    create_service = staticmethod(ask_tag_write)
    verb_permissions = {"create": "integration.write_machinetag"}
    filterset_fields = {
        "tag": ["exact"],
        "status": ["exact"],
        "created_at": ["gte", "lt"],
    }
    search_fields = ("why", "value")
