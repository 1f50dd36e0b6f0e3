from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.core.api.answers import shape_of
from apps.core.api.fields import DateField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.engineering.models import BillOfMaterials
from apps.engineering.queries.explosion import Use, where_used
from apps.masterdata.models import Item

VIEW = "engineering.view_billofmaterials"


class WhereUsedQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item)
    on = DateField(required=False)


class DesignViewSet(QuestionViewSet):
    """Questions to the designs in force on a day."""

    permission_model = BillOfMaterials

    @question("where-used", WhereUsedQuery, VIEW, row=shape_of(Use))
    def where_used(self, **asked: Any) -> list[dict[str, Any]]:
        """Every bill in force above an item, bought ones too; quantities in one of the parent."""
        asked.pop("company")
        return [asdict(use) for use in where_used(asked.pop("item"), **asked)]
