"""Files and comments of a row, on their own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from apps.core.queries.attachments import attachments_of, comments_of
from apps.core.services.attachments import add_attachment
from apps.core.services.comments import LONGEST_COMMENT, add_comment
from apps.core.views.downloads import attachment_response

MOST_ROWS = 200


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=LONGEST_COMMENT,
        label=gettext_lazy("Comment"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class AttachmentForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), widget=UnfoldAdminFileFieldWidget)


class ConversationMixin:
    """``<id>/conversation/``: read with *view*, write with ``core.add_…``."""

    def conversation_urls(self) -> list[URLPattern]:
        return [
            self.add_admin_path(
                "<path:object_id>/conversation/", self.conversation_view, "conversation"
            ),
            self.add_admin_path(
                "<path:object_id>/files/<int:attachment_id>/", self.file_view, "file"
            ),
        ]

    def conversation_view(self, request: Any, object_id: str) -> HttpResponse:
        row = self.visible_object(request, object_id)
        comment_form, attachment_form = CommentForm(), AttachmentForm()
        if request.method == "POST":
            is_file = "file" in request.FILES or "add_file" in request.POST
            self._require(request, "attachment" if is_file else "comment")
            if is_file:
                attachment_form = AttachmentForm(request.POST, request.FILES)
            else:
                comment_form = CommentForm(request.POST)
            if self._added(request, row, attachment_form if is_file else comment_form):
                return HttpResponseRedirect(self.admin_url("conversation", row.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": row,
            "title": _("Files and comments of %(row)s") % {"row": row},
            "comments": comments_of(row)[:MOST_ROWS],
            "attachments": [
                (file, self.admin_url("file", row.pk, file.pk))
                for file in attachments_of(row)[:MOST_ROWS]
            ],
            "comment_form": comment_form if request.user.has_perm("core.add_comment") else None,
            "attachment_form": (
                attachment_form if request.user.has_perm("core.add_attachment") else None
            ),
            "back_url": self.admin_url("change", row.pk),
        }
        return TemplateResponse(request, "core/admin/conversation.html", context)

    def _added(self, request: Any, row: Any, form: forms.Form) -> bool:
        if not form.is_valid():
            return False
        file = form.cleaned_data.get("file")

        def act() -> None:
            if file is not None:
                add_attachment(row, name=file.name, file=file, by=request.user)
            else:
                add_comment(row, text=form.cleaned_data["text"], by=request.user)

        return self.attempt(request, act, _("Added."))

    def _require(self, request: Any, what: str) -> None:
        if not request.user.has_perm(f"core.add_{what}"):
            raise PermissionDenied

    def file_view(self, request: Any, object_id: str, attachment_id: int) -> HttpResponse:
        self.visible_object(request, object_id)
        return attachment_response(attachment_id, request.user)
