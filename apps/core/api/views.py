"""The bases of every endpoint: scoped rows, declared columns, one service per change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import CharField, F, Model, TextField
from django.db.models.functions import Cast
from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from apps.core.api.fields import TimestampField
from apps.core.api.filters import (
    OrderBackend,
    SearchBackend,
    StrictFilterBackend,
    refuse_unknown_parameters,
)
from apps.core.api.history import HistoryActions
from apps.core.api.listing import UtcText, shown
from apps.core.api.paging import KeysetPagination
from apps.core.api.permissions import ModelPermissions
from apps.core.api.references import LARGEST_ID, ReferenceField
from apps.core.api.requests import (
    change_reason,
    check_version,
    etag_header,
    respond_once,
    seen_version,
)
from apps.core.api.serializers import CodeOf
from apps.core.reasons import stating
from apps.core.services.master_data import create_row, deactivate, update_row


class ReadViewSet(GenericViewSet):
    """List and read the rows that the caller may see; every other row is 404.

    The list reads ``list_fields`` of the serializer in one statement, without model instances;
    ``extra_columns`` maps further names to annotations made in ``get_queryset``.
    """

    permission_classes = (ModelPermissions,)
    filter_backends = (StrictFilterBackend, SearchBackend, OrderBackend)
    pagination_class = KeysetPagination
    lookup_value_regex = "[0-9]{1,19}"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    list_fields: ClassVar[tuple[str, ...] | None] = None
    extra_columns: ClassVar[dict[str, str]] = {}
    filterset_fields: Any = ()
    search_fields: ClassVar[tuple[str, ...]] = ()
    ordering_fields: ClassVar[tuple[str, ...]] = ()
    ordering = "-id"
    #: Relations read along with one row, beside those its ``_code`` fields need.
    select_related: ClassVar[tuple[str, ...]] = ()
    prefetch_related: ClassVar[tuple[Any, ...]] = ()
    #: Query parameters of actions other than the list.
    query_parameters: ClassVar[tuple[str, ...]] = ()
    #: Permissions that an action of a base wants here beside its own, by action.
    more_permissions: ClassVar[dict[str, tuple[str, ...]]] = {}
    _columns: ClassVar[dict[str, Any] | None] = None

    @classmethod
    def model_class(cls) -> type[Model]:
        if cls.queryset is not None:
            return cls.queryset.model
        return cls.serializer_class.Meta.model

    @property
    def permission_model(self) -> type[Model]:
        return self.model_class()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with stating(request.headers.get("Change-Reason", "")):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        if not request.content_type.startswith("multipart/"):
            request._request.body  # noqa: B018 - read now, so that its hash can be taken later
        super().initial(request, *args, **kwargs)
        change_reason(request)  # refused here when it can't be kept
        refuse_unknown_parameters(request, self, self.query_parameters)

    def get_queryset(self) -> Any:
        rows = self.model_class()._default_manager.all() if self.queryset is None else self.queryset
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.all().visible_to(self.request.user)

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Output name → ORM path of each list column; read off the serializer once."""
        if "_columns" not in cls.__dict__:
            cls._columns = {**_columns_of(cls), **cls.extra_columns}
        return cls._columns  # type: ignore[return-value]

    def list(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        return Response(self.paginator.page(rows, request, self))

    def retrieve(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        body = self.get_serializer(self.get_object()).data
        return Response(body, headers=etag_header(body))

    def get_object(self) -> Any:
        return self.fetch(self.kwargs[self.lookup_field])

    def fetch(self, key: Any) -> Any:
        """The row ``key`` with all that its serializer shows; 404 when the caller can't see it."""
        if str(key).isdigit() and int(key) > LARGEST_ID:
            raise Http404
        rows = self.get_queryset().select_related(*self.select_related, *self._relations())
        if self.prefetch_related:
            rows = rows.prefetch_related(*self.prefetch_related)
        row = rows.filter(pk=key).first()
        if row is None:
            raise Http404
        return row

    def _relations(self) -> tuple[str, ...]:
        fields = self.serializer_class().fields.values()
        paths = {f.source.rpartition(".")[0] for f in fields if isinstance(f, CodeOf)}
        return tuple(path.replace(".", "__") for path in paths if path)

    def present(self, row: Any) -> Any:
        """``row`` as it now stands in the database, in the shape of the detail page."""
        return self.get_serializer(self.fetch(row.pk)).data


def _columns_of(view: type[ReadViewSet]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    model = view.model_class()
    columns = {field.name: field for field in model._meta.concrete_fields}
    attnames = {name: column.attname for name, column in columns.items()}
    for name, field in view.serializer_class().fields.items():
        if view.list_fields is not None and name not in view.list_fields:
            continue
        source = field.source
        if isinstance(field, ReferenceField):
            result[name] = attnames.get(source, source.replace(".", "__"))
        elif isinstance(field, TimestampField) and source in attnames:
            result[name] = UtcText(F(source))
        elif source in columns:
            result[name] = shown(columns[source], source)
        elif isinstance(field, CodeOf):
            result[name] = _as_text(model, source.replace(".", "__"))
        elif view.list_fields is not None and name not in view.extra_columns:
            raise TypeError(f"{view.__name__}: {name} is no column; use extra_columns")
    return result


def _as_text(model: Any, path: str) -> Any:
    """A code that is a number in the database (a period's) is a text here as on the detail page."""
    *steps, name = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).remote_field.model
    is_text = isinstance(model._meta.get_field(name), CharField | TextField)
    return path if is_text else Cast(F(path), TextField())


class CompanyViewSet(HistoryActions, ReadViewSet):
    """Rows of a company with their history; read only until a mixin below adds more."""


class CreateMixin:
    """``POST`` makes a row, once per Idempotency-Key.

    ``create_service`` (a ``staticmethod``) is called as ``create_service(**input, by=user)`` and
    returns what it made; without one the row is simply written. ``takes_reason`` adds ``reason``.
    """

    create_service: ClassVar[Callable[..., Any] | None] = None
    takes_reason: ClassVar[bool] = False

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        def act() -> tuple[int, Any]:
            serializer = self.get_serializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            made = self.perform_create(
                serializer.validated_data, by=request.user, reason=change_reason(request)
            )
            return 201, self.present(made)

        response = respond_once(request, act)
        if isinstance(response.data, dict) and "id" in response.data:
            response["Location"] = request.build_absolute_uri(
                f"{request.path}{response.data['id']}/"
            )
        return response

    def perform_create(self, values: dict[str, Any], *, by: Any, reason: str) -> Any:
        service = type(self).create_service
        if service is not None:
            return service(**values, by=by, **({"reason": reason} if self.takes_reason else {}))
        return create_row(self.model_class(), values=values, by=by, reason=reason)


class UpdateMixin:
    """``PATCH`` changes the named fields of the version in ``If-Match``.

    ``update_service`` is called as ``update_service(row, **input, version=…, by=user)``.
    """

    update_service: ClassVar[Callable[..., Any] | None] = None
    takes_reason: ClassVar[bool] = False

    def partial_update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        version = seen_version(request)
        check_version(row, version)
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        self.perform_update(
            row,
            serializer.validated_data,
            version=version,
            by=request.user,
            reason=change_reason(request),
        )
        body = self.present(row)
        return Response(body, headers=etag_header(body))

    def perform_update(
        self, row: Any, values: dict[str, Any], *, version: int | None, by: Any, reason: str
    ) -> Any:
        service = type(self).update_service
        if service is not None:
            more = {"reason": reason} if self.takes_reason else {}
            return service(row, **values, version=version, by=by, **more)
        return update_row(row, values=values, by=by, version=version, reason=reason)


class DeactivateMixin:
    """``DELETE`` retires the version in ``If-Match``; nothing that was ever used disappears."""

    def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        version = seen_version(request)
        check_version(row, version)
        deactivate(row, by=request.user, version=version, reason=change_reason(request))
        return Response(status=204)

    def put(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise MethodNotAllowed("PUT")
