"""Signature rules and signatures; signing a document from its own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
)

from apps.core.admin.base import CompanyModelAdmin, LedgerAdmin
from apps.core.models import Signature, SignatureRule
from apps.core.queries.signatures import signable_models
from apps.core.services.signatures import (
    create_signature_rule,
    update_signature_rule,
)


class RuleForm(forms.ModelForm):
    document = forms.ChoiceField(label=gettext_lazy("document"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = signable_models().items()
        self.fields["document"].choices = sorted(
            ((label, model._meta.verbose_name) for label, model in models), key=lambda c: str(c[1])
        )


@admin.register(SignatureRule)
class SignatureRuleAdmin(CompanyModelAdmin):
    form = RuleForm
    list_display = ("document", "status", "meaning", "role", "is_active", "company")
    list_filter = ("meaning", "is_active")
    fields = ("company", "document", "status", "meaning", "role", "is_active")
    create_service = staticmethod(create_signature_rule)
    update_service = staticmethod(update_signature_rule)


@admin.register(Signature)
class SignatureAdmin(LedgerAdmin):
    list_display = ("signed_at", "signer_name", "meaning", "status", "source_link")
    list_filter = ("meaning", "source_type")
    search_fields = ("signer_name",)
    fields = (
        "signer_name", "meaning", "signed_at", "status", "reason", "source_link",
        "document_version", "content",
    )  # fmt: skip
