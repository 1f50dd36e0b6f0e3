"""Vouchers and opening balances from files."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.core.api.fields import DateField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.requests import respond_once
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.tables import ENCODINGS, LARGEST_FILE, Table, read_table
from apps.finance.models import Journal


class VoucherUpload(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    journal = ReferenceField(Journal)
    date = DateField()
    description = TextField(max_length=200, required=False)
    file = serializers.FileField(max_length=400)
    encoding = serializers.ChoiceField(choices=ENCODINGS, default="utf-8")


class OpeningUpload(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    date = DateField()
    balances = serializers.FileField(max_length=400)
    items = serializers.FileField(max_length=400, required=False)
    encoding = serializers.ChoiceField(choices=ENCODINGS, default="utf-8")


def table_of(file: Any, encoding: str) -> Table:
    return read_table(file.name, file.read(LARGEST_FILE + 1), encoding=encoding)


def upload(serializer: type[Any], *, permission: str, response: type[Any]) -> Any:
    """``POST …/import/``: the method gets the parsed fields and ``by``; repeats act once."""

    def decorate(method: Any) -> Any:
        @extend_schema(
            request={"multipart/form-data": serializer},
            responses={201: response},
            filters=False,
        )
        @action(
            detail=False,
            methods=["post"],
            url_path="import",
            parser_classes=(MultiPartParser,),
        )
        def import_file(self: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
            def act() -> tuple[int, Any]:
                context = {"request": request, "view": self}
                parser = serializer(data=request.data.dict(), context=context)
                parser.is_valid(raise_exception=True)
                return 201, method(self, by=request.user, **parser.validated_data)

            return respond_once(request, act)

        import_file.__doc__ = method.__doc__
        import_file.required_permissions = (permission,)
        return import_file

    return decorate
