from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateForm, ReasonForm
from apps.core.admin.printouts import Printout
from apps.crm.admin.bases import TALK, ChainMixin, DraftInline, LinesDocumentAdmin
from apps.crm.admin.forms import InspectForm, ReceiveReturnForm, ReplaceForm, optional_fields
from apps.crm.models import Return, ReturnLine
from apps.crm.printouts import return_label_pdf
from apps.crm.services.return_settlement import credit_return, replace_return
from apps.crm.services.returns import (
    ReturnedLine,
    approve_return,
    cancel_return,
    close_return,
    inspect_return,
    receive_return,
    request_return,
    update_return,
)

Status = Return.Status


class ReturnLineInline(DraftInline):
    open_statuses = ("requested",)
    model = ReturnLine
    form = optional_fields("position", "lot", "item", "resolution")
    fields = (
        "position",
        "order_line",
        "item",
        "lot",
        "quantity",
        "resolution",
        "finding",
        "location",
        "original_cost",
    )
    readonly_fields = ("finding",)
    autocomplete_fields = ("order_line", "item", "lot")
    extra = 1


@admin.register(Return)
class ReturnAdmin(ChainMixin, LinesDocumentAdmin):
    form = optional_fields("requested_on")
    create = staticmethod(request_return)
    update = staticmethod(update_return)
    line = ReturnedLine
    printouts = Printout.on_both_papers("label", _("Return label"), return_label_pdf)
    editable_statuses = (Status.REQUESTED,)
    list_display = (
        "number",
        "status_label",
        "partner",
        "requested_on",
        "received_on",
        "reason",
        "site",
        "company",
    )
    list_filter = ("status", "partner", "site", "requested_on")
    search_fields = ("number", "reason", "partner__code", "partner__name")
    autocomplete_fields = ("partner", "service_case", "complaint")
    readonly_fields = ("received_on", "replacement_order")
    inlines = (ReturnLineInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    ("partner", "site"),
                    "reason",
                    ("requested_on", "received_on"),
                    ("service_case", "complaint"),
                    "replacement_order",
                )
            },
        ),
    )
    verbs = (
        Verb("approve", _("Approve"), "crm.approve_return", approve_return, (Status.REQUESTED,)),
        Verb(
            "receive",
            _("Receive"),
            "crm.receive_return",
            receive_return,
            (Status.APPROVED,),
            form=ReceiveReturnForm,
        ),
        Verb(
            "inspect",
            _("Inspect"),
            "crm.receive_return",
            inspect_return,
            (Status.RECEIVED,),
            form=InspectForm,
        ),
        Verb(
            "credit",
            _("Credit"),
            "crm.credit_return",
            credit_return,
            (Status.INSPECTED,),
            form=DateForm,
        ),
        Verb(
            "replace",
            _("Send goods instead"),
            "crm.add_salesorder",
            replace_return,
            (Status.RECEIVED, Status.INSPECTED, Status.CREDITED),
            form=ReplaceForm,
        ),
        Verb(
            "close",
            _("Close"),
            "crm.approve_return",
            close_return,
            (Status.INSPECTED, Status.CREDITED),
        ),
        *TALK,
        Verb(
            "cancel",
            _("Cancel"),
            "crm.approve_return",
            cancel_return,
            (Status.REQUESTED, Status.APPROVED),
            form=ReasonForm,
            is_danger=True,
        ),
    )
