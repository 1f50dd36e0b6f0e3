"""Import with preview, export: the table pages of a noun."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.errors import BusinessError
from apps.core.import_profiles import read_profile
from apps.core.models import Company
from apps.core.resources import FORMATS, ImportReport
from apps.core.tables import ENCODINGS, LARGEST_FILE

SHOWN_ROWS = 100
CONFIRM_WITHIN = 3600
_SALT = "core.admin.imports"


class ImportForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(), label=gettext_lazy("Company"), widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV (UTF-8) or XLSX, at most 10 MB."),
        widget=UnfoldAdminFileFieldWidget,
    )
    encoding = forms.ChoiceField(
        choices=[(name, name) for name in ENCODINGS],
        label=gettext_lazy("Encoding"),
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        max_length=500,
        required=False,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Kept in the history of every row."),
        widget=UnfoldAdminTextInputWidget,
    )
    profile = forms.CharField(
        max_length=20_000,
        required=False,
        label=gettext_lazy("Import profile"),
        help_text=gettext_lazy(
            'For a file with other columns, as JSON: {"columns": {"code": "Part No."}, '
            '"constants": {"unit": "EA"}, "values": {"kind": {"B": "purchased"}}}'
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        companies = Company.objects.visible_to(user)
        self.fields["company"].queryset = companies
        first_two = list(companies[:2])
        if len(first_two) == 1:
            self.initial["company"] = first_two[0]


class ImportExportMixin:
    """Adds import and export to a model admin that has a ``resource_class``."""

    resource_class: Any = None
    #: What an import asks; its further fields reach ``make_resource``, as texts.
    import_form: Any = ImportForm
    actions_list = ("import_rows", "export_csv", "export_xlsx")

    def make_resource(self, given: dict[str, str]) -> Any:
        """The resource that imports, set up by what the form says."""
        return self.resource_class()

    def import_urls(self) -> list[URLPattern]:
        if self.resource_class is None:
            return []
        return [self.add_admin_path("import-confirm/", self.import_confirm, "import_confirm")]

    def has_import_permission(self, request: Any, obj: Any = None) -> bool:
        return (
            self.resource_class is not None
            and self.has_add_permission(request)
            and self.has_change_permission(request)
        )

    def has_export_permission(self, request: Any, obj: Any = None) -> bool:
        return self.resource_class is not None and self.has_view_permission(request)

    @action(
        description=gettext_lazy("Import"),
        url_path="import",
        permissions=["import"],
        icon="upload",
    )
    def import_rows(self, request: Any) -> HttpResponse:
        """Read the file and show what would become of each row; nothing is written yet."""
        if request.method != "POST":
            return self._import_page(request, self.import_form(user=request.user))
        form = self.import_form(request.POST, request.FILES, user=request.user)
        if not form.is_valid():
            return self._import_page(request, form)
        file = form.cleaned_data["file"]
        content = file.read(LARGEST_FILE + 1)
        texts = {
            name: str(value)
            for name, value in form.cleaned_data.items()
            if value is not None and name != "file"
        }
        given = {**texts, "name": file.name, "company": form.cleaned_data["company"].pk}
        try:
            report = self._run(request, content, given, dry_run=True)
        except BusinessError as error:
            form.add_error("profile" if error.field == "profile" else "file", error.message)
            return self._import_page(request, form)
        token = ""
        if not report.errors:
            kept = default_storage.save(f"imports/{uuid.uuid4().hex}", ContentFile(content))
            token = signing.dumps({**given, "kept": kept, "user": request.user.pk}, salt=_SALT)
        return self._import_page(request, form, report=report, token=token)

    def import_confirm(self, request: Any) -> HttpResponse:
        """Write what the preview showed. A second confirmation finds nothing to do."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(self.admin_url("import_rows"))
        try:
            given = signing.loads(request.POST.get("token", ""), salt=_SALT, max_age=CONFIRM_WITHIN)
        except signing.BadSignature:
            raise Http404 from None
        if given["user"] != request.user.pk or not default_storage.exists(given["kept"]):
            raise Http404
        with default_storage.open(given["kept"]) as file:
            content = file.read()
        report = ImportReport(False)

        def act() -> None:
            nonlocal report
            report = self._run(request, content, given, dry_run=False)
            if report.errors:
                raise BusinessError("import_refused", report.errors[0].detail)

        done = _("Imported: {created} created, {updated} changed, {unchanged} as they were.")
        try:
            is_done = self.attempt(request, act)
        finally:
            default_storage.delete(given["kept"])
        if is_done:
            messages.success(request, done.format(**report.summary()))
        return HttpResponseRedirect(self.admin_url("changelist"))

    def _run(self, request: Any, content: bytes, given: Any, *, dry_run: bool) -> ImportReport:
        company = Company.objects.visible_to(request.user).get(pk=given["company"])
        resource = self.make_resource(given)
        table = resource.read_file(
            given["name"], content, encoding=given["encoding"], company=company
        )
        return resource.run_import(
            read_profile(given["profile"]).apply(table),
            company=company,
            by=request.user,
            reason=given["reason"],
            dry_run=dry_run,
        )

    def _import_page(
        self, request: Any, form: ImportForm, *, report: Any = None, token: str = ""
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Import %(nouns)s") % {"nouns": self.model._meta.verbose_name_plural},
            "form": form,
            "columns": self.resource_class.columns,
            "report": report,
            "changes": report.changes[:SHOWN_ROWS] if report else (),
            "token": token,
            "confirm_url": self.admin_url("import_confirm"),
            "list_url": self.admin_url("changelist"),
        }
        return TemplateResponse(request, "core/admin/import.html", context)

    @action(
        description=gettext_lazy("Export CSV"),
        url_path="export-csv",
        permissions=["export"],
        icon="download",
    )
    def export_csv(self, request: Any) -> HttpResponse:
        return self._export(request, "csv")

    @action(
        description=gettext_lazy("Export XLSX"),
        url_path="export-xlsx",
        permissions=["export"],
        icon="download",
    )
    def export_xlsx(self, request: Any) -> HttpResponse:
        return self._export(request, "xlsx")

    def _export(self, request: Any, kind: str) -> HttpResponse:
        if kind not in FORMATS:
            raise Http404
        content, content_type = self.resource_class().export(self.get_queryset(request), kind)
        response = HttpResponse(content, content_type=content_type)
        name = self.model._meta.model_name
        response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def get_actions_list(self, request: Any) -> Any:
        return [] if self.resource_class is None else super().get_actions_list(request)
