"""The schema as a file: made once per language and process, since its code doesn't change."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

_making = Lock()


class SchemaView(SpectacularAPIView):
    """OpenAPI of every address, as YAML or JSON. ``?lang=`` names another language."""

    def _get_schema_response(self, request: Any) -> HttpResponse:
        language = translation.get_language() or settings.LANGUAGE_CODE
        known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        renderer = request.accepted_renderer
        with _making:
            content = schema_file(known, type(renderer))
        name = self._get_filename(request, None)
        return HttpResponse(
            content,
            content_type=renderer.media_type,
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


@lru_cache(maxsize=32)
def schema_file(language: str, renderer: type[Any]) -> bytes:
    """The schema in ``language`` as ``renderer`` writes it."""
    with translation.override(language):
        return renderer().render(_schema(language), renderer_context={})


@lru_cache(maxsize=8)
def _schema(language: str) -> Any:
    return SchemaGenerator().get_schema(public=True)
