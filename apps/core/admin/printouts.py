"""Printouts of a row in the admin: offered on its page, rendered for who may see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import URLPattern
from django.utils.text import format_lazy

from apps.core.admin.base import LedgerAdmin, ScopedAdmin
from apps.core.admin.links import Link
from apps.core.errors import BusinessError

PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Printout:
    """A PDF of a document, or another file: ``render(document)`` returns its bytes.

    One that somebody signs for takes who it is: ``render(document, by=user)`` with ``is_signed``.
    It is offered in ``statuses`` (all when empty), and where ``suits(document)``, to those who hold
    ``permission``; a refusal of ``render`` is a red message.
    """

    name: str
    label: Any
    render: Callable[..., bytes]
    statuses: tuple[str, ...] = ()
    is_signed: bool = False
    permission: str = ""
    suits: Callable[[Any], bool] | None = None
    content_type: str = PDF

    def is_for(self, user: Any) -> bool:
        return not self.permission or user.has_perm(self.permission)

    def is_offered(self, document: Any, user: Any) -> bool:
        is_time = not self.statuses or document.status in self.statuses
        suits = self.suits is None or self.suits(document)
        return is_time and suits and self.is_for(user)

    @classmethod
    def on_both_papers(
        cls, name: str, label: Any, render: Callable[..., bytes], statuses: tuple[str, ...] = ()
    ) -> tuple[Any, ...]:
        """``render(document, paper=…)`` on A4 and on Letter."""
        letter = partial(render, paper="Letter")
        return (
            cls(name, label, render, statuses),
            cls(f"{name}-letter", format_lazy("{} (Letter)", label), letter, statuses),
        )


class PrintoutsMixin(ScopedAdmin):
    """Adds the page that prints. Set ``printouts``; put ``print_url()`` among the URLs."""

    printouts: Sequence[Printout] = ()

    def print_url(self) -> URLPattern:
        return self.add_admin_path("<path:object_id>/print/<slug:name>/", self.print_view, "print")

    def print_view(self, request: Any, object_id: str, name: str) -> HttpResponse:
        row = self.visible_object(request, object_id)
        printout = next((p for p in self.printouts if p.name == name), None)
        if printout is None:
            raise Http404
        if not printout.is_for(request.user):
            raise PermissionDenied
        signer = {"by": request.user} if printout.is_signed else {}
        try:
            content = printout.render(row, **signer)
        except BusinessError as error:
            messages.error(request, error.message)
            return self.back_to(row)
        response = HttpResponse(content, content_type=printout.content_type)
        shown = "inline" if printout.content_type == PDF else "attachment"
        suffix = printout.content_type.rpartition("/")[2]
        response["Content-Disposition"] = f'{shown}; filename="{name}-{row.pk}.{suffix}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def printout_links(self, request: Any, row: Any) -> list[Link]:
        return [
            Link(printout.label, self.admin_url("print", row.pk, printout.name), "print")
            for printout in self.printouts
            if printout.is_offered(row, request.user)
        ]


class PrintedLedgerAdmin(PrintoutsMixin, LedgerAdmin):
    """A register each row of which can be printed."""

    change_form_outer_before_template = "core/admin/document_panel.html"

    def get_urls(self) -> list[URLPattern]:
        return [self.print_url(), *super().get_urls()]

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        row = self.get_object(request, object_id)
        if row is not None:
            context["panel"] = {"links": self.printout_links(request, row)}
        return super().change_view(request, object_id, form_url, context)
