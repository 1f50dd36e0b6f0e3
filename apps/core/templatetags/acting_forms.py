"""A builtin of every template: ``{% csrf_token %}`` also says for which company a form was made."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from apps.core.acting import FORM_FIELD

register = template.Library()


class CompanyTokenNode(CsrfTokenNode):
    def render(self, context: Any) -> str:
        token = super().render(context)
        user = getattr(context.get("request"), "user", None)
        acting = getattr(user, "acting", None)
        if acting is None:
            return token
        field = format_html(
            '<input type="hidden" name="{}" value="{}">', FORM_FIELD, acting.company_id
        )
        return token + field


@register.tag("csrf_token")
def csrf_token(parser: Any, token: Any) -> CompanyTokenNode:
    return CompanyTokenNode()
