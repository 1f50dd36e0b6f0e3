"""Parameters of questions that are no lists: parsed as strictly as a body."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictSerializer


class Question(StrictSerializer):
    """The query parameters of a GET; references by id or code."""

    @classmethod
    def read(cls, request: Any, **context: Any) -> dict[str, Any]:
        """The parsed parameters; raises ``ValidationError`` (400) naming the one at fault."""
        data: dict[str, Any] = {}
        for name in request.query_params:
            values = request.query_params.getlist(name)
            if len(values) > 1:
                text = _("Give it once.")
                raise ValidationError({name: [ErrorDetail(text, code="repeated_parameter")]})
            data[name] = values[0]
        question = cls(data=data, context={"request": request, **context})
        for name, field in question.fields.items():
            value = data.get(name)
            if isinstance(field, ReferenceField) and value and value.isascii() and value.isdigit():
                data[name] = int(value)
        question.is_valid(raise_exception=True)
        return dict(question.validated_data)
