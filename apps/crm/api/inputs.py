"""What the verbs of the sales chain ask, and the chain itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictSerializer
from apps.crm.models import OutcomeReason
from apps.crm.queries.chain import ChainLink, chain_links
from apps.masterdata.models import Item, Unit


class OutcomeInput(StrictSerializer):
    outcome_reason = ReferenceField(OutcomeReason)


class MaybeOutcomeInput(StrictSerializer):
    outcome_reason = ReferenceField(OutcomeReason, required=False)


class PostingDayInput(StrictSerializer):
    date = DateField()


class SolutionInput(StrictSerializer):
    solution = TextField(max_length=5000, single_line=False)


class AnswerInput(StrictSerializer):
    answer = TextField(max_length=5000, single_line=False)


class InterestInput(StrictSerializer):
    item = ReferenceField(Item)
    quantity = DecimalField(decimal_places=6, positive=True)
    unit = ReferenceField(Unit, required=False)


class ChainActions:
    """``GET …/{id}/chain/``: the documents before and after this one."""

    @extend_schema(responses=listed(shape_of(ChainLink)), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def chain(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """From the lead to the credit note, what the caller may see of it."""
        links = chain_links(self.get_object(), request.user)  # type: ignore[attr-defined]
        return Response({"results": [asdict(link) for link in links], "next": None})

    chain.required_permissions = ("view",)  # type: ignore[attr-defined]
