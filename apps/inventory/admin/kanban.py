from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.admin.printouts import Printout
from apps.inventory.models import KanbanCard, KanbanLoop
from apps.inventory.printouts import kanban_card_pdf
from apps.inventory.resources import KanbanLoopResource
from apps.inventory.services.kanban import (
    add_kanban_cards,
    create_kanban_loop,
    empty_kanban_card,
    fill_kanban_card,
    retire_kanban_card,
    update_kanban_loop,
)

Status = KanbanCard.Status
TURN = "inventory.turn_kanbancard"


@admin.register(KanbanLoop)
class KanbanLoopAdmin(MasterDataAdmin):
    resource_class = KanbanLoopResource
    create_service = staticmethod(create_kanban_loop)
    update_service = staticmethod(update_kanban_loop)
    list_display = ("code", "name", "item", "supply", "line", "quantity", "company", "is_active")
    list_filter = ("supply", "line", "is_active")
    search_fields = ("code", "name", "item__code")
    autocomplete_fields = ("item", "supply", "line")
    fields = (
        "company",
        ("code", "name"),
        ("item", "quantity"),
        ("supply", "line"),
        "is_active",
    )


@admin.register(KanbanCard)
class KanbanCardAdmin(DocumentAdmin):
    """Cards are turned by scan; here they are added, printed and retired."""

    can_add = True
    editable_statuses = ()
    list_display = ("number", "status_label", "loop", "emptied_at", "transfer", "company")
    list_filter = ("status", "loop")
    search_fields = ("number", "loop__code", "loop__item__code")
    list_select_related = ("loop", "transfer", "company")
    fields = ("company", "loop")
    printouts = (Printout("card", _("Card"), kanban_card_pdf),)
    verbs = (
        Verb("empty", _("Empty"), TURN, empty_kanban_card, (Status.FULL,)),
        Verb("fill", _("Brought"), TURN, fill_kanban_card, (Status.EMPTY,)),
        Verb(
            "retire",
            _("Retire"),
            "inventory.change_kanbancard",
            retire_kanban_card,
            (Status.FULL, Status.EMPTY),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def create_service(self, *, by: Any, reason: str = "", **values: Any) -> KanbanCard:
        return add_kanban_cards(values["loop"], 1, by=by)[0]

    def links_of(self, request: Any, document: KanbanCard) -> list[Link]:
        links = [admin_row_link(document.loop)]
        if document.transfer is not None:
            links.append(admin_row_link(document.transfer))
        return [*links, *super().links_of(request, document)]
