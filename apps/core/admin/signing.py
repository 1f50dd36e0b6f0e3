"""Signing a document from its own page: what is signed, what waits, and the page that asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from apps.core.errors import BusinessError
from apps.core.queries.signatures import awaited, signatures_of
from apps.core.services.reauthentication import prove_identity
from apps.core.services.signatures import sign_document


class SignForm(forms.Form):
    """One of the signatures that the document waits for, and the password once more."""

    wanted = forms.ChoiceField(label=gettext_lazy("I sign this as"), widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        label=gettext_lazy("Remark"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"), strip=False, widget=UnfoldAdminPasswordWidget
    )

    def __init__(self, *args: Any, document: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(type(document).Status.choices)
        self.fields["wanted"].choices = [
            (f"{rule.status}:{rule.meaning}",
             f"{rule.get_meaning_display()} ({labels.get(rule.status, rule.status)})")
            for rule in awaited(document)
        ]  # fmt: skip


class SignaturesMixin:
    """On a document's page: what is signed, what waits for a signature, and the page to sign."""

    def signature_panel(self, request: Any, document: Any) -> dict[str, Any]:
        waiting = awaited(document)
        url = self.admin_url("sign", document.pk)  # type: ignore[attr-defined]
        return {
            "signatures": signatures_of(document),
            "awaited": [rule.get_meaning_display() for rule in waiting],
            "sign_url": url if waiting else "",
        }

    def sign_view(self, request: Any, object_id: str) -> HttpResponse:
        document = self.visible_object(request, object_id)  # type: ignore[attr-defined]
        if not hasattr(document, "Status"):
            raise Http404  # a year of the books has pages of a document, and no status
        form = SignForm(request.POST or None, document=document)
        if request.method == "POST" and form.is_valid():
            given = dict(form.cleaned_data)
            status, _colon, meaning = given.pop("wanted").partition(":")
            try:
                proof = prove_identity(request.user, given.pop("password"), request=request)
                sign_document(
                    document, status=status, meaning=meaning, proof=proof, by=request.user, **given
                )
            except BusinessError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                messages.success(request, _("Signed."))
                return self.back_to(document)  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": document._meta,
            "original": document,
            "title": _("Sign {document}").format(document=document),
            "verb": {"label": _("Sign")},
            "form": form,
            "back_url": self.admin_url("change", document.pk),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "core/admin/verb.html", context)
