"""``GET …/{id}/pdf/?paper=Letter``: a document as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.printouts import PAPERS, pdf_response


class PdfActions:
    """Mixed into a document's viewset with a ``printout``: ``(document, *, paper) -> bytes``."""

    printout: ClassVar[Callable[..., bytes]]

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("paper", str, enum=list(PAPERS))],
        filters=False,
    )
    @action(detail=True, methods=["get"], query_parameters=("paper",), pagination_class=None)
    def pdf(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The document as a PDF, on A4 or Letter."""
        paper = request.query_params.get("paper", "A4")
        if paper not in PAPERS:
            text = _("Choose one of: {papers}.").format(papers=", ".join(PAPERS))
            raise ValidationError({"paper": [ErrorDetail(text, code="invalid_choice")]})
        document = self.get_object()  # type: ignore[attr-defined]
        return pdf_response(type(self).printout(document, paper=paper), name=f"{document}.pdf")

    pdf.required_permissions = ("view",)  # type: ignore[attr-defined]
